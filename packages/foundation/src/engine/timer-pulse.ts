/** A sign of life by a timer: enough where the engine lives and dies with the thread that asks for it. */

import type { Clock } from '../clock.ts'
import { isMabeamError } from '../errors.ts'
import { checkOptions, rule } from '../options.ts'
import type { Engine, PulseOptions } from './engine.ts'
import { checkEngineSubject } from './subject.ts'

/** Throws `foundation/invalid-option` and `foundation/invalid-subject`. */
export function checkPulse(options: PulseOptions): void {
  checkOptions('pulse', options, { beats: rule.string(), probes: rule.string(), everyMs: rule.number(1) })
  for (const subject of [options.beats, options.probes]) checkEngineSubject(subject)
}

/** Beats on the timers of `clock`, the first at once. */
export async function timerPulse(
  engine: Pick<Engine, 'publish' | 'subscribe'>,
  clock: Clock,
  options: PulseOptions,
): Promise<AsyncDisposable> {
  checkPulse(options)
  const { beats, probes, everyMs } = options
  const answers = await engine.subscribe(probes, (message) => message.respond(new Uint8Array(0)))
  let cancel = () => {}
  const beat = () => {
    cancel = clock.setTimer(everyMs, beat, { unref: true })
    try {
      engine.publish(beats, new Uint8Array(0))
    } catch (thrown) {
      // An engine that is closed or away: silence is what there is to say.
      if (!isMabeamError(thrown)) throw thrown
    }
  }
  beat()
  return {
    [Symbol.asyncDispose]: async () => {
      cancel()
      await answers[Symbol.asyncDispose]()
    },
  }
}

/** A clock that only moves when told to: tests of timers, deadlines and back-off take no real time. */

import { type Clock, delay, systemClock } from '../clock.ts'
import { boundToContext } from '../context/async-context.ts'
import { checkOptions, rule } from '../options.ts'
import { TimerQueue } from './timer-queue.ts'

export interface VirtualClockOptions {
  /** What `nowMs` says at the start. @default 1_750_000_000_000 */
  readonly startMs?: number
  /**
   * What is waited for before the next timer fires: turns of the event loop, or only promises and the actors they set in
   * motion, which is five times faster and enough for code that calls neither `setImmediate` nor `nextTick` nor the
   * machine itself.
   * @default 'turns'
   */
  readonly between?: 'turns' | 'promises'
}

const virtualClockDefaults = {
  startMs: 1_750_000_000_000,
  between: 'turns',
} as const satisfies Required<VirtualClockOptions>

/** *Runs in* the turn of whoever advances it. */
export interface VirtualClock extends Clock {
  /**
   * Moves time on and fires what falls due, in order of due time, then of setting. What a timer sets in motion
   * (promises, actors) settles before the next timer fires.
   */
  advance(ms: number): Promise<void>
  /** Timers set and neither fired nor cancelled: 0 after a clean stop. */
  readonly pendingTimers: number
  /** Delay to the next timer, if there is one. */
  readonly nextTimerMs: number | undefined
}

/** @example const clock = virtualClock(); await using node = await startNode({ clock }); await clock.advance(5_000) */
export function virtualClock(options: VirtualClockOptions = {}): VirtualClock {
  checkOptions('virtualClock', options, {
    startMs: rule.optional(rule.number(0)),
    between: rule.optional(rule.oneOf(['turns', 'promises'])),
  })
  const { startMs, between } = { ...virtualClockDefaults, ...options }
  const timers = new TimerQueue()
  let elapsedMs = 0
  /** Slices of actors that wait for the event loop. */
  let handedBack = 0
  const drained = async () => {
    if (between === 'promises') await promisesSettled()
    else for (let left = 2; left > 0; left--) await nextTurn()
    while (handedBack > 0) await nextTurn()
  }
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    setTimer(delayMs, run) {
      const timer = timers.add(elapsedMs + Math.max(0, delayMs), boundToContext(run))
      return () => timers.cancel(timer)
    },
    handBack(run) {
      handedBack++
      setImmediate(() => {
        handedBack--
        run()
      })
    },
    async advance(ms) {
      const endMs = elapsedMs + ms
      if (between === 'turns') await settled()
      await drained()
      for (let timer = timers.take(endMs); timer !== undefined; timer = timers.take(endMs)) {
        elapsedMs = Math.max(elapsedMs, timer.dueMs)
        timer.run()
        await drained()
      }
      elapsedMs = Math.max(elapsedMs, endMs)
    },
    get pendingTimers() {
      return timers.size
    },
    get nextTimerMs() {
      const { firstMs } = timers
      return firstMs === undefined ? undefined : firstMs - elapsedMs
    },
  }
}

/** Resolves when promises and actors that could go on without time or input have done so. */
export async function settled(): Promise<void> {
  // An actor that has used up its slice goes on in the next turn of the event loop; a few turns let chains of them end.
  for (let turn = 0; turn < 3; turn++) await nextTurn()
}

/** What a program does by itself, without the machine, is done by then. */
const quickTurnsMax = 10_000

/** Half a minute more. */
const eventuallyTurnsMax = 40_000

/**
 * Resolves as soon as `condition` holds, looking again each turn of the event loop: waits for files and processes. From turn 10,000 on a
 * turn takes a millisecond, so that whatever is waited for has the processor. Throws after `turnsMax` turns.
 */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  turnsMax = eventuallyTurnsMax,
): Promise<void> {
  for (let turn = 0; turn < turnsMax; turn++) {
    if (await condition()) return
    if (turn < quickTurnsMax) await nextTurn()
    else await delay(systemClock, 1)
  }
  throw new Error(`expected the condition to hold within ${turnsMax} turns of the event loop: ${condition}`)
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A tick that is asked for by a promise comes when no promise has anything left to do. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)))
}

/** The trials of a study as an async iterable, for loops that measure themselves. */

import { checkOptions, rule } from '@mabeam/foundation'
import { eventLoopTurn } from '../executor.ts'
import type { Config } from '../space/space.ts'
import { type LoopOptions, loopRules, loopSettings } from './loop-options.ts'
import type { LoopTrial } from './loop-trial.ts'
import type { Study } from './study.ts'
import { TrialLoop } from './trial-loop.ts'
import type { EndReason } from './trial-supply.ts'

export interface TrialsOptions extends LoopOptions {
  /** Trials that are given out and not ended, at most. More than one helps only where the body does not wait for each. @default 1 */
  readonly parallel?: number
}

export const trialsDefaults = { parallel: 1 } satisfies Required<Pick<TrialsOptions, 'parallel'>>

/** What `study.trials` gives; it can be gone through once. */
export interface Trials<C = Config, N extends string = string>
  extends AsyncIterableIterator<LoopTrial<C, N>, undefined> {
  /** Why it ended or will when all trials are told; undefined while there may be more, and after a stop by error, signal or `break`. */
  readonly ended: EndReason | undefined
  return(): Promise<IteratorResult<LoopTrial<C, N>, undefined>>
  [Symbol.asyncDispose](): Promise<void>
}

/** See `Study.trials`. */
export function trialsOf(study: Study, options: TrialsOptions): Trials {
  checkOptions('trials', options, { ...loopRules, parallel: rule.optional(rule.int(1, 10_000)) })
  const { parallel = trialsDefaults.parallel, ...given } = options
  const loop = new TrialLoop(study, loopSettings('trials', given, parallel))
  let started = false
  const done = { done: true, value: undefined } as const
  const trials: Trials = {
    get ended() {
      return loop.ended
    },
    async next() {
      if (!started) loop.start()
      started = true
      // A body that never waits would else keep signals and timers from being seen.
      await eventLoopTurn()
      let next = loop.take()
      for (; next === 'wait'; next = loop.take()) await loop.changed
      if (next !== 'over') return { done: false, value: next.handle }
      const { stopped, isClosed } = loop
      loop.close()
      if (stopped && !isClosed) throw stopped.reason
      return done
    },
    async return() {
      loop.close()
      return done
    },
    [Symbol.asyncIterator]: () => trials,
    async [Symbol.asyncDispose]() {
      loop.close()
    },
  }
  return trials
}

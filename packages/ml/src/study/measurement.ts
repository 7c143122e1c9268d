/** One measurement of a trial, as a loop hands it out. */

import { isDeepStrictEqual } from 'node:util'
import { seededRandom } from '@mabeam/foundation'
import { trialAlreadyTold, trialPruned } from '../errors.ts'
import type { PruneDecision } from '../pruner.ts'
import type { Config } from '../space/space.ts'
import type { Ending, LoopTrial } from './loop-trial.ts'
import type { OpenTrial } from './open-trial.ts'
import type { Study } from './study.ts'
import { outcomeOf, type Told } from './trial-outcome.ts'

/** What a measurement needs of its loop. */
export interface MeasuringLoop {
  readonly study: Study
  /** Called once a measurement. */
  settle(measurement: Measurement, ending: Ending): Promise<void>
  /** Its signal has just aborted. */
  aborted(measurement: Measurement): void
}

export class Measurement {
  readonly number: number
  readonly config: Config
  readonly seed: number
  readonly repeat: number
  readonly open: OpenTrial
  /** Cancels the timer that runs: of its time, or of its grace. */
  cancelTimer: () => void = () => {}
  readonly #loop: MeasuringLoop
  readonly #controller = new AbortController()
  #pruned: string | undefined
  #late = false
  #first: { readonly ending: Ending; readonly told: Promise<void> } | undefined

  constructor(loop: MeasuringLoop, open: OpenTrial, repeat: number) {
    const { number, config, seed } = open.trial
    this.number = number
    this.config = config
    this.seed =
      repeat === 0
        ? seed
        : seededRandom(seed)
            .fork(`repeat/${repeat}`)
            .int(2 ** 31)
    this.repeat = repeat
    this.open = open
    this.#loop = loop
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What the body of a loop gets of it. */
  get handle(): LoopTrial {
    const { number, config, seed, repeat, signal, tell, fail, prune, report } = this
    return { number, config, seed, repeat, signal, tell, fail, prune, report }
  }

  /** Whether it was decided to prune it, so that it counts as pruned however it ends. */
  get isPruned(): boolean {
    return this.#pruned !== undefined
  }

  readonly tell = (told: Told): Promise<void> =>
    this.#end({ type: 'complete', outcome: outcomeOf(told, this.#loop.study) })

  readonly fail = (error: unknown): Promise<void> => this.#end({ type: 'failed', error })

  readonly prune = (because: string): Promise<void> => this.#end({ type: 'pruned', because })

  readonly report = (step: number, value: number): PruneDecision => {
    const decision = this.judge(step, value)
    if (decision.prune) void this.prune(decision.because)
    return decision
  }

  /** As `report`, but whoever measures still has to end it; it counts as pruned then. */
  readonly judge = (step: number, value: number): PruneDecision => {
    this.signal.throwIfAborted()
    const decision = this.#loop.study.report(this.number, step, value)
    if (!decision.prune) return decision
    this.#pruned = decision.because
    this.abort(trialPruned(this.number, decision.because))
    return decision
  }

  abort(reason: unknown): void {
    if (this.signal.aborted) return
    this.#controller.abort(reason)
    this.#loop.aborted(this)
  }

  /** Ends it for whoever measures and did not end it in time. */
  expire(): Promise<void> {
    this.#late = true
    return this.#end({ type: 'failed', error: this.signal.reason })
  }

  /** The first end counts. The same one told again is no mistake, and nothing is once it was pruned or out of time. */
  #end(given: Ending): Promise<void> {
    const ending: Ending = this.#pruned === undefined ? given : { type: 'pruned', because: this.#pruned }
    if (this.#first === undefined) {
      this.#first = { ending, told: this.#loop.settle(this, ending) }
      return this.#first.told
    }
    if (this.#late || isDeepStrictEqual(this.#first.ending, ending)) return this.#first.told
    return Promise.reject(trialAlreadyTold(this.#loop.study.id, this.number, this.#first.ending.type))
  }
}

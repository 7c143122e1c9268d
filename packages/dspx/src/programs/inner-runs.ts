/**
 * What works inside of a run, and ends with it. A run waits for none of it: what its code did not wait for is aborted when the run
 * ends, well or badly, and nothing begins in it any more. So nothing goes on asking models for a result that nobody takes.
 */

import { isMabeamError, type MabeamError, type Telemetry } from '@mabeam/foundation'
import { type TakenController, takeController } from '../signal-fan.ts'
import { runEnded } from './errors.ts'

/** Whose inner runs they are. */
export interface InnerRunsOptions {
  /** The name of the program, looked up when it is needed. */
  readonly name: () => string
  /** Ends the run, and all in it. */
  readonly signal?: AbortSignal | undefined
  readonly telemetry?: Telemetry | undefined
}

/** How a run ended. */
export type RunOutcome = { readonly type: 'completed' } | { readonly type: 'failed'; readonly thrown: unknown }

/** The inner runs of one run. Costs next to nothing until one begins. */
export class InnerRuns {
  readonly #options: InnerRunsOptions
  #taken: TakenController | undefined
  #open = 0
  #outcome: RunOutcome | undefined
  #ended: MabeamError | undefined

  constructor(options: InnerRunsOptions) {
    this.#options = options
  }

  /** Aborts with the signal of the run, and when the run ends while inner runs are at work, or fails. */
  get signal(): AbortSignal {
    this.#taken ??= takeController(this.#options.signal)
    return this.#taken.controller.signal
  }

  /**
   * Runs code as one inner run. Where it is aborted with the run, its rejection may be left to nobody: it ends no process.
   *
   * Throws: what the code throws; `dspx/run-ended` once the run is over; `signal.reason`.
   */
  run<T>(code: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const one: OpenRun = {}
    const running = this.#watched(one, code)
    one.running = running
    return running
  }

  /** The run is over. */
  close(outcome: RunOutcome): void {
    this.#outcome = outcome
    const open = this.#open
    const taken = this.#taken
    if (taken === undefined) return
    taken.giveBack()
    if (taken.controller.signal.aborted || (open === 0 && outcome.type === 'completed')) return
    taken.controller.abort(this.#reason(outcome))
    if (open > 0) this.#tell(open, outcome)
  }

  async #watched<T>(one: OpenRun, code: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#outcome !== undefined) {
      this.#taken?.controller.signal.throwIfAborted()
      throw this.#reason(this.#outcome)
    }
    this.#open++
    try {
      return await code(this.signal)
    } finally {
      this.#open--
      // who aborted knows, and who left one behind is told by the event; a rejection that nobody takes would end the process
      if (this.signal.aborted) one.running?.catch(() => {})
    }
  }

  #reason(outcome: RunOutcome): MabeamError {
    this.#ended ??= runEnded(this.#options.name(), outcome)
    return this.#ended
  }

  #tell(runs: number, outcome: RunOutcome): void {
    const { telemetry, name } = this.#options
    if (!telemetry?.enabled) return
    const code = outcome.type === 'failed' && isMabeamError(outcome.thrown) ? outcome.thrown.code : undefined
    telemetry.emit({
      name: 'dspx.inner-runs-aborted',
      measurements: { runs },
      metadata: { program: name(), outcome: outcome.type, ...(code !== undefined && { code }) },
    })
  }
}

/** What ends an inner run that was given a signal of its own: that one, or the end of the run around it. */
export function bothSignals(own: AbortSignal | undefined, around: AbortSignal): AbortSignal {
  return own === undefined || own === around ? around : AbortSignal.any([own, around])
}

/** One that has begun and not ended. */
interface OpenRun {
  running?: Promise<unknown>
}

/** One item in the function of a stage: tries, their limits in time, and what is done when it failed for good. */

import {
  delay,
  type MabeamError,
  messageOf,
  retryDelayMs,
  retryPolicyDefaults,
  retryStep,
  untilAborted,
} from '@mabeam/foundation'
import { type ItemPlace, itemFailed, itemTimeout, tooManyFailures } from './errors.ts'
import { dropped } from './ready-queue.ts'
import type { RunScope } from './run-scope.ts'
import { failureCharsMax, type LiveCounts } from './stage.ts'
import type { StageSettings } from './stage-options.ts'

/** What the function of a stage is told beside the item. */
export interface ItemContext {
  /** Aborts when the pipeline stops, or when this try takes too long. */
  readonly signal: AbortSignal
  /** From 0, in the order of reading. */
  readonly index: number
  /** From 1. */
  readonly attempt: number
}

/** A function of a stage. */
export type ItemFunction<T, U> = (item: T, context: ItemContext) => U | PromiseLike<U>

/** What became of an item where failures are kept. */
export type ItemOutcome<I, O> =
  | { readonly type: 'done'; readonly value: O }
  | { readonly type: 'failed'; readonly error: MabeamError; readonly item: I }

/** One try. Its signal is made when somebody asks for it. */
class ItemTry implements ItemContext {
  readonly index: number
  readonly attempt: number
  readonly #scope: RunScope
  #controller: AbortController | undefined
  #ended = false

  constructor(scope: RunScope, index: number, attempt: number) {
    this.#scope = scope
    this.index = index
    this.attempt = attempt
  }

  get signal(): AbortSignal {
    if (this.#ended) return this.#controller?.signal ?? this.#scope.signal
    this.#controller ??= this.#scope.newSignal()
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#controller?.abort(reason)
  }

  end(): void {
    this.#ended = true
    if (this.#controller) this.#scope.forget(this.#controller)
  }
}

/** Calls the function of one stage in one run. */
export class ItemCalls {
  readonly scope: RunScope
  readonly counts: LiveCounts
  readonly settings: StageSettings
  readonly #run: ItemFunction<unknown, unknown>

  constructor(run: ItemFunction<unknown, unknown>, scope: RunScope, stage: Pick<ItemCalls, 'counts' | 'settings'>) {
    this.#run = run
    this.scope = scope
    this.counts = stage.counts
    this.settings = stage.settings
  }

  /** What goes on for this item, or `dropped`. Does not reject. */
  async outcome(item: unknown, index: number): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.kept(await this.#try(item, index, attempt))
      } catch (thrown) {
        if (this.scope.stopped) return dropped
        const delayMs = this.#retryDelayMs(thrown, attempt)
        if (delayMs === undefined) return this.failed(thrown, item, index)
        this.#tellRetry(thrown, { index, attempt, delayMs })
        await delay(this.scope.clock, delayMs, this.scope.signal).catch(() => {})
        if (this.scope.stopped) return dropped
      }
    }
  }

  /** A value as it goes on. */
  kept(value: unknown): unknown {
    return this.settings.errors === 'keep' ? { type: 'done', value } : value
  }

  /** What goes on for an item that failed for good. */
  failed(thrown: unknown, item: unknown, index: number): unknown {
    const { scope, counts, settings } = this
    const error = itemFailed(this.#place(index), thrown)
    counts.failed++
    if (counts.failures.length < settings.failuresKept) {
      counts.failures.push({ index, code: error.code, message: messageOf(thrown).slice(0, failureCharsMax) })
    }
    if (settings.errors !== 'stop') this.#tellFailure(error, index)
    if (settings.errors === 'stop') scope.stop(error)
    else if (counts.failed > settings.failuresMax) {
      scope.stop(tooManyFailures(this.#place(index), { ...settings, failures: counts.failures }, error))
    }
    return settings.errors === 'keep' ? { type: 'failed', error, item } : dropped
  }

  async #try(item: unknown, index: number, attempt: number): Promise<unknown> {
    const { scope, settings } = this
    const context = new ItemTry(scope, index, attempt)
    try {
      if (settings.timeoutMs !== Number.POSITIVE_INFINITY) return await this.#within(settings.timeoutMs, item, context)
      return await scope.inContext(this.#run, item, context)
    } finally {
      context.end()
    }
  }

  async #within(timeoutMs: number, item: unknown, context: ItemTry): Promise<unknown> {
    const { clock, inContext } = this.scope
    const cancel = clock.setTimer(timeoutMs, () => context.abort(itemTimeout(this.#place(context.index), timeoutMs)))
    try {
      return await untilAborted(
        inContext(async () => this.#run(item, context)),
        context.signal,
      )
    } finally {
      cancel()
    }
  }

  #retryDelayMs(thrown: unknown, attempt: number): number | undefined {
    const { retry, retryIf } = this.settings
    const { random } = this.scope
    if (retryIf === undefined) {
      const step = retryStep(retry, { attempt, thrown }, random)
      return step.type === 'retry' ? step.delayMs : undefined
    }
    const { attemptsMax = retryPolicyDefaults.attemptsMax } = retry
    return attempt < attemptsMax && retryIf(thrown) ? retryDelayMs(retry, attempt, random) : undefined
  }

  #tellRetry(
    thrown: unknown,
    of: { readonly index: number; readonly attempt: number; readonly delayMs: number },
  ): void {
    this.counts.retries++
    const { telemetry } = this.scope
    if (!telemetry.enabled) return
    const { index, attempt, delayMs } = of
    const { code } = itemFailed(this.#place(index), thrown)
    telemetry.emit({
      name: 'dspx.pipeline-item-retried',
      measurements: { index, attempt, delayMs },
      metadata: { pipeline: this.scope.pipeline, stage: this.counts.stage, code },
    })
  }

  #tellFailure(error: MabeamError, index: number): void {
    const { telemetry, pipeline } = this.scope
    if (!telemetry.enabled) return
    telemetry.emit({
      name: 'dspx.pipeline-item-failed',
      measurements: { index },
      metadata: {
        pipeline,
        stage: this.counts.stage,
        policy: this.settings.errors,
        code: error.code,
      },
    })
  }

  #place(index: number): ItemPlace {
    return { pipeline: this.scope.pipeline, stage: this.counts.stage, index }
  }
}

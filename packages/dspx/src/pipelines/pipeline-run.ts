/** One run of a pipeline: who iterates it drives it, and who stops iterating closes it. */

import { isMabeamError } from '@mabeam/foundation'
import { RunScope, type ScopeOptions } from './run-scope.ts'
import { type LiveCounts, newCounts, type Outlet, type Stage, type StageCounts } from './stage.ts'
import { type PipelineSource, Source } from './stages/source.ts'

/** How a run came to its end. */
export type PipelineEnd = 'completed' | 'failed' | 'aborted' | 'left'

/** What a run does with, and for whom. */
export interface RunSettings extends ScopeOptions {
  readonly source: PipelineSource<unknown>
  readonly stages: readonly Stage[]
  readonly signal: AbortSignal | undefined
}

/**
 * A run. It begins with the first `next`; `return`, disposing, the end, a failure and the signal close all stages and the source.
 *
 * *Delivery*: each item once, in order of the last stage. After a failure: one rejection, then the end.
 */
export class PipelineRun<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #scope: RunScope
  readonly #signal: AbortSignal | undefined
  readonly #counts: readonly LiveCounts[]
  readonly #outlet: Outlet
  readonly #startMs: number
  #tail: Promise<unknown> = Promise.resolve()
  #wake: (() => void) | undefined
  #end: PipelineEnd | undefined
  #failure: { readonly thrown: unknown } | undefined
  #closing: Promise<void> | undefined
  readonly #onAbort = () => this.#stop('aborted', this.#signal?.reason)

  constructor({ source, stages, signal, ...options }: RunSettings) {
    const scope = new RunScope(options)
    this.#scope = scope
    this.#signal = signal
    this.#counts = stages.map(({ name }) => newCounts(name))
    this.#outlet = stages.reduce<Outlet>(
      (before, stage, i) => stage.open(before, scope, this.#counts[i] as LiveCounts),
      new Source(source, scope),
    )
    this.#startMs = options.clock.monotonicMs()
    scope.onStop(() => this.#stop('failed', scope.signal.reason))
    if (signal?.aborted) this.#onAbort()
    else signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** What each stage has done so far, the first one first. */
  get stages(): readonly StageCounts[] {
    return this.#counts.map((counts) => ({ ...counts, failures: [...counts.failures] }))
  }

  /** Throws: what a stage or the source failed with; `signal.reason`. */
  next(): Promise<IteratorResult<T, undefined>> {
    const next = this.#tail.then(() => this.#next())
    this.#tail = next.catch(() => {})
    return next
  }

  /** Stops everything, and waits for it. Throws: what closing the source threw. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#stop('left')
    await this.#closing
    return finished
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return().catch(() => {})
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#end !== undefined) return await this.#ended()
    const pulled = await new Promise<IteratorResult<T, undefined>>((resolve) => {
      this.#wake = () => resolve(finished)
      this.#outlet.pull().then((one) => resolve(one.done ? finished : { done: false, value: one.value as T }))
    })
    if (this.#end !== undefined) return await this.#ended()
    if (!pulled.done) return pulled
    this.#stop('completed')
    await this.#closing
    return finished
  }

  /** Told once, when all is closed: what it failed with. Who set a signal is told at once. */
  async #ended(): Promise<IteratorReturnResult<undefined>> {
    if (this.#end !== 'aborted') await this.#closing?.catch(() => {})
    const failure = this.#failure
    this.#failure = undefined
    if (failure) throw failure.thrown
    return finished
  }

  #stop(end: PipelineEnd, thrown?: unknown): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#signal?.removeEventListener('abort', this.#onAbort)
    if (end === 'failed' || end === 'aborted') this.#failure = { thrown }
    this.#scope.stop(thrown ?? new DOMException('the pipeline has ended', 'AbortError'))
    this.#closing = this.#close(end, thrown)
    this.#closing.catch(() => {})
    this.#wake?.()
  }

  async #close(end: PipelineEnd, reason: unknown): Promise<void> {
    const { abandoned, thrown } = await this.#scope.close()
    for (const counts of this.#counts) counts.waiting = 0
    this.#tellEnd(end, reason ?? thrown, abandoned)
    if (thrown !== undefined) throw thrown
  }

  #tellEnd(end: PipelineEnd, reason: unknown, abandoned: number): void {
    const { telemetry, pipeline, clock } = this.#scope
    if (!telemetry.enabled) return
    for (const { stage, in: itemsIn, out: itemsOut, failed, retries } of this.#counts) {
      telemetry.emit({
        name: 'dspx.pipeline-stage-ended',
        measurements: { itemsIn, itemsOut, failed, retries },
        metadata: { pipeline, stage },
      })
    }
    telemetry.emit({
      name: 'dspx.pipeline-ended',
      measurements: { durationMs: clock.monotonicMs() - this.#startMs, stages: this.#counts.length, abandoned },
      metadata: { pipeline, outcome: end, ...(isMabeamError(reason) && { code: reason.code }) },
    })
  }
}

const finished: IteratorReturnResult<undefined> = { done: true, value: undefined }

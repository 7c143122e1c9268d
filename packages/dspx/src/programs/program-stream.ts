/** A run as a stream: what models write as they write it, then the result. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { checkOptions, rule } from '@mabeam/foundation'
import { isRecord } from '../record.ts'
import { PartQueue } from './part-queue.ts'
import type { Program } from './program.ts'
import { namesIn, runProgram } from './program-run.ts'
import { nameOf } from './program-walk.ts'
import type { Result } from './result.ts'
import { checkRunOptions, type RunOptions, runRules } from './run-options.ts'
import type { RunPart, TakePart } from './stream-part.ts'

/** How a program is streamed. */
export interface StreamOptions extends RunOptions {
  /** Parts that may wait to be taken; with one more the models are not read on. @default 64 */
  readonly capacity?: number
}

/** Defaults of {@link StreamOptions} beside those of a run. */
export const streamDefaults = { capacity: 64 } as const satisfies StreamOptions

/** One part of a stream. The result comes last. */
export type ProgramPart<O> = RunPart | { readonly type: 'result'; readonly result: Result<O> }

/** Streams; see `Program.stream`. */
export function streamProgram<O>(
  program: Program,
  inputs: unknown,
  options: StreamOptions,
): AsyncGenerator<ProgramPart<O>, void, void> {
  const { capacity = streamDefaults.capacity, signal: given, ...said } = { ...options }
  const streaming = { owner: nameOf(program), capacity, signal: given }
  return partsOfRun<ProgramPart<O>>(streaming, async (parts, signal) => {
    if (!isRecord(options)) checkRunOptions(streaming.owner, options)
    const names = namesIn(program)
    const onPart: TakePart = ({ by, ...part }) =>
      parts.put({ ...part, predictor: names.get(by) ?? 'predict' } as RunPart)
    return { type: 'result', result: await runProgram<O>(program, inputs, { ...said, signal, onPart }) }
  })
}

/** How the parts of a run are given. */
interface PartsOptions {
  /** For errors. */
  readonly owner: string
  readonly capacity: number
  readonly signal: AbortSignal | undefined
}

/** A run that puts parts as it goes; its last one is what it resolves with. */
type RunOfParts<Part> = (parts: PartQueue<Part>, signal: AbortSignal) => Promise<Part>

/**
 * What a run puts as it goes, then what it resolves with. It begins when it is first read, belongs to the run that asked for it,
 * wherever it is read, and is stopped when the reader leaves.
 */
export function partsOfRun<Part>(options: PartsOptions, run: RunOfParts<Part>): AsyncGenerator<Part, void, void> {
  const askedIn = AsyncLocalStorage.snapshot()
  return new RunParts<Part>(options, (parts, signal) => askedIn(() => run(parts, signal)))
}

/** A generator in all but one thing: `return` stops the run at once, also while a part is waited for. */
class RunParts<Part> implements AsyncGenerator<Part, void, void> {
  readonly #options: PartsOptions
  readonly #run: RunOfParts<Part>
  readonly #stop = new AbortController()
  readonly #parts: PartQueue<Part>
  #isBegun = false

  constructor(options: PartsOptions, run: RunOfParts<Part>) {
    this.#options = options
    this.#run = run
    this.#parts = new PartQueue<Part>(options.capacity)
  }

  async next(): Promise<IteratorResult<Part, void>> {
    if (!this.#isBegun) this.#begin()
    return await this.#parts.take()
  }

  async return(): Promise<IteratorResult<Part, void>> {
    this.#isBegun = true
    this.#parts.close()
    this.#stop.abort()
    return { done: true, value: undefined }
  }

  async throw(thrown: unknown): Promise<never> {
    await this.return()
    throw thrown
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #begin(): void {
    this.#isBegun = true
    const { owner, capacity, signal: given } = this.#options
    const fail = (thrown: unknown) => this.#parts.fail(thrown)
    try {
      checkOptions(owner, { capacity, signal: given }, { capacity: rule.int(1, 100_000), signal: runRules.signal })
    } catch (thrown) {
      fail(thrown)
      return
    }
    const signal = given ? AbortSignal.any([given, this.#stop.signal]) : this.#stop.signal
    this.#run(this.#parts, signal).then((last) => this.#parts.end(last), fail)
  }
}

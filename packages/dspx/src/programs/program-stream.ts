/** A run as a stream: the text of fields as models write it, then the result. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { checkOptions, rule } from '@mabeam/foundation'
import type { Program } from './program.ts'
import { namesIn, runProgram } from './program-run.ts'
import { nameOf } from './program-walk.ts'
import type { Result } from './result.ts'
import type { RunOptions } from './run-options.ts'

/** How a program is streamed. */
export interface StreamOptions extends RunOptions {
  /** Parts that may wait to be taken; with one more the models are not read on. @default 64 */
  readonly capacity?: number
}

/** Defaults of {@link StreamOptions} beside those of a run. */
export const streamDefaults = { capacity: 64 } as const satisfies StreamOptions

/** More text of an output field. */
export interface FieldText {
  readonly type: 'text'
  /** Where the predictor stands in the program: `query`, `steps.0`. */
  readonly predictor: string
  readonly field: string
  /** What the model wrote since the last part of this field; joined they are the field's text. */
  readonly text: string
  /** From 0. A higher one begins an answer anew: those before it could not be read. */
  readonly attempt: number
}

/** One part of a stream. The result comes last. */
export type ProgramPart<O> = FieldText | { readonly type: 'result'; readonly result: Result<O> }

/** Streams; see `Program.stream`. */
export function streamProgram<O>(
  program: Program,
  inputs: unknown,
  options: StreamOptions,
): AsyncGenerator<ProgramPart<O>, void, void> {
  const { capacity = streamDefaults.capacity, signal: given, ...said } = { ...options }
  const streaming = { owner: nameOf(program), capacity, signal: given }
  return partsOfRun<ProgramPart<O>>(streaming, async (parts, signal) => {
    const names = namesIn(program)
    const onText = ({ by, field, text, attempt }: AskedPart) =>
      parts.put({ type: 'text', predictor: names.get(by) ?? 'predict', field, text, attempt })
    return { type: 'result', result: await runProgram<O>(program, inputs, { ...said, signal, onText }) }
  })
}

/** How the parts of a run are given. */
interface PartsOptions {
  /** For errors. */
  readonly owner: string
  readonly capacity: number
  readonly signal: AbortSignal | undefined
}

/**
 * What a run puts as it goes, then what it resolves with. It begins when it is first read, belongs to the run that asked for it,
 * wherever it is read, and is stopped when the reader leaves.
 */
export function partsOfRun<Part>(
  options: PartsOptions,
  run: (parts: PartQueue<Part>, signal: AbortSignal) => Promise<Part>,
): AsyncGenerator<Part, void, void> {
  const askedIn = AsyncLocalStorage.snapshot()
  return takenParts(options, (parts, signal) => askedIn(() => run(parts, signal)))
}

async function* takenParts<Part>(
  { owner, capacity, signal: given }: PartsOptions,
  run: (parts: PartQueue<Part>, signal: AbortSignal) => Promise<Part>,
): AsyncGenerator<Part, void, void> {
  checkOptions(owner, { capacity }, { capacity: rule.int(1, 100_000) })
  const stop = new AbortController()
  const signal = given ? AbortSignal.any([given, stop.signal]) : stop.signal
  const parts = new PartQueue<Part>(capacity)
  run(parts, signal).then(
    (last) => parts.end(last),
    (thrown) => parts.fail(thrown),
  )
  try {
    yield* parts.taken()
  } finally {
    parts.close()
    stop.abort()
  }
}

interface AskedPart {
  readonly by: object
  readonly field: string
  readonly text: string
  readonly attempt: number
}

/** Parts on their way from many writers to one reader. Writers wait while it is full. */
export class PartQueue<T> {
  readonly #capacity: number
  readonly #parts: T[] = []
  readonly #writers: (() => void)[] = []
  #reader: (() => void) | undefined
  #ended: { readonly thrown?: unknown } | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Takes a part; a promise where its writer has to wait for room. After the end nothing waits and nothing is kept. */
  put(part: T): Promise<void> | undefined {
    if (!this.#isFull()) return this.#add(part)
    return this.#addLater(part)
  }

  /** The last part; it always has room. */
  end(part: T): void {
    if (this.#ended) return
    this.#parts.push(part)
    this.#ended = {}
    this.#wake()
  }

  fail(thrown: unknown): void {
    if (this.#ended) return
    this.#ended = { thrown }
    this.#wake()
  }

  /** Nobody takes any more: who waits goes on. */
  close(): void {
    this.#ended ??= {}
    this.#parts.length = 0
    for (const resolve of this.#writers.splice(0)) resolve()
  }

  async *taken(): AsyncGenerator<T, void, void> {
    for (;;) {
      while (this.#parts.length > 0) {
        const part = this.#parts.shift() as T
        for (const resolve of this.#writers.splice(0)) resolve()
        yield part
      }
      if (this.#ended) {
        if ('thrown' in this.#ended) throw this.#ended.thrown
        return
      }
      await new Promise<void>((resolve) => {
        this.#reader = resolve
      })
    }
  }

  #isFull(): boolean {
    return this.#ended === undefined && this.#parts.length >= this.#capacity
  }

  #add(part: T): undefined {
    if (this.#ended) return
    this.#parts.push(part)
    this.#wake()
  }

  async #addLater(part: T): Promise<void> {
    while (this.#isFull()) await new Promise<void>((resolve) => this.#writers.push(resolve))
    this.#add(part)
  }

  #wake(): void {
    this.#reader?.()
    this.#reader = undefined
  }
}

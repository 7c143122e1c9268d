/** A piece of work as its handler sees it, and how it stands in a queue. */

import type { Codec } from '../codec/codec.ts'
import { invalidTask } from '../errors/queue-errors.ts'

/** What a handler is given. */
export interface Task<T> {
  readonly id: string
  readonly value: T
  /** 1 for the first delivery: a task may come again when a worker died, or the acknowledgement was lost. */
  readonly attempt: number
  /**
   * Aborts when the worker stops for good, when the time limit is over, and when the task was given to somebody else
   * because this worker did not keep it. Give it to what the handler waits for.
   */
  readonly signal: AbortSignal
  /**
   * Says how far it is, 0 to 1, to whoever listens (`onProgress`). *Delivery*: at most once.
   *
   * @example task.progress(0.5, 'half of the pages')
   */
  progress(fraction: number, note?: string): void
}

/** How far a task is. */
export interface TaskProgress {
  readonly id: string
  readonly fraction: number
  readonly note: string
  readonly node: string
}

/** What stands in the queue: a version, the value, where the result is wanted, and the context of whoever pushed it. */
export interface TaskBody {
  readonly value: unknown
  /** As `contextToWire` gives it. */
  readonly context: unknown
  /** The queue that takes the result; '' for none. */
  readonly resultsTo: string
}

const bodyVersion = 1

export function taskBytes(codec: Codec, { value, resultsTo, context }: TaskBody, label: string): Uint8Array {
  return codec.encode([bodyVersion, value, resultsTo, context], label)
}

/** Throws `foundation/invalid-task` and `foundation/unreadable-message`. */
export function taskBody(codec: Codec, queue: string, bytes: Uint8Array): TaskBody {
  const parts = codec.decode(bytes)
  if (!Array.isArray(parts) || parts[0] !== bodyVersion) {
    throw invalidTask(queue, `expected a task of version ${bodyVersion}, got ${JSON.stringify(parts)?.slice(0, 80)}`)
  }
  return { value: parts[1], resultsTo: String(parts[2]), context: parts[3] }
}

/** What waits for a hub while there is none, in order and up to a bound. */

import { engineUnavailable } from '../../../errors/engine-errors.ts'
import type { FrameWriter } from './frame-writer.ts'

/** A frame that is to go out. */
export interface OutFrame {
  /** Who waits for an answer to it; 0 for nobody. */
  readonly id: number
  /** How long its body may be. */
  readonly bytes: number
  /** Bytes of the caller, who may change them after the call. */
  readonly body: Uint8Array
  /** Begins it and writes all of it. */
  write(writer: FrameWriter, body: Uint8Array): FrameWriter
}

export class Outbox {
  readonly #bytesMax: number
  #frames: OutFrame[] = []
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Throws `foundation/engine-unavailable` when it is full. */
  add(frame: OutFrame): void {
    if (this.#bytes + frame.bytes > this.#bytesMax) throw engineUnavailable('local', 'sending, with no hub')
    this.#frames.push({ ...frame, body: new Uint8Array(frame.body) })
    this.#bytes += frame.bytes
  }

  /** What is in it, which leaves. */
  take(): readonly OutFrame[] {
    const frames = this.#frames
    this.#frames = []
    this.#bytes = 0
    return frames
  }
}

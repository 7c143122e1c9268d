/** Frames on their way in: cuts a stream of bytes where `FrameWriter` joined them. */

import { brokenFrame } from '../../../errors/local-errors.ts'

/** `bytes` from `start`, where its type is, to `end`. They are the reader's and change after the call. */
export type OnFrame = (bytes: Buffer, start: number, end: number) => void

export class FrameReader {
  readonly #bytesMax: number
  readonly #onFrame: OnFrame
  #parts: Buffer[] = []
  #have = 0
  #need = 4
  /** Nothing is told from now on: whoever listens has ended it, perhaps in the middle of a chunk. */
  ended = false

  /** A frame longer than `bytesMax` is refused before it is kept. */
  constructor(bytesMax: number, onFrame: OnFrame) {
    this.#bytesMax = bytesMax
    this.#onFrame = onFrame
  }

  /** Throws `foundation/broken-frame`, after which the stream is of no use. */
  push(chunk: Buffer): void {
    const bytes = this.#joined(chunk)
    if (bytes === undefined) return
    let at = 0
    while (!this.ended && bytes.length - at >= 4) {
      const length = bytes.readUInt32BE(at)
      if (length < 1 || length > this.#bytesMax) {
        throw brokenFrame(`expected a length from 1 to ${this.#bytesMax}, got ${length}`)
      }
      const end = at + 4 + length
      if (end > bytes.length) break
      this.#onFrame(bytes, at + 4, end)
      at = end
    }
    if (at < bytes.length) this.#keep(bytes.subarray(at))
  }

  /** The chunk with what was left before it, once that is enough for a frame. */
  #joined(chunk: Buffer): Buffer | undefined {
    if (this.#have === 0) return chunk
    this.#parts.push(chunk)
    this.#have += chunk.length
    if (this.#have < this.#need) return undefined
    const bytes = Buffer.concat(this.#parts, this.#have)
    this.#parts = []
    this.#have = 0
    return bytes
  }

  #keep(rest: Buffer): void {
    this.#parts = [rest]
    this.#have = rest.length
    this.#need = rest.length >= 4 ? 4 + rest.readUInt32BE(0) : 4
  }
}

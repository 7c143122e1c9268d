/**
 * Frames on their way out, one after the other in one piece of memory, so that a turn costs one write however many frames it made.
 *
 * A frame is its length (four bytes, of what follows), its type (one byte) and a body. Numbers are big-endian.
 */

const leastBytes = 4_096
/** A character of a string takes so many bytes at most. */
const bytesPerCharacter = 3

export class FrameWriter {
  #bytes = Buffer.allocUnsafeSlow(leastBytes)
  #end = 0
  #frameAt = 0

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#end
  }

  /** Begins a frame; `spareBytes` is how long its body may be. */
  begin(type: number, spareBytes: number): this {
    this.#reserve(spareBytes + 5)
    this.#frameAt = this.#end
    this.#bytes[this.#end + 4] = type
    this.#end += 5
    return this
  }

  u32(value: number): this {
    this.#end = this.#bytes.writeUInt32BE(value, this.#end)
    return this
  }

  /** Two bytes of length, then UTF-8. */
  text(value: string): this {
    const length = this.#bytes.write(value, this.#end + 2)
    this.#bytes.writeUInt16BE(length, this.#end)
    this.#end += length + 2
    return this
  }

  bytes(source: Uint8Array, start = 0, end: number = source.length): this {
    this.#bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.#end)
    this.#end += end - start
    return this
  }

  /** Ends the frame; its length in bytes. */
  finish(): number {
    const length = this.#end - this.#frameAt
    this.#bytes.writeUInt32BE(length - 4, this.#frameAt)
    return length
  }

  /** What was written since the last time, which is the taker's from now on. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#end)
    // The next ones are likely to be as many.
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(leastBytes, Math.min(this.#end, 2 ** 16)))
    this.#end = 0
    return taken
  }

  #reserve(spareBytes: number): void {
    const needed = this.#end + spareBytes
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = larger
  }
}

/** How long a string may be as `FrameWriter.text`. */
export function textBytesMax(value: string): number {
  return value.length * bytesPerCharacter + 2
}

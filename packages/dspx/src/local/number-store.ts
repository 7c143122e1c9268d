/**
 * Room for the many short arrays that are made for one prompt: a typed array by itself costs several hundred nanoseconds, a part of a
 * long one a few.
 */

/** Gives parts of one long array while there is room, then arrays of their own. Parts live as long as the longest-lived of them. */
export class NumberStore {
  readonly #floats: Float64Array
  readonly #ints: Int32Array
  #usedFloats = 0
  #usedInts = 0

  constructor(room: { readonly floats: number; readonly ints: number }) {
    this.#floats = new Float64Array(room.floats)
    this.#ints = new Int32Array(room.ints)
  }

  /** So many zeros. */
  floats(length: number): Float64Array {
    const start = this.#usedFloats
    if (start + length > this.#floats.length) return new Float64Array(length)
    this.#usedFloats += length
    return this.#floats.subarray(start, start + length)
  }

  /** So many zeros. */
  ints(length: number): Int32Array {
    const start = this.#usedInts
    if (start + length > this.#ints.length) return new Int32Array(length)
    this.#usedInts += length
    return this.#ints.subarray(start, start + length)
  }
}

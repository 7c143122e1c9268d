/**
 * A table from the numbers of all features to the few places that one prompt gives them. One table serves all prompts in turn,
 * since a wide one for each would cost more than what it is for.
 */

/** The place of what has none. */
export const noPlace = -1

/** A table that belongs to whoever took it last. */
export class SharedPlaces {
  #places = new Int32Array(1_024).fill(noPlace)
  #holder: object | undefined
  #taken: readonly number[] = []

  /** The places of the numbers below `count`, for reading; true until somebody else takes the table or `count` grows. */
  upTo(count: number): Int32Array {
    if (count > this.#places.length) {
      const grown = new Int32Array(2 ** Math.ceil(Math.log2(count))).fill(noPlace)
      grown.set(this.#places)
      this.#places = grown
    }
    return this.#places
  }

  /** Takes the table for numbers, each at its own index in the list. They must be below the last `upTo`. */
  take(holder: object, numbers: readonly number[]): void {
    if (this.#holder === holder) return
    for (const number of this.#taken) this.#places[number] = noPlace
    this.#holder = holder
    this.#taken = numbers
    for (let place = 0; place < numbers.length; place++) this.#places[numbers[place] as number] = place
  }
}

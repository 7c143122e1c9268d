/** Rows of weights in one list that grows: a prompt has many rows, and an array for each costs more than what stands in it. */

/** Rows of equal length, by number. */
export class WeightRows {
  readonly #columns: number
  readonly #starts = new Map<number, number>()
  /** All rows, one behind the other. */
  readonly weights: number[] = []

  constructor(columns: number) {
    this.#columns = columns
  }

  /** Where a row begins; -1 where it was not added. */
  find(number: number): number {
    return this.#starts.get(number) ?? -1
  }

  /** Adds a row that holds one value throughout and says where it begins. Requires: it was not added. */
  add(number: number, value: number): number {
    const start = this.weights.length
    for (let c = 0; c < this.#columns; c++) this.weights.push(value)
    this.#starts.set(number, start)
    return start
  }
}

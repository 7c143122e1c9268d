/** Where a node of a regression tree splits its rows: the cells of one axis that go to the left. */

import type { Random } from '@mabeam/foundation'

export interface TreeData {
  /** The cell of each row on each axis, none negative. Shapes: [d][n]. */
  readonly columns: readonly Int32Array[]
  /** How many cells an axis has. Shapes: [d]. */
  readonly cells: readonly number[]
  /** Whether the cells of an axis have an order. Shapes: [d]. */
  readonly ordered: readonly boolean[]
  /** Shapes: [n]. */
  readonly values: Float64Array
}

export interface SplitOptions {
  /** Axes that a split chooses from, drawn anew for each; more where these do not split. */
  readonly axesTried: number
  /** The fewest rows on a side. */
  readonly sideRows: number
  readonly random: Random
}

export interface Split {
  readonly axis: number
  /** 1 for each cell that goes to the left. Shapes: [cells]. */
  readonly goesLeft: Uint8Array
  readonly gain: number
}

/** Falls of the squared error below it are rounding, for values from -1 to 1. */
const gainMin = 1e-12

/** So few cells are sorted faster by insertion. */
const insertionMax = 24

/** Searches splits of one data set; keeps room for sums, so that a node allocates little. */
export class SplitSearch {
  readonly #data: TreeData
  readonly #options: SplitOptions
  readonly #axes: Int32Array
  readonly #counts: Float64Array
  readonly #sums: Float64Array
  /** When a cell was counted last. */
  readonly #counted: Int32Array
  #count = 0

  constructor(data: TreeData, options: SplitOptions) {
    this.#data = data
    this.#options = options
    this.#axes = Int32Array.from(data.cells.keys())
    const most = data.cells.reduce((a, b) => Math.max(a, b), 1)
    this.#counts = new Float64Array(most)
    this.#sums = new Float64Array(most)
    this.#counted = new Int32Array(most)
  }

  /** The split of these rows with the largest fall of the squared error, or undefined where there is none. */
  best(rows: Int32Array): Split | undefined {
    if (rows.length < 2 * this.#options.sideRows) return undefined
    let best: Split | undefined
    for (let tried = 0; tried < this.#axes.length; tried++) {
      if (tried >= this.#options.axesTried && best) return best
      const split = this.#splitOf(this.#drawAxis(tried), rows, best?.gain ?? gainMin)
      if (split) best = split
    }
    return best
  }

  /** One of the axes that were not drawn yet. */
  #drawAxis(tried: number): number {
    const axes = this.#axes
    const at = tried + this.#options.random.int(axes.length - tried)
    const drawn = axes[at] as number
    axes[at] = axes[tried] as number
    axes[tried] = drawn
    return drawn
  }

  #splitOf(axis: number, rows: Int32Array, gainAbove: number): Split | undefined {
    const occupied = this.#occupied(axis, rows)
    if (occupied.length < 2) return undefined
    const ordered = this.#data.ordered[axis]
    const [counts, sums] = [this.#counts, this.#sums]
    if (!ordered) {
      const mean = (cell: number) => (sums[cell] as number) / (counts[cell] as number)
      occupied.sort((a, b) => mean(a) - mean(b) || a - b)
    }
    const total = occupied.reduce((sum, cell) => sum + (sums[cell] as number), 0)
    const whole = (total * total) / rows.length
    let [count, sum, gain, place] = [0, 0, gainAbove, -1]
    for (let k = 0; k + 1 < occupied.length; k++) {
      const cell = occupied[k] as number
      count += counts[cell] as number
      sum += sums[cell] as number
      const rest = rows.length - count
      if (count < this.#options.sideRows || rest < this.#options.sideRows) continue
      const here = (sum * sum) / count + ((total - sum) * (total - sum)) / rest - whole
      if (here <= gain) continue
      gain = here
      place = k
    }
    if (place < 0) return undefined
    return { axis, gain, goesLeft: ordered ? this.#below(axis, occupied, place) : this.#among(axis, occupied, place) }
  }

  /** Counts and sums by cell; the cells that have rows, ascending. */
  #occupied(axis: number, rows: Int32Array): number[] {
    const column = this.#data.columns[axis] as Int32Array
    const [counts, sums, counted, count] = [this.#counts, this.#sums, this.#counted, ++this.#count]
    const occupied: number[] = []
    for (const row of rows) {
      const cell = column[row] as number
      if (counted[cell] !== count) {
        counted[cell] = count
        counts[cell] = 0
        sums[cell] = 0
        occupied.push(cell)
      }
      counts[cell] = (counts[cell] as number) + 1
      sums[cell] = (sums[cell] as number) + (this.#data.values[row] as number)
    }
    return occupied.length < insertionMax ? insertionSorted(occupied) : occupied.sort((a, b) => a - b)
  }

  /** Between two cells that have rows the cut is anywhere, with equal chance. */
  #below(axis: number, occupied: readonly number[], place: number): Uint8Array {
    const last = occupied[place] as number
    const first = occupied[place + 1] as number
    const cut = last + 1 + this.#options.random.int(first - last)
    return new Uint8Array(this.#data.cells[axis] as number).fill(1, 0, cut)
  }

  /** Categories without rows go either way, with equal chance. */
  #among(axis: number, occupied: readonly number[], place: number): Uint8Array {
    const goesLeft = Uint8Array.from({ length: this.#data.cells[axis] as number }, () => this.#options.random.int(2))
    for (const [k, cell] of occupied.entries()) goesLeft[cell] = Number(k <= place)
    return goesLeft
  }
}

function insertionSorted(cells: number[]): number[] {
  for (let i = 1; i < cells.length; i++) {
    const cell = cells[i] as number
    let at = i
    for (; at > 0 && (cells[at - 1] as number) > cell; at--) cells[at] = cells[at - 1] as number
    cells[at] = cell
  }
  return cells
}

/**
 * Who does what, one to one, so that the sum of values is the largest; and prices of the items at which everybody would choose
 * just that, which prove it.
 */

import { invalidMarket, marketTooLarge } from '../errors/market-errors.ts'

export interface Assignment {
  /** By agent: its item, or -1. */
  readonly items: readonly number[]
  /** The sum of values. */
  readonly value: number
  /** By item, whole, >= 0: nobody would rather pay for another one. 0 for items that nobody gets. */
  readonly prices: readonly number[]
  /** By agent: value less price, >= 0. */
  readonly gains: readonly number[]
}

/** Agents, and items, at most: a table of so many squared takes 32 MiB. */
export const assignmentMax = 2_000
/** So that sums stay safe integers. */
export const assignmentValueMax = 1_000_000_000_000

/**
 * The best assignment.
 *
 * Shapes: `values` [agent][item], whole numbers from 0 to 10¹².   Ensures: exact; `gains[a] + prices[i] >= values[a][i]`, with equality where `a` has `i`, so
 * the sum of all gains and prices is the value, and no assignment is worth more.
 * Throws: `coordination/invalid-market`, `coordination/market-too-large`.
 * Source: shortest augmenting paths with potentials (Crouse, IEEE TAES 52(4), 2016), known as the Hungarian method; prices after Shapley &
 * Shubik, 1971. Differs: none.
 * @example assignment([[5, 4], [4, 1]]).items // => [1, 0]
 */
export function assignment(values: readonly (readonly number[])[]): Assignment {
  const agents = values.length
  const items = values[0]?.length ?? 0
  checkValues(values, agents, items)
  // Room for each agent to have nothing, which costs nothing.
  const columns = Math.max(agents, items)
  const costs = new Float64Array(agents * columns)
  for (const [agent, own] of values.entries()) {
    for (const [item, value] of own.entries()) costs[agent * columns + item] = -value
  }
  const solved = augmented(costs, agents, columns)
  return {
    items: Array.from(solved.columnOf, (column) => (column < items ? column : -1)),
    value: values.reduce((sum, own, agent) => sum + (own[solved.columnOf[agent] as number] ?? 0), 0),
    prices: Array.from({ length: items }, (_, item) => 0 - (solved.columnDuals[item] as number)),
    gains: Array.from(solved.rowDuals, (dual) => 0 - dual),
  }
}

function checkValues(values: readonly (readonly number[])[], agents: number, items: number): void {
  for (const [what, size] of [
    ['agents', agents],
    ['items', items],
  ] as const) {
    if (size === 0) throw invalidMarket('assignment', what, 'at least one', size)
    if (size > assignmentMax) throw marketTooLarge('assignment', what, assignmentMax, size)
  }
  for (const own of values) {
    if (own.length !== items) throw invalidMarket('assignment', 'values', `${items} numbers for each agent`, own.length)
    const bad = own.find((one) => !(Number.isSafeInteger(one) && one >= 0 && one <= assignmentValueMax))
    if (bad !== undefined)
      throw invalidMarket('assignment', 'values', `whole numbers from 0 to ${assignmentValueMax}`, bad)
  }
}

interface Augmented {
  readonly columnOf: Int32Array
  readonly rowDuals: Float64Array
  readonly columnDuals: Float64Array
}

/** The least cost, row by row. Requires: no more rows than columns. */
function augmented(costs: Float64Array, rows: number, columns: number): Augmented {
  const columnOf = new Int32Array(rows).fill(-1)
  const rowOf = new Int32Array(columns).fill(-1)
  const rowDuals = new Float64Array(rows)
  const columnDuals = new Float64Array(columns)
  const from = new Int32Array(columns)
  const shortest = new Float64Array(columns)
  const open = new Int32Array(columns)
  for (let first = 0; first < rows; first++) {
    shortest.fill(Number.POSITIVE_INFINITY)
    for (let column = 0; column < columns; column++) open[column] = column
    let [count, row, length, sink] = [columns, first, 0, -1]
    while (sink < 0) {
      const base = length - (rowDuals[row] as number)
      const at = row * columns
      let [least, nearest] = [Number.POSITIVE_INFINITY, -1]
      for (let k = 0; k < count; k++) {
        const column = open[k] as number
        const reached = base + (costs[at + column] as number) - (columnDuals[column] as number)
        if (reached < (shortest[column] as number)) {
          shortest[column] = reached
          from[column] = row
        }
        const near = shortest[column] as number
        // Of equally near columns a free one ends the search.
        if (near < least || (near === least && (rowOf[column] as number) < 0)) {
          least = near
          nearest = k
        }
      }
      length = least
      const column = open[nearest] as number
      open[nearest] = open[--count] as number
      // Closed columns are kept behind the open ones.
      open[count] = column
      if ((rowOf[column] as number) < 0) sink = column
      else row = rowOf[column] as number
    }
    rowDuals[first] = (rowDuals[first] as number) + length
    for (let k = count; k < columns; k++) {
      const column = open[k] as number
      const slack = length - (shortest[column] as number)
      const owner = rowOf[column] as number
      if (owner >= 0) rowDuals[owner] = (rowDuals[owner] as number) + slack
      columnDuals[column] = (columnDuals[column] as number) - slack
    }
    for (let column = sink; ; ) {
      const owner = from[column] as number
      const before = columnOf[owner] as number
      rowOf[column] = owner
      columnOf[owner] = column
      if (owner === first) break
      column = before
    }
  }
  return { columnOf, rowDuals, columnDuals }
}

/** Ranks of values, the base of tests that assume no distribution. */

/**
 * Twice the ranks from 1, which are integers: equal values share the mean of theirs.
 *
 * @example doubledRanks([5, 1, 5]) // => [5, 2, 5]
 */
export function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number))
  const ranks = new Array<number>(values.length).fill(0)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to + 1 < order.length && values[order[to + 1] as number] === values[order[from] as number]) to++
    for (let i = from; i <= to; i++) ranks[order[i] as number] = from + to + 2
    from = to + 1
  }
  return ranks
}

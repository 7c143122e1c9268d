/** The nearest of many, without putting the many in order. */

/**
 * The places of the `count` greatest numbers, the greatest first; of equals the earlier place comes first. Requires: no NaN.
 *
 * @example greatestPlaces([0.1, 0.9, 0.5, 0.9], 3) // => [1, 3, 2]
 */
export function greatestPlaces(numbers: ArrayLike<number>, count: number): number[] {
  const at = (place: number) => numbers[place] as number
  const inOrder = (a: number, b: number) => at(b) - at(a) || a - b
  if (count * 8 > numbers.length) {
    return Array.from({ length: numbers.length }, (_, place) => place)
      .sort(inOrder)
      .slice(0, Math.max(0, count))
  }
  const best: number[] = []
  for (let place = 0; place < numbers.length && count > 0; place++) {
    const isFull = best.length >= count
    if (isFull && at(place) <= at(best[count - 1] as number)) continue
    if (isFull) best.pop()
    let [low, high] = [0, best.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (at(best[middle] as number) >= at(place)) low = middle + 1
      else high = middle
    }
    best.splice(low, 0, place)
  }
  return best
}

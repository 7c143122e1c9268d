/** The nearest of many, without putting the many in order. */

import { NearestFew } from './nearest-few.ts'

/**
 * The places of the `count` greatest numbers, the greatest first; of equals the earlier place comes first. Requires: no NaN.
 *
 * @example greatestPlaces([0.1, 0.9, 0.5, 0.9], 3) // => [1, 3, 2]
 */
export function greatestPlaces(numbers: ArrayLike<number>, count: number): number[] {
  const few = new NearestFew(numbers, count)
  for (let place = 0; place < numbers.length; place++) if (few.wants(place)) few.take(place)
  return few.inOrder()
}

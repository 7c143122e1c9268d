/** Directions spread evenly over the simplex: where a front of many objectives should have its points. */

/** The most directions of one set. */
const directionsMax = 20_000

/**
 * All vectors of `objectives` shares that are multiples of 1/`divisions` and sum to 1.
 *
 * Shapes: → [C(divisions + objectives - 1, divisions)][objectives].
 * Source: Das & Dennis, SIAM J. Optim. 8(3), 1998. Differs: none.
 * @example dasDennis(2, 2) // => [[0, 1], [0.5, 0.5], [1, 0]]
 */
export function dasDennis(objectives: number, divisions: number): number[][] {
  if (objectives === 1) return [[1]]
  const directions: number[][] = []
  const extend = (taken: readonly number[], left: number): void => {
    if (taken.length === objectives - 1) {
      directions.push([...taken, left].map((share) => share / divisions))
      return
    }
    for (let share = 0; share <= left; share++) extend([...taken, share], left - share)
  }
  extend([], divisions)
  return directions
}

/** The most divisions that give at most `count` directions; at least 1. */
export function divisionsFor(objectives: number, count: number): number {
  if (objectives === 1) return 1
  let divisions = 1
  while (directionCount(objectives, divisions + 1) <= Math.min(count, directionsMax)) divisions++
  return divisions
}

/** C(divisions + objectives - 1, divisions). */
function directionCount(objectives: number, divisions: number): number {
  let count = 1
  for (let i = 1; i < objectives; i++) count = (count * (divisions + i)) / i
  return Math.round(count)
}

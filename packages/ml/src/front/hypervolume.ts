/** Hypervolume: how much of the objective space a set of points dominates, up to a reference point. Minimisation. */

import { unusableNumbers } from '../errors.ts'

/**
 * Length, area or volume dominated by `points` and bounded by `reference`; points that are not better than the reference in
 * every objective add nothing.
 *
 * Shapes: `points` [n][m], `reference` [m], m from 1 to 3 → scalar.
 * Requires: finite reference.      Ensures: >= 0; independent of the order of points.
 * Throws: `ml/unusable-numbers` for other lengths.
 * Source: 2-D sweep and 3-D staircase sweep (Fonseca, Paquete & López-Ibáñez, CEC 2006). Differs: the staircase is an array, so O(n²) at worst.
 * @example hypervolume([[0, 1], [1, 0]], [2, 2]) // => 3
 */
export function hypervolume(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const m = reference.length
  if (m < 1 || m > 3) throw unusableNumbers('hypervolume: reference', '1 to 3 objectives', m)
  if (!reference.every(Number.isFinite)) throw unusableNumbers('hypervolume: reference', 'finite numbers', reference)
  const wrong = points.find((point) => point.length !== m)
  if (wrong) throw unusableNumbers('hypervolume: points', `points of ${m} numbers`, wrong)
  const inside = points.filter((point) => point.every((value, i) => value < (reference[i] as number)))
  if (m === 1) return inside.reduce((best, point) => Math.max(best, (reference[0] as number) - (point[0] as number)), 0)
  return m === 2 ? area(inside, reference) : volume(inside, reference)
}

function area(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const [refX, refY] = reference as [number, number]
  const sorted = [...points].sort((a, b) => (a[0] as number) - (b[0] as number))
  let sum = 0
  let top = refY
  for (const [x, y] of sorted as [number, number][]) {
    if (y >= top) continue
    sum += (refX - x) * (top - y)
    top = y
  }
  return sum
}

/** Points enter in the order of z; between two of them the volume grows by the area of the staircase so far. */
function volume(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const [refX, refY, refZ] = reference as [number, number, number]
  const sorted = [...points].sort((a, b) => (a[2] as number) - (b[2] as number)) as [number, number, number][]
  const stairs: [number, number][] = []
  let sum = 0
  let areaNow = 0
  for (const [k, [x, y, z]] of sorted.entries()) {
    if (addStair(stairs, x, y)) areaNow = stairArea(stairs, refX, refY)
    sum += areaNow * ((sorted[k + 1]?.[2] ?? refZ) - z)
  }
  return sum
}

/** Keeps `stairs` mutually non-dominated, x growing and y falling. False when the point was dominated. */
function addStair(stairs: [number, number][], x: number, y: number): boolean {
  let at = 0
  while (at < stairs.length && (stairs[at] as [number, number])[0] <= x) at++
  if (at > 0 && (stairs[at - 1] as [number, number])[1] <= y) return false
  let from = at
  while (from > 0 && (stairs[from - 1] as [number, number])[0] >= x) from--
  let to = at
  while (to < stairs.length && (stairs[to] as [number, number])[1] >= y) to++
  stairs.splice(from, to - from, [x, y])
  return true
}

function stairArea(stairs: readonly [number, number][], refX: number, refY: number): number {
  let sum = 0
  let top = refY
  for (const [x, y] of stairs) {
    sum += (refX - x) * (top - y)
    top = y
  }
  return sum
}

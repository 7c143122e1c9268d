/**
 * Hypervolume of two and three objectives by sweeping over one of them. Minimisation.
 *
 * Source: Fonseca, Paquete & López-Ibáñez, CEC 2006. Differs: the staircase is an array, so O(n²) at worst.
 */

/** Area of the dominated staircase. Requires: points of two numbers below the reference. */
export function area(points: readonly (readonly number[])[], reference: readonly number[]): number {
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

/**
 * Volume by sweep. Requires: points of three numbers below the reference.
 *
 * Points enter in the order of z; between two of them the volume grows by the area of the staircase so far.
 */
export function volume(points: readonly (readonly number[])[], reference: readonly number[]): number {
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

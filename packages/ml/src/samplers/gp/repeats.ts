/**
 * What configurations that were measured more than once say of noise. A model alone can't tell a rough function from a noisy one;
 * repeats that all gave the same can, unless values are so coarse that chance would do that too.
 */

import type { FinishedTrial } from '../../trial.ts'

export interface Repeats {
  /** Where a point was first, by a hash of it. */
  readonly firstRows: Map<number, number>
  /** In the order of tells; only where something was repeated. */
  readonly findings: Finding[]
}

interface Finding {
  /** Complete trials by then, this one too. */
  readonly complete: number
  /** Of each output: repeats that gave the same, -1 once one did not. */
  readonly equal: readonly number[]
}

/** A complete trial of a history. */
export interface RepeatedRow {
  readonly points: readonly Float64Array[]
  /** Shapes: [rows][outputs]. */
  readonly losses: readonly (readonly number[] | undefined)[]
  readonly outputs: readonly { readonly name: string }[]
  readonly complete: readonly number[]
}

export function noRepeats(): Repeats {
  return { firstRows: new Map(), findings: [] }
}

/** The standard error of equal values, as a part of them. */
const rounding = 1e-14

/** Looks at the last complete row: whether its point was there before, and whether it is itself the mean of repeats. */
export function addRepeats({ firstRows, findings }: Repeats, history: RepeatedRow, trial: FinishedTrial): void {
  const { points, losses, outputs, complete } = history
  const row = complete.at(-1) as number
  const hash = hashOf(points[row] as Float64Array)
  const first = firstRows.get(hash)
  if (first === undefined) firstRows.set(hash, row)
  const again = first !== undefined && isSame(points[first] as Float64Array, points[row] as Float64Array)
  const { repeated } = trial
  if (!again && !repeated) return
  const before = findings.at(-1)?.equal
  const equal = outputs.map(({ name }, i) => {
    const known = before?.[i] ?? 0
    if (again && losses[first as number]?.[i] !== losses[row]?.[i]) return -1
    const error = repeated?.standardErrors[name]
    if (known < 0 || (error !== undefined && error > rounding * Math.abs(losses[row]?.[i] as number))) return -1
    return known + Number(again) + (error === undefined ? 0 : (repeated?.times ?? 1) - 1)
  })
  findings.push({ complete: complete.length, equal })
}

/** Noise is ruled out where chance would make repeats equal less often than this. */
const chanceMax = 1e-3

/**
 * Whether the first `count` complete trials rule out noise in an output: all repeats gave the same, and trials of other configurations
 * are too rarely equal for that to be chance.
 *
 * Cost: O(count) where something was repeated, else none.
 */
export function rulesOutNoise(
  { findings }: Repeats,
  history: RepeatedRow,
  at: { output: number; count: number },
): boolean {
  const equal = findings.findLast(({ complete }) => complete <= at.count)?.equal[at.output] ?? 0
  if (equal <= 0) return false
  const counts = new Map<number, number>()
  for (const row of history.complete.slice(0, at.count)) {
    const loss = history.losses[row]?.[at.output] as number
    counts.set(loss, (counts.get(loss) ?? 0) + 1)
  }
  const pairs = (n: number) => (n * (n - 1)) / 2
  const ties = [...counts.values()].reduce((sum, n) => sum + pairs(n), 0)
  // As if one more pair of strangers had tied, since none of few says little.
  const chance = (Math.max(0, ties - equal) + 1) / (pairs(at.count) + 1)
  return chance ** equal < chanceMax
}

/** FNV-1a over the bits of the numbers. */
function hashOf(point: Float64Array): number {
  let hash = 0x811c9dc5
  for (const word of new Uint32Array(point.slice().buffer)) hash = Math.imul(hash ^ word, 0x01000193)
  return hash
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  return a.every((value, d) => Object.is(value, b[d]))
}

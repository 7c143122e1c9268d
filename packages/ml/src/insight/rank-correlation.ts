/** How strongly two columns go together, whatever they hold: numbers, or categories. */

import { normalQuantile } from '../numeric/normal.ts'
import { doubledRanks } from '../stats/mean-ranks.ts'

/**
 * Spearman's ρ with ties, undefined where a column is constant.
 *
 * Shapes: [n], [n]. Source: Spearman, Am. J. Psychol. 15, 1904. Differs: none.
 */
export function spearman(a: readonly number[], b: readonly number[]): number | undefined {
  const [x, y] = [doubledRanks(a), doubledRanks(b)]
  const middle = a.length + 1
  let [xy, xx, yy] = [0, 0, 0]
  for (const [i, rank] of x.entries()) {
    const [dx, dy] = [rank - middle, (y[i] as number) - middle]
    xy += dx * dy
    xx += dx * dx
    yy += dy * dy
  }
  return xx > 0 && yy > 0 ? Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))) : undefined
}

/**
 * A 95 % interval of ρ from n pairs; the whole range for fewer than 4.
 *
 * Source: Bonett & Wright, Psychometrika 65, 2000: Fisher's z with variance (1 + ρ²/2) / (n - 3). Differs: none.
 */
export function spearmanInterval(rho: number, n: number): readonly [low: number, high: number] {
  if (n < 4) return [-1, 1]
  const z = Math.atanh(Math.max(-0.999999, Math.min(0.999999, rho)))
  const half = normalQuantile(0.975) * Math.sqrt((1 + rho ** 2 / 2) / (n - 3))
  return [Math.tanh(z - half), Math.tanh(z + half)]
}

/**
 * The correlation ratio η of the ranks of numbers in groups, from 0 to 1; undefined where there is one group, or all numbers are equal.
 * What groups would explain by chance is taken off: else many small groups look strong.
 *
 * Shapes: [n], [n]. Source: Fisher, Statistical Methods for Research Workers, 1925; less chance as ε² of Kelley, PNAS 21, 1935. Differs: of ranks.
 */
export function correlationRatio(groups: readonly number[], values: readonly number[]): number | undefined {
  const n = values.length
  const ranks = doubledRanks(values)
  const middle = n + 1
  const whole = ranks.reduce((sum, rank) => sum + (rank - middle) ** 2, 0)
  const found = new Map<number, { count: number; sum: number }>()
  for (const [i, group] of groups.entries()) {
    const known = found.get(group) ?? { count: 0, sum: 0 }
    found.set(group, { count: known.count + 1, sum: known.sum + (ranks[i] as number) - middle })
  }
  if (whole === 0 || found.size < 2 || n <= found.size) return undefined
  const between = [...found.values()].reduce((sum, group) => sum + group.sum ** 2 / group.count, 0)
  const chance = ((found.size - 1) * (whole - between)) / (n - found.size)
  return Math.sqrt(Math.max(0, (between - chance) / whole))
}

/**
 * Cramér's V of two columns of categories, from 0 to 1; undefined where one of them is constant. What chance would give is taken off.
 *
 * Shapes: [n], [n]. Source: Cramér, Mathematical Methods of Statistics, 1946; less chance as Bergsma, J. Korean Stat. Soc. 42, 2013. Differs: none.
 */
export function cramersV(a: readonly number[], b: readonly number[]): number | undefined {
  const n = a.length
  const [rows, columns] = [countsOf(a), countsOf(b)]
  if (rows.size < 2 || columns.size < 2 || n < 2) return undefined
  const cells = new Map<string, number>()
  for (const [i, row] of a.entries()) {
    const key = `${row}/${b[i]}`
    cells.set(key, (cells.get(key) ?? 0) + 1)
  }
  let sum = 0
  for (const [key, count] of cells) {
    const [row, column] = key.split('/').map(Number) as [number, number]
    sum += count ** 2 / ((rows.get(row) as number) * (columns.get(column) as number))
  }
  const [r, c] = [rows.size, columns.size]
  const corrected = Math.max(0, sum - 1 - ((r - 1) * (c - 1)) / (n - 1))
  const least = Math.min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
  return least > 0 ? Math.min(1, Math.sqrt(corrected / least)) : undefined
}

function countsOf(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

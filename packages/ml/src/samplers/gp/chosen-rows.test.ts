/** Which trials are in a model that can't hold all. */

import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { AskContext } from '../../sampler.ts'
import { space } from '../../space/space.ts'
import { float } from '../../space/variable.ts'
import { addTrial, emptyHistory } from './history.ts'
import { modelsOf } from './models.ts'

const plane = space({ a: float(0, 1), b: float(0, 1) })
const [n, rowsMax] = [160, 80]
/** Every fourth is there by its place. */
const isSpread = (row: number) => row % (n / (rowsMax / 2)) === 0

/** Trials with a loss of b and noise, a cost of a, and the noise of each; `rows` are those in the model, but for the spread. */
function chosen(
  seed: number,
  { limits = [], noise = false }: Partial<Pick<AskContext, 'limits'>> & { noise?: boolean },
) {
  const random = seededRandom(seed)
  const objective = { name: 'loss', direction: 'minimise', ...(noise ? {} : { noise: false }) } as const
  const history = emptyHistory({ space: plane, objectives: [objective], limits })
  const trials = Array.from({ length: n }, (_, number) => {
    const config = { a: random.next(), b: random.next() }
    const luck = noise ? random.normal() : 0
    const values = { loss: config.b + luck, cost: config.a + 0.02 * random.normal() }
    addTrial(history, { number, config, values, seed: 0, state: 'complete', attributes: null, seconds: 0 })
    return { ...config, luck }
  })
  const { rows } = modelsOf(history, { rowsMax, pending: [] })
  return { rows, promising: rows.filter((row) => !isSpread(row)).map((row) => trials[row] as (typeof trials)[number]) }
}
const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one / values.length, 0)

describe('the trials in a model', () => {
  test('are as many as it may hold: an even spread, and as many of which most is expected', () => {
    const { rows, promising } = chosen(1, {})
    expect(rows).toHaveLength(rowsMax)
    expect(rows.filter(isSpread)).toHaveLength(rowsMax / 2)
    expect(Math.max(...promising.map(({ b }) => b))).toBeLessThan(0.45)
  })

  test('are not the lucky ones', () => {
    const seeds = [1, 2, 3, 4, 5]
    const found = seeds.flatMap((seed) => chosen(seed, { noise: true }).promising)
    expect(Math.abs(mean(found.map(({ luck }) => luck)))).toBeLessThan(0.15)
    expect(mean(found.map(({ b }) => b))).toBeLessThan(0.45)
  })

  test('are those that are expected to keep the limits, first, the best of them and wherever they lie between two', () => {
    const { promising } = chosen(2, { limits: [{ name: 'cost', atLeast: 0.2, atMost: 0.8 }] })
    expect(promising.filter(({ a }) => a > 0.17 && a < 0.83)).toHaveLength(promising.length)
    expect(Math.max(...promising.map(({ b }) => b))).toBeLessThan(0.7)
    expect(Math.abs(mean(promising.map(({ a }) => a)) - 0.5)).toBeLessThan(0.08)
  })
})

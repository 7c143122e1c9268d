import { describe, expect, test } from 'vitest'
import { cellsOf, counterpart, rowOf, type Spread, standingOf, verdictOf } from './judged-rows.ts'
import type { FinishedRun } from './judged-work.ts'

const spread = (low: number, high: number): Spread => ({ median: (low + high) / 2, low, high, values: [low, high] })

describe('verdictOf', () => {
  test('finds a difference only where the intervals are apart, and knows that of hypervolume more is better', () => {
    expect(verdictOf(spread(1, 2), spread(3, 4), 'regret')).toBe('better')
    expect(verdictOf(spread(3, 4), spread(1, 2), 'regret')).toBe('worse')
    expect(verdictOf(spread(1, 2), spread(3, 4), 'hv_tight')).toBe('worse')
    expect(verdictOf(spread(3, 4), spread(1, 2), 'hv')).toBe('better')
    expect(verdictOf(spread(1, 3), spread(3, 4), 'regret')).toBe('same')
    expect(verdictOf({ ...spread(1, 2), high: null }, spread(3, 4), 'regret')).toBe('same')
  })
})

/** Runs over 20 seeds, of which each pick reaches its base and a little more by seed. */
function runs(
  problem: string,
  by: FinishedRun['by'],
  reached: { [budget: string]: readonly [observed: number, posterior: number] },
): FinishedRun[] {
  return Array.from({ length: 20 }, (_, seed) => {
    const entries = Object.entries(reached).flatMap(([budget, [observed, posterior]]) => [
      [`${budget}/observed/regret`, observed + seed / 1_000] as const,
      [`${budget}/posterior/regret`, posterior + seed / 1_000] as const,
    ])
    const budgets = Object.keys(reached).map(Number)
    return { set: 'shared', problem, by, seed, budgets, values: Object.fromEntries(entries), cpuMsPerAsk: 2 }
  })
}

const cells = cellsOf([
  ...runs('easy', 'adaptive', { 30: [0.9, 0.9] }),
  ...runs('easy', 'adaptive', { 100: [0.5, 0.1] }),
  ...runs('easy', 'optuna-tpe', { 30: [0.2, 0.2], 100: [0.4, 0.05] }),
  ...runs('even', 'adaptive', { 30: [0.3, 0.3] }),
  ...runs('even', 'optuna-tpe', { 30: [0.3, 0.3] }),
  ...runs('alone', 'adaptive', { 30: [1, 1] }),
])

describe('cellsOf', () => {
  test('puts seeds together by problem, budget and searcher, with both picks', () => {
    expect(cells).toHaveLength(7)
    const [cell] = cells.filter(({ by, budget }) => by === 'adaptive' && budget === 100)
    expect(cell).toMatchObject({ problem: 'easy', measure: 'regret', cpuMsPerAsk: 2 })
    expect(cell?.posterior.values).toHaveLength(20)
    expect(cell?.posterior.median).toBeCloseTo(0.1095)
    expect(cell?.observed.median).toBeCloseTo(0.5095)
  })
})

describe('standingOf', () => {
  test('counts each problem once, at its largest budget, and only where both have searched', () => {
    const ours = { by: 'adaptive', against: 'optuna-tpe' } as const
    expect(standingOf(cells, { ...ours, pick: 'observed' })).toEqual({
      problems: 2,
      better: 1,
      equal: 1,
      clearlyBetter: 1,
      clearlyWorse: 0,
    })
    expect(standingOf(cells, { ...ours, pick: 'posterior' })).toMatchObject({ better: 0, equal: 1, clearlyWorse: 1 })
  })
})

describe('rowOf', () => {
  test('compares with what Optuna observed, and search with search, and keeps the values of each seed', () => {
    const cell = cells.find(({ by, budget }) => by === 'adaptive' && budget === 100)
    if (!cell) throw new Error('expected a cell')
    const row = rowOf(cell, counterpart(cells, cell, 'optuna-tpe'), (sampler) => (sampler === 'tpe5' ? 7 : null))
    expect(row).toMatchObject({ verdict: 'better', searchVerdict: 'worse', storedTpe5: 7, storedGp5: null })
    expect(row.p).toBeLessThan(0.001)
    expect(String(row.values).split(' ')).toHaveLength(20)
    expect(rowOf(cell, undefined, () => null)).toMatchObject({ p: null, verdict: null })
  })
})

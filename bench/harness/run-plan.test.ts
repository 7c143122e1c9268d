import { describe, expect, test } from 'vitest'
import { type PlannedProblem, plannedRuns } from './run-plan.ts'

const shared: PlannedProblem = { set: 'shared', problem: 'llm', budgets: [30, 100, 300] }
const own: PlannedProblem = { set: 'own', problem: 'lm-small', budgets: [30, 100] }

describe('plannedRuns', () => {
  test('gives those who plan for a budget a run for each, and looks at the others on their way', () => {
    const runs = plannedRuns([shared], ['tpe', 'adaptive', 'gp'], 1)
    expect(runs.map(({ by, budgets }) => [by, budgets])).toEqual([
      ['tpe', [30, 100, 300]],
      ['adaptive', [30]],
      ['adaptive', [100]],
      ['adaptive', [300]],
      ['gp', [30, 100]],
    ])
  })

  test('compares on problems of our own only who is compared', () => {
    const runs = plannedRuns([own], ['random', 'tpe', 'gp', 'optuna-tpe', 'optuna-gp'], 1)
    expect(runs.map(({ by }) => by)).toEqual(['tpe', 'optuna-tpe'])
  })

  test('goes seed by seed, and never gives the same run twice', () => {
    const runs = plannedRuns([shared, own], ['random', 'adaptive', 'optuna-tpe'], 20)
    expect(runs.map(({ seed }) => seed)).toEqual(runs.map(({ seed }) => seed).toSorted((a, b) => a - b))
    expect(new Set(runs.map((run) => JSON.stringify(run))).size).toBe(runs.length)
    expect(new Set(runs.map(({ seed }) => seed)).size).toBe(20)
  })
})

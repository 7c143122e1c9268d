/** Which runs the bench of optimisers consists of. */

import type { Searcher } from '../problems/judged-run.ts'

/** What `bench/programs/judged-runs.ts` is asked. */
export interface RunAsked {
  readonly set: 'shared' | 'own'
  readonly problem: string
  readonly by: Searcher
  readonly seed: number
  readonly budgets: readonly number[]
}

export interface PlannedProblem {
  readonly set: RunAsked['set']
  readonly problem: string
  /** Ascending. */
  readonly budgets: readonly number[]
}

export const sharedPlan: readonly PlannedProblem[] = [
  { set: 'shared', problem: 'branin', budgets: [30, 50] },
  { set: 'shared', problem: 'hartmann6', budgets: [30, 50, 100] },
  { set: 'shared', problem: 'mixcond', budgets: [30, 50, 100] },
  { set: 'shared', problem: 'llm', budgets: [30, 50, 100, 300] },
  { set: 'shared', problem: 'llm3', budgets: [30, 60, 100, 300] },
  { set: 'shared', problem: 'zdt1_6d', budgets: [30, 60] },
]

/** A Gaussian process alone is shown as far as it is quick; `adaptive` goes on where it ends. */
const gpBudgetMax = 100

/** All runs of the problems, seed by seed, so that what is there after a while is there for all of them. */
export function plannedRuns(
  problems: readonly PlannedProblem[],
  searchers: readonly Searcher[],
  seeds: number,
): RunAsked[] {
  return Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed) =>
    problems.flatMap(({ set, problem, budgets }) =>
      searchers
        .filter((by) => isPlanned(set, by))
        .flatMap((by) => budgetsOf(by, budgets).map((own) => ({ set, problem, by, seed, budgets: own }))),
    ),
  )
}

/** On problems of our own, of which there are many, only what is compared. */
function isPlanned(set: RunAsked['set'], by: Searcher): boolean {
  return set === 'shared' || !['random', 'gp', 'optuna-gp'].includes(by)
}

/** Who makes plans for a budget has a run for each; the others are looked at on their way. */
function budgetsOf(by: Searcher, budgets: readonly number[]): number[][] {
  if (by === 'adaptive') return budgets.map((one) => [one])
  return [by.endsWith('gp') ? budgets.filter((one) => one <= gpBudgetMax) : [...budgets]]
}

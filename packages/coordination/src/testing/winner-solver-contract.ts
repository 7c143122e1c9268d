/** The laws of solvers of who wins, over any solver: also how the tests show that they notice a broken one. */

import assert from 'node:assert/strict'
import { hasCode } from '@mabeam/foundation'
import type { ContractCase } from '@mabeam/foundation/testing'
import {
  type ProblemBid,
  type WinnerProblem,
  type WinnerSolver,
  winnerSolution,
} from '../auctions/winner-determination.ts'
import { bruteForceWinners } from './brute-force-winners.ts'
import { generatedProblem, problemKinds } from './generated-problem.ts'

export interface WinnerSolverContractOptions {
  /** Problems of each kind. @default 12 */
  readonly problems?: number
}

const problemsDefault = 12

/**
 * A solver that keeps them is exact on small problems and refuses what is none; how it does on large ones they do not say.
 *
 * @example for (const { name, run } of winnerSolverContract(branchAndBound())) test(name, run)
 */
export function winnerSolverContract(
  solver: WinnerSolver,
  options: WinnerSolverContractOptions = {},
): readonly ContractCase[] {
  const { problems = problemsDefault } = options
  const law = (name: string, run: () => Promise<void>): ContractCase => ({ name, run })
  return [
    ...problemKinds.flatMap((kind) => [
      law(`finds what brute force finds: ${kind}, one of each, bids by themselves`, () =>
        sameAsBruteForce(solver, problems, (seed) => generatedProblem({ kind, seed, bids: 10, items: 6 })),
      ),
      law(`finds what brute force finds: ${kind}, several of each, one bid a bidder`, () =>
        sameAsBruteForce(solver, problems, (seed) =>
          generatedProblem({ kind, seed, bids: 11, items: 5, unitsMax: 4, bidders: 5 }),
        ),
      ),
    ]),
    law('tells values apart that differ by 1 in millions', () => tellsClose(solver)),
    law('accepts nothing where nothing is for sale, or nobody bids', () => acceptsNothing(solver)),
    law('accepts one bid of a group however much there is', () => oneOfGroup(solver)),
    law('the same problem has the same answer', () => sameAgain(solver)),
    law('refuses what is no problem', () => refusesNonsense(solver)),
    law('rejects with the reason of a signal that has aborted', () => heedsSignal(solver)),
  ]
}

async function sameAsBruteForce(
  solver: WinnerSolver,
  problems: number,
  problemOf: (seed: number) => WinnerProblem,
): Promise<void> {
  for (let seed = 0; seed < problems; seed++) {
    const problem = problemOf(seed)
    const [found, best] = [await solver.solve(problem), await bruteForceWinners.solve(problem)]
    const { winners, bound } = found
    // Counted again, so that a solver's own figures prove nothing.
    const counted = winnerSolution(problem, { solver: solver.name, winners, bound })
    assert.equal(counted.value, best.value, `seed ${seed}: ${JSON.stringify(problem)}`)
    assert.deepEqual({ ...found, gap: 0 }, { ...counted, gap: 0 }, `seed ${seed}: its figures`)
    assert.equal(found.status, 'optimal', `seed ${seed}: proven`)
    assert.equal(found.gap, 0, `seed ${seed}: its gap`)
  }
}

async function tellsClose(solver: WinnerSolver): Promise<void> {
  const bid = (items: readonly number[], value: number): ProblemBid => ({ items, quantity: 1, value })
  const bids = [bid([0, 1], 40_000_005), bid([0], 20_000_003), bid([1], 20_000_003)]
  const { winners, value } = await solver.solve({ supply: [1, 1], bids })
  assert.deepEqual([winners, value], [[1, 2], 40_000_006])
}

async function acceptsNothing(solver: WinnerSolver): Promise<void> {
  const nothing = { winners: [], value: 0, bound: 0, status: 'optimal', gap: 0 }
  assert.deepEqual(await solver.solve({ supply: [3], bids: [] }), nothing)
  assert.deepEqual(await solver.solve({ supply: [], bids: [] }), nothing)
  assert.deepEqual(await solver.solve({ supply: [0], bids: [{ items: [0], quantity: 1, value: 5 }] }), nothing)
}

async function oneOfGroup(solver: WinnerSolver): Promise<void> {
  const bids = [3, 5, 4].map((value, item): ProblemBid => ({ items: [item], quantity: 1, value, group: 7 }))
  assert.deepEqual((await solver.solve({ supply: [9, 9, 9], bids })).winners, [1])
}

async function sameAgain(solver: WinnerSolver): Promise<void> {
  const problem = generatedProblem({ kind: 'random', seed: 'again', bids: 16, items: 5, valueMax: 3 })
  assert.deepEqual(await solver.solve(problem), await solver.solve(problem))
}

async function refusesNonsense(solver: WinnerSolver): Promise<void> {
  const good: ProblemBid = { items: [0], quantity: 1, value: 5 }
  const wrong: readonly Partial<ProblemBid>[] = [
    { value: Number.NaN },
    { value: 0 },
    { value: 1.5 },
    { value: Number.MAX_SAFE_INTEGER },
    { quantity: 0 },
    { quantity: -1 },
    { items: [] },
    { items: [1] },
    { items: [0, 0] },
    { group: -1 },
  ]
  const problems = [
    ...wrong.map((part): WinnerProblem => ({ supply: [1], bids: [{ ...good, ...part }] })),
    { supply: [Number.NaN], bids: [good] },
    { supply: [-1], bids: [good] },
  ]
  for (const problem of problems) {
    const refusal = await solver.solve(problem).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    assert.ok(hasCode(refusal, 'coordination/invalid-winner-problem'), JSON.stringify(problem))
  }
}

async function heedsSignal(solver: WinnerSolver): Promise<void> {
  const reason = new Error('no longer wanted')
  const problem = generatedProblem({ kind: 'random', seed: 1, bids: 5, items: 5 })
  await assert.rejects(solver.solve(problem, { signal: AbortSignal.abort(reason) }), reason)
}

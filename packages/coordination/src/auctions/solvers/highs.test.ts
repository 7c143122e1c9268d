import { virtualClock } from '@mabeam/foundation/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { generatedProblem, problemKinds } from '../../testing/generated-problem.ts'
import { winnerSolverContract } from '../../testing/winner-solver-contract.ts'
import { type WinnerProblem, winnerSolution } from '../winner-determination.ts'
import { branchAndBound } from './branch-and-bound.ts'
import { bySize } from './by-size.ts'
import { type HighsOptions, type HighsThread, openHighs } from './highs.ts'
import type { HighsAnswer, HighsAsk } from './highs-message.ts'

const shared = openHighs()
afterAll(() => shared[Symbol.asyncDispose]())

const problem: WinnerProblem = {
  supply: [1, 1],
  bids: [
    { items: [0, 1], quantity: 1, value: 7 },
    { items: [0], quantity: 1, value: 5 },
    { items: [1], quantity: 1, value: 4 },
  ],
}

describe('HiGHS in a thread', () => {
  for (const { name, run } of winnerSolverContract(shared, { problems: 4 })) test(name, run)

  test('finds the value that branch and bound finds, of every kind', async () => {
    for (const kind of problemKinds) {
      for (let seed = 0; seed < 3; seed++) {
        const large = generatedProblem({ kind, seed, bids: 40, items: 16, unitsMax: 2, bidders: 12, valueMax: 100_000 })
        const [ours, theirs] = [await branchAndBound().solve(large), await shared.solve(large)]
        expect([theirs.value, theirs.status], `${kind} ${seed}`).toEqual([ours.value, ours.status])
      }
    }
  })

  test('is exact with values of a hundred million and quantities of a billion', async () => {
    for (const kind of problemKinds) {
      const wide = generatedProblem({ kind, seed: 1, bids: 24, items: 8, unitsMax: 1_000_000_000, bidders: 10 })
      const bids = wide.bids.map((bid, at) => ({ ...bid, value: 1 + ((at * 7_919_777) % 100_000_007) }))
      const [ours, theirs] = [await branchAndBound().solve({ ...wide, bids }), await shared.solve({ ...wide, bids })]
      expect([theirs.value, theirs.status], kind).toEqual([ours.value, 'optimal'])
    }
  })

  test('proves a problem of 200 bids', async () => {
    const large = generatedProblem({ kind: 'regions', seed: 1, bids: 200, items: 40, bidders: 50 })
    expect(await shared.solve(large)).toMatchObject({ status: 'optimal', gap: 0 })
  })

  test('values beyond what doubles prove are said to be feasible, and are at most a millionth off', async () => {
    const huge = generatedProblem({ kind: 'random', seed: 1, bids: 30, items: 8, valueMax: 40_000_000_007 })
    const [exact, found] = [await branchAndBound().solve(huge), await shared.solve(huge)]
    expect(found.status).toBe('feasible')
    expect(found.gap).toBeLessThan(2e-6)
    expect(found.bound).toBeGreaterThanOrEqual(exact.value)
    expect(exact.status).toBe('optimal')
  })

  test('values with a common divisor are proven however large they are', async () => {
    const cents = generatedProblem({ kind: 'random', seed: 1, bids: 30, items: 8 })
    const huge = { ...cents, bids: cents.bids.map((bid) => ({ ...bid, value: bid.value * 10_000_000 })) }
    expect(await shared.solve(huge)).toMatchObject({
      status: 'optimal',
      value: (await shared.solve(cents)).value * 10_000_000,
    })
  })

  test('out of time it answers with the best that it has', async () => {
    const hard = generatedProblem({ kind: 'decay', seed: 1, bids: 2_000, items: 200 })
    const { status, value, bound, gap } = await shared.solve(hard, { timeLimitMs: 1 })
    expect([status, gap]).toEqual(['feasible', (bound - value) / bound])
    expect(value).toBeGreaterThan(0)
  })

  test('a signal ends the work, and the next problem is solved by another thread', async () => {
    const hard = generatedProblem({ kind: 'decay', seed: 1, bids: 2_000, items: 200 })
    const stopping = new AbortController()
    const solving = shared.solve(hard, { signal: stopping.signal })
    const waiting = shared.solve(problem)
    stopping.abort(new Error('enough'))
    await expect(solving).rejects.toThrow('enough')
    expect((await waiting).value).toBe(9)
  })

  test('a problem that waits is taken back by its signal without harm to the others', async () => {
    const stopping = new AbortController()
    const [first, second, third] = [
      shared.solve(problem),
      shared.solve(problem, { signal: stopping.signal }),
      shared.solve(problem),
    ]
    stopping.abort(new Error('not needed'))
    await expect(second).rejects.toThrow('not needed')
    expect([(await first).value, (await third).value]).toEqual([9, 9])
  })
})

describe('a thread that does as it likes', () => {
  const solved = (id: number, values: readonly number[], dualBound: number): HighsAnswer => ({
    id,
    type: 'solved',
    values: Float64Array.from(values),
    dualBound,
  })

  test('an answer that takes an item twice is refused', async () => {
    await using solver = opened((ask) => solved(ask.id, [1, 1, 0], 12))
    await expect(solver.solve(problem)).rejects.toMatchObject({ code: 'coordination/solver-wrong' })
  })

  test('an answer that is worth more than its own bound is refused', async () => {
    await using solver = opened((ask) => solved(ask.id, [0, 1, 1], 8))
    await expect(solver.solve(problem)).rejects.toMatchObject({ code: 'coordination/solver-wrong' })
  })

  test('an answer that is not the best it says there is, is feasible whatever the thread says', async () => {
    const [both, first, second] = problem.bids.map(({ items }, at) => ({
      items,
      quantity: 1,
      value: [10, 8, 1][at] ?? 0,
    }))
    const fooled = { supply: [1, 1], bids: [both, first, second].flatMap((bid) => bid ?? []) }
    await using solver = opened((ask) => solved(ask.id, [0, 1, 1], 10))
    expect(await solver.solve(fooled)).toMatchObject({ status: 'feasible', value: 9, bound: 10 })
  })

  test('no answer worth anything is replaced by what is found greedily', async () => {
    await using solver = opened((ask) => ({ ...solved(ask.id, [], Number.POSITIVE_INFINITY), values: undefined }))
    expect(await solver.solve(problem)).toMatchObject({ winners: [1, 2], status: 'optimal' })
  })

  test('an answer to something else is not taken', async () => {
    const clock = virtualClock()
    await using solver = opened((ask) => solved(ask.id - 1, [1, 0, 0], 7), { clock })
    const solving = solver.solve(problem, { timeLimitMs: 5_000 })
    await clock.advance(6_000)
    expect((await solving).value).toBe(9)
  })

  test('a thread that fails fails the problem, and the next one has another thread', async () => {
    let threads = 0
    await using solver = opened((ask) => {
      threads++
      return threads === 1 ? { id: ask.id, type: 'failed', message: 'out of memory' } : solved(ask.id, [0, 1, 1], 9)
    })
    await expect(solver.solve(problem)).rejects.toMatchObject({ code: 'coordination/solver-failed', retryable: true })
    expect((await solver.solve(problem)).value).toBe(9)
  })

  test('a thread that does not heed its time limit is ended, and what is known without it is the answer', async () => {
    const clock = virtualClock()
    const ended: number[] = []
    await using solver = opened(
      () => undefined,
      { clock },
      () => ended.push(1),
    )
    const solving = solver.solve(problem, { timeLimitMs: 5_000 })
    await clock.advance(5_999)
    expect(ended).toEqual([])
    await clock.advance(1)
    expect(await solving).toMatchObject({ value: 9, bound: 9, status: 'optimal' })
    expect(ended).toEqual([1])
    expect(clock.pendingTimers).toBe(0)
  })

  test('it ends after it has been idle, not before', async () => {
    const clock = virtualClock()
    const ended: number[] = []
    await using solver = opened(
      (ask) => solved(ask.id, [0, 1, 1], 9),
      { clock, idleMs: 1_000 },
      () => ended.push(1),
    )
    await solver.solve(problem)
    await clock.advance(999)
    await solver.solve(problem)
    await clock.advance(999)
    expect(ended).toEqual([])
    await clock.advance(1)
    expect(ended).toEqual([1])
    expect((await solver.solve(problem)).value).toBe(9)
  })

  test('so many problems wait and no more', async () => {
    await using solver = opened(() => undefined, { waitingMax: 2 })
    const all = [1, 2, 3].map(() => solver.solve(problem).catch((thrown) => thrown.code))
    await expect(solver.solve(problem)).rejects.toMatchObject({ code: 'coordination/solver-busy', retryable: true })
    await solver[Symbol.asyncDispose]()
    expect(await Promise.all(all)).toEqual(all.map(() => 'coordination/solver-closed'))
  })

  test('closed, it takes nothing more, leaves no timer and can be closed again', async () => {
    const clock = virtualClock()
    const solver = opened((ask) => solved(ask.id, [0, 1, 1], 9), { clock })
    await solver.solve(problem)
    await solver[Symbol.asyncDispose]()
    await solver[Symbol.asyncDispose]()
    await expect(solver.solve(problem)).rejects.toMatchObject({ code: 'coordination/solver-closed' })
    expect(clock.pendingTimers).toBe(0)
  })

  test('options and time limits that can not be are refused', async () => {
    expect(() => openHighs({ idleMs: Number.NaN })).toThrow('openHighs: idleMs')
    expect(() => openHighs({ idelMs: 5 } as object)).toThrow('did you mean "idleMs"?')
    await expect(shared.solve(problem, { timeLimitMs: Number.NaN })).rejects.toThrow('timeLimitMs')
  })
})

describe('bySize', () => {
  for (const { name, run } of winnerSolverContract(bySize(shared), { problems: 2 })) test(name, run)

  test('asks the other solver for what trying does not soon prove', async () => {
    const asked: number[] = []
    const solver = bySize({
      name: 'asked',
      async solve(given, options) {
        asked.push(given.bids.length)
        return await shared.solve(given, options)
      },
    })
    for (const bids of [10, 40, 200]) {
      const given = generatedProblem({ kind: 'matching', seed: 1, bids, items: bids / 5, bidders: Math.ceil(bids / 3) })
      expect((await solver.solve(given)).status).toBe('optimal')
    }
    expect(asked).toEqual([200])
  })

  test('takes the better answer and the tighter bound of both', async () => {
    const given = generatedProblem({ kind: 'matching', seed: 1, bids: 200, items: 40, bidders: 67 })
    const lazy = bySize({
      name: 'lazy',
      solve: async () => winnerSolution(given, { solver: 'lazy', winners: [], bound: 10 ** 9 }),
    })
    const { value, bound, status } = await lazy.solve(given)
    const best = (await shared.solve(given)).value
    expect(status).toBe('feasible')
    expect(value).toBeGreaterThan(best / 2)
    expect(bound).toBeGreaterThanOrEqual(best)
    expect(bound).toBeLessThan(best * 2)
  })
})

/** A solver whose threads answer as `answer` says; nothing is no answer. */
function opened(
  answer: (ask: HighsAsk) => HighsAnswer | undefined,
  options: HighsOptions = {},
  onEnd: () => void = () => {},
) {
  const startThread = (): HighsThread => {
    let tell: (answer: HighsAnswer) => void = () => {}
    return {
      on(event: string, listener: (given: never) => void) {
        if (event === 'message') tell = listener as typeof tell
      },
      postMessage(ask: HighsAsk) {
        const said = answer(ask)
        if (said !== undefined) queueMicrotask(() => tell(said))
      },
      ref() {},
      unref() {},
      async terminate() {
        onEnd()
        return 0
      },
    }
  }
  return openHighs({ clock: virtualClock(), ...options, startThread })
}

import type { FinishedTrial } from '@mabeam/ml'
import { describe, expect, test } from 'vitest'
import { finalRace } from './final-race.ts'

const trial = (number: number, accuracy: number, more: Partial<FinishedTrial> = {}): FinishedTrial => ({
  number,
  config: { n: number },
  seed: 0,
  state: 'complete',
  values: { accuracy, costUsd: 1 },
  attributes: {},
  seconds: 0,
  ...more,
})
const score = (accuracy: number, costUsd: number | null = 1) => ({ accuracy, costUsd, latencyMsP50: 1 })

describe('finalRace', () => {
  test('judges the best of the search again and takes the best of these, not the luckiest', async () => {
    const again = [score(0.5), score(0.7), score(0.6)]
    const asked: unknown[] = []
    const { winner, finalists } = await finalRace([trial(0, 0.1), trial(1, 0.9), trial(2, 0.8), trial(3, 0.85)], {
      finalists: 3,
      evaluate: async ({ n }, place) => {
        asked.push(n)
        return again[place] as ReturnType<typeof score>
      },
    })
    expect(asked).toEqual([1, 3, 2])
    expect(winner.number).toBe(3)
    expect(finalists.map(({ number }) => number)).toEqual([3, 2, 1])
  })

  test('of equals the cheaper wins; an unknown price counts as dear', async () => {
    const costs = [null, 2, 1]
    const { winner } = await finalRace([trial(0, 0.9), trial(1, 0.9), trial(2, 0.9)], {
      evaluate: async (_, place) => score(0.5, costs[place] ?? null),
    })
    expect(winner.number).toBe(2)
  })

  test('runs a configuration once however often it was tried, and no failed trial', async () => {
    const asked: unknown[] = []
    await finalRace(
      [trial(0, 0.9), trial(1, 0.8, { config: { n: 0 } }), trial(2, 1, { state: 'failed' }), trial(3, 0.1)],
      {
        evaluate: async ({ n }) => {
          asked.push(n)
          return score(0.5)
        },
      },
    )
    expect(asked).toEqual([0, 3])
  })

  test('ranks finalists and winner by the objectives in order, then the cheaper, the faster and the earlier', async () => {
    const fast = [{ name: 'latencyMs', direction: 'minimise' }] as const
    const timed = (number: number, latencyMs: number) => trial(number, 1 - number / 10, { values: { latencyMs } })
    const scores = [score(0.1), score(0.9), score(0.5, 0.5), score(0.2)].map((one, i) => ({
      ...one,
      latencyMsP50: [7, 9, 7, null][i] as number | null,
    }))
    const asked: unknown[] = []
    const { finalists } = await finalRace([timed(0, 90), timed(1, 10), timed(2, 20), timed(3, 30), timed(4, 15)], {
      objectives: fast,
      finalists: 4,
      evaluate: async ({ n }, place) => {
        asked.push(n)
        return scores[place] as (typeof scores)[number]
      },
    })
    expect(asked).toEqual([1, 4, 2, 3])
    expect(finalists.map(({ number }) => number)).toEqual([2, 1, 4, 3])
  })

  test('with several objectives the front runs first, the first objective first, and others only where places are left', async () => {
    const priced = (number: number, accuracy: number, costUsd: number) =>
      trial(number, 0, { values: { accuracy, costUsd } })
    const trials = [priced(0, 0.9, 9), priced(1, 0.89, 10), priced(2, 0.5, 1), priced(3, 0.7, 4), priced(4, 0.88, 9)]
    const objectives = [
      { name: 'accuracy', direction: 'maximise' },
      { name: 'costUsd', direction: 'minimise' },
    ] as const
    const runners = async (finalists: number) => {
      const asked: unknown[] = []
      const evaluate = async ({ n }: { readonly n?: unknown }) => {
        asked.push(n)
        return score(0.5, n === 3 ? 0.1 : 2)
      }
      const { winner } = await finalRace(trials, { objectives, finalists, evaluate })
      return { asked, winner: winner.number }
    }
    expect(await runners(2)).toEqual({ asked: [0, 3], winner: 3 })
    expect(await runners(4)).toEqual({ asked: [0, 3, 2, 1], winner: 3 })
  })

  test('refuses no objective and one that a finalist is not judged by', async () => {
    const evaluate = async () => score(1)
    await expect(finalRace([trial(0, 1)], { evaluate, objectives: [] })).rejects.toThrow(
      'finalRace: objectives: expected at least one objective, got []',
    )
    const objectives = [{ name: 'latency', direction: 'minimise' }] as const
    await expect(finalRace([trial(0, 1)], { evaluate, objectives })).rejects.toThrow(
      'finalRace: unknown objective "latency"; did you mean "latencyMs"?',
    )
  })

  test('refuses a study without completed trials and stops with the reason of the signal', async () => {
    const evaluate = async () => score(1)
    await expect(finalRace([], { evaluate })).rejects.toMatchObject({ code: 'dspx/no-finalists' })
    const reason = new Error('enough')
    await expect(finalRace([trial(0, 1)], { evaluate, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

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

  test('refuses a study without completed trials and stops with the reason of the signal', async () => {
    const evaluate = async () => score(1)
    await expect(finalRace([], { evaluate })).rejects.toMatchObject({ code: 'dspx/no-finalists' })
    const reason = new Error('enough')
    await expect(finalRace([trial(0, 1)], { evaluate, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

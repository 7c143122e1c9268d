import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { randomSampler } from '../samplers/random.ts'
import { space } from '../space/space.ts'
import { float } from '../space/variable.ts'
import { createStudy } from '../study/open-study.ts'
import type { FinishedTrial } from '../trial.ts'
import { recommend } from './recommend.ts'

const line = space({ x: float({ min: 0, max: 1 }) })
const objectives = [{ name: 'score', direction: 'maximise' }] as const

/** Scores of a hill with its top at 0.6, with noise. */
function hill(n: number, seed: number, noise: number): FinishedTrial<{ x: number }>[] {
  const random = seededRandom(seed)
  return Array.from({ length: n }, (_, number) => {
    const config = { x: random.next() }
    const score = 1 - (config.x - 0.6) ** 2 + noise * random.normal()
    return {
      number,
      config,
      seed: 0,
      state: 'complete',
      values: { score, cost: config.x },
      attributes: null,
      seconds: 0,
    }
  })
}

const regret = (trial: FinishedTrial<{ x: number }> | undefined) => ((trial?.config.x ?? 9) - 0.6) ** 2

describe('recommend', () => {
  test('is not taken in by lucky trials: its choice is better than the best observed one', () => {
    let [modelled, observed, covered, cases] = [0, 0, 0, 0]
    for (let seed = 0; seed < 30; seed++) {
      const picked = recommend({ space: line, objectives, finished: hill(40, seed, 0.1) })
      modelled += regret(picked?.best.trial)
      observed += regret(picked?.observedBest.trial)
      for (const one of [picked?.best, picked?.observedBest]) {
        const [low, high] = one?.expected.score?.ci95 ?? [1, 0]
        const truth = 1 - regret(one?.trial)
        covered += Number(low <= truth && truth <= high)
        cases++
      }
    }
    expect(modelled).toBeLessThan(observed / 2)
    expect(covered / cases).toBeGreaterThan(0.85)
  })

  test('gives both fronts in the units of the objectives, and says the same without noise', () => {
    const both = [...objectives, { name: 'cost', direction: 'minimise' }] as const
    const picked = recommend({ space: line, objectives: both, finished: hill(30, 4, 0) })
    expect(picked?.best.trial.number).toBe(picked?.observedBest.trial.number)
    expect(picked?.best.expected.score?.value).toBeCloseTo(picked?.best.trial.values.score as number, 2)
    expect(picked?.best.expected.cost?.value).toBeCloseTo(picked?.best.trial.values.cost as number, 2)
    const numbers = new Set(picked?.observedFront.map(({ number }) => number))
    expect(picked?.front.filter(({ trial }) => numbers.has(trial.number)).length).toBeGreaterThan(numbers.size / 2)
  })

  test('recommends only complete trials within the limits, and nothing where there are none', () => {
    const finished = hill(20, 1, 0)
    const limits = [{ name: 'cost', atMost: 0.5 }]
    expect(recommend({ space: line, objectives, limits, finished })?.best.trial.config.x).toBeLessThanOrEqual(0.5)
    expect(recommend({ space: line, objectives, limits: [{ name: 'cost', atMost: -1 }], finished })).toBeUndefined()
    expect(recommend({ space: line, objectives, finished: [] })).toBeUndefined()
    expect(recommend({ space: line, objectives, finished: finished.slice(0, 1) })?.best.trial.number).toBe(0)
  })

  test('does not recommend what kept a limit by luck', () => {
    const limits = [{ name: 'delay', atMost: 0.5 }]
    let beyond = 0
    let within = 0
    for (let seed = 0; seed < 10; seed++) {
      const random = seededRandom(`delay ${seed}`)
      // Faster on the left; the best that the limit allows is at 0.5, the hill's top beyond it.
      const finished = hill(40, seed, 0).map((trial) => ({
        ...trial,
        values: { ...trial.values, delay: trial.config.x + 0.15 * random.normal() },
      }))
      const picked = recommend({ space: line, objectives, limits, finished })
      const { best, observedBest } = picked as NonNullable<typeof picked>
      beyond += Math.max(0, observedBest.trial.config.x - 0.5)
      within += Math.max(0, best.trial.config.x - 0.5)
      expect(best.withinLimits).toBeGreaterThanOrEqual(0.5)
    }
    expect(within).toBeLessThan(beyond / 2)
    expect(recommend({ space: line, objectives, finished: hill(20, 1, 0) })?.best.withinLimits).toBe(1)
  })

  test('takes more trials than fit into the model, equal scores and repeated configurations', () => {
    const finished = hill(60, 2, 0.01)
    expect(regret(recommend({ space: line, objectives, finished }, { trialsMax: 10 })?.best.trial)).toBeLessThan(0.05)
    const both = [...objectives, { name: 'cost', direction: 'minimise' }] as const
    const front = recommend({ space: line, objectives: both, finished }, { trialsMax: 10 })?.front ?? []
    expect(front.length).toBeGreaterThan(10)
    for (const { trial, expected } of front) {
      expect(Math.abs((expected.cost?.value as number) - trial.config.x)).toBeLessThan(0.1)
    }
    const flat = finished.map((trial) => ({ ...trial, config: { x: 0.5 }, values: { score: 1 } }))
    expect(recommend({ space: line, objectives, finished: flat })?.best.expected.score?.value).toBeCloseTo(1, 6)
  })

  test('refuses values that are none and options that do not exist', () => {
    const [one] = hill(1, 1, 0) as [FinishedTrial<{ x: number }>]
    const broken = { ...one, values: { score: Number.NaN } }
    expect(() => recommend({ space: line, objectives, finished: [broken] })).toThrow(
      'trial 0: score: expected a finite number',
    )
    expect(() => recommend({ space: line, objectives, finished: [] }, { trialsMax: 9 })).toThrow('trialsMax')
    expect(() => recommend({ space: line, objectives, finished: [] }, { trialMax: 90 } as never)).toThrow(
      'did you mean',
    )
  })

  test('has a runner-up of another configuration, where there is one', () => {
    const finished = hill(20, 3, 0.01)
    const repeated = [...finished, ...finished.map((trial) => ({ ...trial, number: trial.number + 20 }))]
    const picked = recommend({ space: line, objectives, finished: repeated })
    expect(picked?.runnerUp?.trial.config).not.toEqual(picked?.best.trial.config)
    const values = finished.map(({ config }) => Math.abs(config.x - 0.6)).sort((a, b) => a - b)
    expect(Math.abs((picked?.runnerUp?.trial.config.x ?? 9) - 0.6)).toBeLessThanOrEqual(values[3] as number)
    expect(recommend({ space: line, objectives, finished: finished.slice(0, 1) })?.runnerUp).toBeUndefined()
  })

  test('of a study is the same whether it was asked for before or not', async () => {
    const study = createStudy({ space: line, objectives: { score: 'max' }, seed: 5, sampler: randomSampler() })
    const random = seededRandom(8)
    for (let n = 1; n <= 40; n++) {
      const { number, config } = study.ask()
      const score = 1 - (config.x - 0.6) ** 2 + 0.1 * random.normal()
      if (n % 9 === 0) await study.fail(number, new Error('no answer'))
      else await study.tell(number, { values: { score } })
      const { expected, ...trial } = study.best() ?? { expected: undefined }
      const fresh = recommend(study)?.best
      expect([expected, (trial as { number?: number }).number]).toEqual([fresh?.expected, fresh?.trial.number])
    }
  })
})

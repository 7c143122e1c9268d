/** Objectives without noise: said to have none, or found to have none. */

import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Objective } from '../objective.ts'
import { adaptiveSampler } from '../samplers/adaptive.ts'
import { addTrial, emptyHistory, standardisedRows } from '../samplers/gp/history.ts'
import { modelsOf } from '../samplers/gp/models.ts'
import { gpSampler } from '../samplers/gp.ts'
import { space } from '../space/space.ts'
import { float } from '../space/variable.ts'
import { openStudy } from '../study/open-study.ts'
import { readStudy } from '../study/read-study.ts'
import { memoryJournal } from '../testing/memory-journal.ts'
import type { FinishedTrial } from '../trial.ts'
import { recommend } from './recommend.ts'

const line = space({ x: float(-1, 1) })
type At = { readonly x: number }
/** So many waves that a few trials look like noise. Its least value is -1.66. */
const waves = ({ x }: At) => Math.sin(12 * x) + x
const bowl = ({ x }: At) => (x - 0.3) ** 2

function measured(n: number, seed: number, valuesAt: (config: At) => FinishedTrial['values']): FinishedTrial<At>[] {
  const random = seededRandom(seed)
  return Array.from({ length: n }, (_, number) => {
    const config = { x: 2 * random.next() - 1 }
    return { number, config, seed: 0, state: 'complete', values: valuesAt(config), attributes: null, seconds: 0 }
  })
}

const loss = { name: 'loss', direction: 'minimise' } as const
const exact = { ...loss, noise: false } as const
const picked = (objectives: readonly Objective[], finished: readonly FinishedTrial<At>[]) => {
  const found = recommend({ space: line, objectives, finished })
  if (!found) throw new Error('nothing was found')
  return found
}
const seeds = Array.from({ length: 10 }, (_, seed) => seed)

describe('an objective that is said to have no noise', () => {
  test('is recommended by what was observed, with certainty, where a model alone takes waves for noise', () => {
    let misled = 0
    for (const seed of seeds) {
      const finished = measured(20, seed, (config) => ({ loss: waves(config) }))
      const { best, observedBest, front, observedFront, runnerUp } = picked([exact], finished)
      expect(best).toEqual(observedBest)
      const value = best.trial.values.loss as number
      expect(best.expected.loss).toEqual({ value, ci95: [value, value] })
      expect(front.map(({ trial }) => trial)).toEqual(observedFront)
      const others = finished.map(({ values }) => values.loss as number).filter((one) => one !== value)
      expect(runnerUp?.trial.values.loss).toBe(Math.min(...others))
      misled += Number(picked([loss], finished).best.trial.number !== best.trial.number)
    }
    expect(misled).toBeGreaterThan(3)
  })

  test('beside one with noise: each is taken in its own way', () => {
    const random = seededRandom('beside')
    const finished = measured(30, 1, (config) => ({ loss: bowl(config), cost: config.x + 0.2 * random.normal() }))
    const both = [exact, { name: 'cost', direction: 'minimise' }] as const
    const { best, observedBest, front } = picked(both, finished)
    expect(best.trial).toBe(observedBest.trial)
    const { value, ci95 } = best.expected.cost as NonNullable<(typeof best.expected)['cost']>
    expect(ci95[1] - ci95[0]).toBeGreaterThan(0.02)
    expect(value).not.toBe(best.trial.values.cost)
    for (const { trial, expected } of front) expect(expected.loss?.value).toBe(trial.values.loss)
  })

  test('keeps a limit on it as surely as it was seen to, exactly at the limit too', () => {
    const finished = measured(20, 2, (config) => ({ loss: waves(config) }))
    const values = finished.map(({ values }) => -(values.loss as number)).sort((a, b) => a - b)
    const gains = finished.map((trial) => ({ ...trial, values: { gain: -(trial.values.loss as number) } }))
    const atMost = values[10] as number
    const found = recommend({
      space: line,
      objectives: [{ name: 'gain', direction: 'maximise', noise: false }],
      limits: [{ name: 'gain', atMost }],
      finished: gains,
    })
    expect(found?.best.trial.values.gain).toBe(atMost)
    expect(found?.best.withinLimits).toBe(1)
  })

  test('that has noise all the same gives finite expectations', () => {
    const random = seededRandom('lied')
    const finished = measured(30, 3, () => ({ loss: random.normal() })).map((trial) => ({
      ...trial,
      config: { x: 0.5 },
    }))
    const { best, observedBest } = picked([exact, { name: 'loss2', direction: 'minimise' }], withSecond(finished))
    expect(best.trial).toBe(observedBest.trial)
    expect(
      Object.values(best.expected)
        .flatMap(({ value, ci95 }) => [value, ...ci95])
        .every(Number.isFinite),
    ).toBe(true)
  })

  test('is improved on from what was observed, not from what a model makes of it', () => {
    for (const objective of [exact, loss]) {
      const history = emptyHistory({ space: line, objectives: [objective] })
      for (const trial of measured(20, 4, (config) => ({ loss: waves(config) }))) addTrial(history, trial)
      const { expected, rows } = modelsOf(history, { rowsMax: 400, pending: [] })
      const observed = standardisedRows(history, 0, rows).values
      const same = expected.every(([one], k) => one === observed[k])
      expect(same).toBe(objective === exact)
    }
  })

  test('is searched better: waves are followed to their least value', async () => {
    for (const sampler of [gpSampler(), adaptiveSampler()]) {
      let [told, untold] = [0, 0]
      for (const seed of seeds.slice(0, 4)) {
        for (const objective of [exact, loss]) {
          const study = await openStudy({ space: line, objectives: [objective], seed, sampler })
          await study.run(({ config }) => waves(config), { budget: 20 })
          const found = study.best()?.values.loss as number
          if (objective === exact) told += found / 4
          else untold += found / 4
        }
      }
      expect(told).toBeLessThan(-1.64)
      expect(untold).toBeGreaterThan(told + 0.1)
    }
  })

  test('is one in the journal: a study that goes on must say the same, and a reader knows', async () => {
    const journal = memoryJournal()
    const options = { space: line, objectives: { loss: { direction: 'min', noise: false } } } as const
    const study = await openStudy({ ...options, journal })
    await study.run(({ config }) => waves(config), { budget: 14 })
    expect(journal.written[0]).toMatchObject({ objectives: [{ name: 'loss', direction: 'minimise', noise: false }] })
    const noisy = openStudy({ ...options, objectives: { loss: 'min' }, journal: journal.reopened() })
    await expect(noisy).rejects.toMatchObject({ code: 'ml/study-mismatch' })
    const again = await openStudy({ ...options, journal: journal.reopened() })
    expect(again.best()).toEqual(study.best())
    expect(readStudy({ journal: journal.reopened() }).best()?.number).toBe(study.observedBest()?.number)
    const found = study.observedBest()?.values.loss as number
    expect(study.explain().text).toContain(`with loss ${Number(found.toPrecision(4))}.`)
  })
})

describe('an objective of which nothing is said', () => {
  test('is recommended by what was observed where its model finds no noise, however near the best are to each other', () => {
    for (const seed of seeds) {
      const spread = measured(30, seed, () => ({}))
      const finished = spread.map((trial, i) => {
        const config = i < 12 ? trial.config : { x: 0.3 + 1e-3 * trial.config.x }
        return { ...trial, config, values: { loss: bowl(config) } }
      })
      const { best, observedBest } = picked([loss], finished)
      expect(best).toEqual(observedBest)
    }
  })

  test('is not where a hundredth of what it varies is noise', () => {
    for (const seed of seeds) {
      const random = seededRandom(`noise ${seed}`)
      const finished = measured(30, seed, (config) => ({ loss: bowl(config) + 0.005 * random.normal() }))
      const [low, high] = picked([loss], finished).best.expected.loss?.ci95 ?? [0, 0]
      expect(high - low).toBeGreaterThan(1e-4)
    }
  })
})

function withSecond(finished: readonly FinishedTrial<At>[]): FinishedTrial<At>[] {
  return finished.map((trial) => ({ ...trial, values: { ...trial.values, loss2: trial.values.loss as number } }))
}

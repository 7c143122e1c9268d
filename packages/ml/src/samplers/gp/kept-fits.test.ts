/** What a history keeps from one ask to the next, fits and factors, must never be seen in what it says. */

import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Objective } from '../../objective.ts'
import { space } from '../../space/space.ts'
import { float } from '../../space/variable.ts'
import type { FinishedTrial } from '../../trial.ts'
import {
  addTrial,
  columnsOf,
  emptyHistory,
  type History,
  hyperparametersAt,
  isExact,
  standardisedRows,
} from './history.ts'
import { fitHyperparameters, initialHyperparameters, negativeLogPosterior } from './hyperparameters.ts'
import type { Hyperparameters } from './kernel.ts'
import { modelsOf } from './models.ts'
import { condition } from './posterior.ts'

const names = ['a', 'b', 'c', 'd'] as const
const searched = space({ a: float(0, 1), b: float(0, 1), c: float(0, 1), d: float(0, 1) })
type At = { readonly [name in (typeof names)[number]]: number }
const smooth = { name: 'smooth', direction: 'minimise' } as const
const rough = { name: 'rough', direction: 'minimise' } as const

/** The last `again` of them measure the first again, and find the same. */
function measured(n: number, seed: number, { again = 0, noise = 0.1 } = {}): FinishedTrial<At>[] {
  const random = seededRandom(seed)
  const trials: FinishedTrial<At>[] = []
  for (let number = 0; number < n; number++) {
    const [a, b, c, d] = names.map(() => random.next()) as [number, number, number, number]
    const values = {
      smooth: Math.sin(3 * a) + b * c + noise * random.normal(),
      rough: Math.sin(30 * d) + 3 * noise * random.normal(),
    }
    const same = trials[number - (n - again)]
    const config = same?.config ?? { a, b, c, d }
    const rest = { seed: 0, state: 'complete', attributes: null, seconds: 0 } as const
    trials.push({ number, config, values: same?.values ?? values, ...rest })
  }
  return trials
}

function historyOf(trials: readonly FinishedTrial<At>[], objectives: readonly Objective[] = [smooth]): History {
  const history = emptyHistory({ space: searched, objectives })
  for (const trial of trials) addTrial(history, trial)
  return history
}

/** Twelve variables, of which few matter, and noise as much as what they do. */
function manyDimensions(n: number, seed: number): History {
  const random = seededRandom(seed)
  const keys = Array.from({ length: 12 }, (_, i) => `x${i}`)
  const wide = space(Object.fromEntries(keys.map((key) => [key, float(0, 1)])))
  const history = emptyHistory({ space: wide, objectives: [smooth] })
  for (let number = 0; number < n; number++) {
    const at = keys.map(() => random.next()) as [number, number, number, number]
    const loss = Math.sin(3 * at[0]) + at[1] * at[2] + 1.5 * at[3] + 0.5 * random.normal()
    const config = Object.fromEntries(keys.map((key, i) => [key, at[i] as number]))
    addTrial(history, {
      number,
      config,
      values: { smooth: loss },
      seed: 0,
      state: 'complete',
      attributes: null,
      seconds: 0,
    })
  }
  return history
}

/** How badly hyperparameters go with all trials: the less the better. */
function lossIn(history: History, { weights, scale, noise, additive }: Hyperparameters): number {
  const x = Float64Array.of(...[...weights, scale, noise].map(Math.log), Math.log(additive / (1 - additive)))
  return negativeLogPosterior(dataOf(history))(x, new Float64Array(x.length))
}

function dataOf(history: History) {
  const { values } = standardisedRows(history, 0, history.complete)
  return { ...columnsOf(history, history.points), n: values.length, values }
}

describe('kept hyperparameters', () => {
  test('are of the first trials alone: neither what came later nor when they were asked for changes them', () => {
    const all = measured(200, 1, { again: 24 })
    const later = historyOf(all)
    expect(isExact(later, 0)).toBe(true)
    for (const count of [176, 40, 24]) {
      expect(hyperparametersAt(later, 0, count)).toEqual(hyperparametersAt(historyOf(all.slice(0, count)), 0, count))
    }
  })

  test('are of one output each: the order of objectives changes none', () => {
    const trials = measured(40, 2)
    const [one, other] = [historyOf(trials, [smooth, rough]), historyOf(trials, [rough, smooth])]
    for (const place of [0, 1])
      expect(hyperparametersAt(one, place, 40)).toEqual(hyperparametersAt(other, 1 - place, 40))
    expect(hyperparametersAt(one, 0, 40).weights[3]).toBeLessThan(hyperparametersAt(one, 1, 40).weights[3] as number)
  })

  test('are no worse than what is found from where noise is much, though those of fewer trials found none', () => {
    for (const seed of [4, 5]) {
      const history = manyDimensions(128, seed)
      expect(hyperparametersAt(history, 0, 64).noise).toBeLessThan(0.01)
      const noisy = { ...initialHyperparameters(12), scale: 0.5, noise: 0.5 }
      const { hyper } = fitHyperparameters(dataOf(history), [noisy], { evaluationsMax: 20 })
      expect(lossIn(history, hyperparametersAt(history, 0, 128))).toBeLessThan(lossIn(history, hyper) + 0.05)
    }
  })

  test('are as good as many evaluations make them, by what fewer trials told of the curvature', () => {
    for (const seed of [5, 6]) {
      const history = historyOf(measured(256, seed))
      const kept = hyperparametersAt(history, 0, 256)
      const { hyper } = fitHyperparameters(dataOf(history), [kept], { evaluationsMax: 60 })
      expect(lossIn(history, kept)).toBeLessThan(lossIn(history, hyper) + 1e-3)
    }
  })
})

describe('kept factors', () => {
  const saidBy = ({ posteriors }: ReturnType<typeof modelsOf>) => posteriors.map(({ alpha }) => alpha)
  const models = (history: History) => saidBy(modelsOf(history, { rowsMax: 400, pending: [] }))

  test('say the same as factors that are made anew, for each objective', () => {
    const trials = measured(44, 3)
    const asked = historyOf(trials.slice(0, 30), [smooth, rough])
    for (const trial of trials.slice(30)) {
      models(asked)
      addTrial(asked, trial)
    }
    expect(asked.factors).toHaveLength(2)
    for (const [output, alpha] of models(asked).entries()) {
      const anew = models(historyOf(trials, [smooth, rough]))[output] as Float64Array
      for (const [i, one] of alpha.entries()) expect(one).toBeCloseTo(anew[i] as number, 6)
    }
  })

  test('grow row by row beyond the room that they have, and nothing is made anew', () => {
    const all = columnsOf(historyOf(measured(80, 7)), historyOf(measured(80, 7)).points)
    const hyper = { weights: new Float64Array(4).fill(1), scale: 1, noise: 0.01, additive: 0.5 }
    let known = condition(all, { n: 3, hyper })
    for (let n = 4; n <= 80; n++) {
      known = condition(all, { n, hyper, known })
      expect(known?.exact).toBe(true)
    }
    const rows = (80 * 81) / 2
    expect(known?.factor.subarray(0, rows)).toEqual(condition(all, { n: 80, hyper })?.factor.subarray(0, rows))
  })

  test('are not gone on with where something had to be added to them', () => {
    const trials = measured(35, 4).map((trial, i, all) =>
      i === 1 ? { ...trial, config: (all[0] as typeof trial).config } : trial,
    )
    // Without noise, of two trials of one configuration.
    const hyper = { weights: new Float64Array(4).fill(1), scale: 1, noise: 0, additive: 0.5 }
    const prepared = (count: number) => {
      const history = historyOf(trials.slice(0, count))
      history.fits.set('0/34', hyper)
      return history
    }
    const asked = prepared(34)
    models(asked)
    expect(asked.factors[0]).toMatchObject({ n: 34, exact: false, hyper })
    addTrial(asked, trials[34] as FinishedTrial<At>)
    expect(models(asked)).toEqual(models(prepared(35)))
    const all = columnsOf(asked, asked.points)
    const known = condition(all, { n: 34, hyper })
    expect(condition(all, { n: 35, hyper, known })?.factor).toEqual(condition(all, { n: 35, hyper })?.factor)
  })
})

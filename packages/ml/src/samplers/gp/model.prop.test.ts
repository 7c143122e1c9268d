import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { hypervolume } from '../../front/hypervolume.ts'
import { nonDominated } from '../../front/pareto-front.ts'
import { normalCdf } from '../../numeric/normal.ts'
import { space } from '../../space/space.ts'
import { float } from '../../space/variable.ts'
import { type Acquisition, improvementBelow } from './acquisition.ts'
import { boxesOf } from './boxes.ts'
import { chebyshevImprovement } from './chebyshev-improvement.ts'
import { probabilityWithin, withinBounds } from './feasibility.ts'
import { addTrial, emptyHistory } from './history.ts'
import { fitHyperparameters, initialHyperparameters, negativeLogPosterior } from './hyperparameters.ts'
import { hypervolumeImprovement } from './hypervolume-improvement.ts'
import { coordinateDistance, matern, maternSlope } from './kernel.ts'
import { modelsOf } from './models.ts'
import { outputsOf } from './output.ts'
import { condition, fittedMeans, type Posterior, posteriorOf, predict, predictMany } from './posterior.ts'
import { standardised } from './standardised.ts'

/** Two numbers, an index of three, and a number that is inactive where the index is 0. */
function points(n: number, seed: number): Float64Array[] {
  const random = seededRandom(seed)
  return Array.from({ length: n }, () => {
    const index = random.int(3)
    return Float64Array.of(random.next(), random.next(), index, index === 0 ? Number.NaN : random.next())
  })
}

const columnsOf = (rows: readonly Float64Array[]) => ({
  columns: [0, 1, 2, 3].map((d) => Float64Array.from(rows, (row) => row[d] as number)),
  unordered: Uint8Array.of(0, 0, 1, 0),
})

const hyper = { weights: Float64Array.of(2, 0.5, 1, 3), scale: 1.5, noise: 0.01, additive: 0.3 }
const valueAt = (point: Float64Array) => Math.sin(4 * (point[0] as number)) + (point[2] as number) / 2

function posterior(n: number, seed: number, noise = hyper.noise) {
  const rows = points(n, seed)
  const conditioned = condition(columnsOf(rows), { n, hyper: { ...hyper, noise } })
  if (!conditioned) throw new Error('not positive definite')
  return { rows, posterior: posteriorOf(conditioned, Float64Array.from(rows, valueAt)) }
}

describe('the kernel', () => {
  test('counts activity: nothing where both are inactive, 1 where one is', () => {
    const none = Number.NaN
    expect([coordinateDistance(none, none, false), coordinateDistance(0.3, none, false)]).toEqual([0, 1])
    expect([coordinateDistance(none, none, true), coordinateDistance(none, 2, true)]).toEqual([0, 1])
    expect([coordinateDistance(1, 2, true), coordinateDistance(2, 2, true)]).toEqual([1, 0])
    expect(coordinateDistance(0.25, 0.75, false)).toBe(0.25)
  })

  test('is positive definite on mixed and conditional points', () => {
    for (let seed = 0; seed < 20; seed++) expect(() => posterior(40, seed, 1e-6)).not.toThrow()
  })

  test('falls with distance, and its slope is its derivative', () => {
    for (let square = 0.01; square < 5; square += 0.1) {
      const numeric = (matern(square + 1e-6) - matern(square - 1e-6)) / 2e-6
      expect(maternSlope(square)).toBeCloseTo(numeric, 5)
    }
  })
})

describe('the posterior', () => {
  test('goes through what was measured without noise, is sure there and unsure far away', () => {
    const { rows, posterior: known } = posterior(20, 3, 1e-6)
    const { means, deviations } = predictMany(known, rows)
    for (const [k, row] of rows.entries()) {
      expect(means[k]).toBeCloseTo(valueAt(row), 2)
      expect(deviations[k]).toBeLessThan(0.01)
    }
    const { deviations: far } = predictMany(known, [Float64Array.of(99, 99, 7, 99)])
    expect(far[0]).toBeCloseTo(Math.sqrt(hyper.scale), 2)
  })

  test('says the same of one point as of many, and its slopes are its derivatives', () => {
    const { posterior: known } = posterior(25, 4)
    for (const point of points(12, 9)) {
      const one = predict(known, point)
      const many = predictMany(known, [point, point, point])
      expect(many.means[2]).toBeCloseTo(one.mean, 10)
      expect(many.deviations[2]).toBeCloseTo(one.deviation, 8)
      for (const d of [0, 1, 3]) {
        if (Number.isNaN(point[d])) continue
        const [low, high] = [-1e-5, 1e-5].map((step) => predict(known, point.with(d, (point[d] as number) + step)))
        expect(one.meanSlopes[d]).toBeCloseTo(((high?.mean as number) - (low?.mean as number)) / 2e-5, 4)
        expect(one.deviationSlopes[d]).toBeCloseTo(((high?.deviation as number) - (low?.deviation as number)) / 2e-5, 3)
      }
    }
  })

  test('is the same whether its points came one by one or together', () => {
    const rows = points(40, 6)
    const all = columnsOf(rows)
    const whole = condition(all, { n: 40, hyper })
    let known = condition(all, { n: 3, hyper })
    for (let n = 4; n <= 40; n += 3) known = condition(all, { n, hyper, known })
    expect(known?.factor.subarray(0, 820)).toEqual(whole?.factor.subarray(0, 820))
  })
})

describe('what a posterior is made of', () => {
  test('a factor of other hyperparameters is not gone on with', () => {
    const all = columnsOf(points(12, 6))
    const other = { ...hyper, scale: 2.5 }
    const known = condition(all, { n: 10, hyper: other })
    const factor = condition(all, { n: 12, hyper, known })?.factor.subarray(0, 78)
    expect(factor).toEqual(condition(all, { n: 12, hyper })?.factor.subarray(0, 78))
  })

  test('means at the points themselves are those of a prediction there', () => {
    const { rows, posterior: known } = posterior(20, 8, 0.2)
    const fitted = fittedMeans(known, Float64Array.from(rows, valueAt))
    const { means } = predictMany(known, rows)
    for (const [k, mean] of fitted.entries()) expect(mean).toBeCloseTo(means[k] as number, 8)
  })

  test('a failed trial counts as the worst that was measured', () => {
    const searched = space({ x: float({ min: 0, max: 1 }) })
    const history = emptyHistory({ space: searched, objectives: [{ name: 'l', direction: 'minimise' }] })
    for (const [number, x] of [0.1, 0.2, 0.3, 0.4, 0.9].entries()) {
      const rest = { number, config: { x }, seed: 0, attributes: null, seconds: 0 }
      if (x === 0.9) addTrial(history, { ...rest, state: 'failed', values: {} })
      else addTrial(history, { ...rest, state: 'complete', values: { l: number } })
    }
    const { posteriors, rows, scales } = modelsOf(history, { rowsMax: 10, pending: [] })
    expect(rows).toEqual([0, 1, 2, 3])
    const { means } = predictMany(posteriors[0] as Posterior, [Float64Array.of(0.9)])
    expect(means[0]).toBeGreaterThan((scales[0]?.values[3] as number) / 2)
  })
})

describe('hyperparameters', () => {
  const rows = points(30, 12)
  const data = { ...columnsOf(rows), n: 30, values: standardised(rows.map(valueAt), { wide: false }).values }

  test('the slopes of their posterior are its derivatives', () => {
    const evaluate = negativeLogPosterior(data)
    const x = Float64Array.of(0.3, -1, -0.5, -2, 0.4, -3, 0.7)
    const gradient = new Float64Array(7)
    evaluate(x, gradient)
    for (let i = 0; i < 7; i++) {
      const [low, high] = [-1e-5, 1e-5].map((step) => evaluate(x.with(i, (x[i] as number) + step), new Float64Array(7)))
      expect(gradient[i]).toBeCloseTo(((high as number) - (low as number)) / 2e-5, 4)
    }
  })

  test('a fit finds what matters and how much is noise', () => {
    const random = seededRandom(2)
    const many = points(80, 13)
    const noisy = many.map((point) => valueAt(point) + 0.3 * random.normal())
    const of = (losses: readonly number[]) =>
      fitHyperparameters(
        { ...columnsOf(many), n: 80, values: standardised(losses, { wide: false }).values },
        [initialHyperparameters(4)],
        { evaluationsMax: 60 },
      ).hyper
    const exact = of(many.map(valueAt))
    expect(exact.weights[0]).toBeGreaterThan(10 * (exact.weights[1] as number))
    expect(exact.noise).toBeLessThan(1e-3)
    // The variance of the values is about 0.4, that of the noise 0.09.
    expect(of(noisy).noise).toBeGreaterThan(0.08)
    expect(of(noisy).noise).toBeLessThan(0.5)
  })
})

describe('acquisitions', () => {
  const random = seededRandom(21)
  const losses = (n: number, m: number) =>
    Array.from({ length: n }, () => Array.from({ length: m }, () => random.next()))
  const front = (m: number) => {
    const all = losses(12, m)
    return nonDominated(all).map((k) => all[k] as number[])
  }

  test.each<[string, number, () => Acquisition]>([
    ['expected improvement', 1, () => improvementBelow(0.4, 0)],
    ['augmented expected improvement', 1, () => improvementBelow(0.4, 0.3)],
    ['hypervolume of two losses', 2, () => hypervolumeImprovement(front(2), [1.1, 1.1])],
    ['hypervolume of three losses', 3, () => hypervolumeImprovement(front(3), [1.1, 1.1, 1.1])],
    ['Chebyshev of five losses', 5, () => chebyshevImprovement(losses(12, 5), seededRandom(3))],
  ])('%s: slopes are derivatives, and where nothing is to be gained it is finite', (_, m, make) => {
    const acquisition = make()
    for (let run = 0; run < 20; run++) {
      const means = Float64Array.from({ length: m }, () => random.next() * 2 - 0.3)
      const deviations = Float64Array.from({ length: m }, () => 0.05 + random.next())
      const slopes = { means: new Float64Array(m), deviations: new Float64Array(m) }
      acquisition.log({ means, deviations }, slopes)
      for (let i = 0; i < m; i++) {
        const byMean = [-1e-5, 1e-5].map((step) =>
          acquisition.log({ means: means.with(i, (means[i] as number) + step), deviations }),
        )
        const byDeviation = [-1e-5, 1e-5].map((step) =>
          acquisition.log({ means, deviations: deviations.with(i, (deviations[i] as number) + step) }),
        )
        const derivative = ([low, high]: number[]) => ((high as number) - (low as number)) / 2e-5
        expect(slopes.means[i]).toBeCloseTo(derivative(byMean), 1.5)
        expect(slopes.deviations[i]).toBeCloseTo(derivative(byDeviation), 1.5)
      }
    }
    const far = { means: new Float64Array(m).fill(50), deviations: new Float64Array(m).fill(1e-3) }
    expect(Number.isFinite(acquisition.log(far))).toBe(true)
  })

  test('hypervolume improvement is the mean gain of drawn losses', () => {
    for (const m of [2, 3]) {
      const points = front(m)
      const reference = new Array<number>(m).fill(1.1)
      const means = Float64Array.from({ length: m }, () => 0.3)
      const deviations = Float64Array.from({ length: m }, () => 0.25)
      const before = hypervolume(points, reference)
      let gain = 0
      for (let k = 0; k < 6_000; k++) {
        const drawn = Array.from(means, (mean, i) => mean + (deviations[i] as number) * random.normal())
        gain += (hypervolume([...points, drawn], reference) - before) / 6_000
      }
      const exact = Math.exp(hypervolumeImprovement(points, reference).log({ means, deviations }))
      expect(Math.abs(exact / gain - 1)).toBeLessThan(0.08)
    }
  })

  test('boxes cover what is not dominated once, and are at most two for each point and one more', () => {
    for (const m of [2, 3]) {
      for (let run = 0; run < 30; run++) {
        const points = front(m)
        const reference = new Array<number>(m).fill(1.1)
        const { levels, ends } = boxesOf(points, reference)
        // From -1 on, so that the boxes have a volume.
        const volume = ends.reduce((sum, one) => {
          const side = (i: number) => {
            const at = (place: number) => Math.max(-1, levels[i]?.[one[place] as number] as number)
            return at(2 * i + 1) - at(2 * i)
          }
          return sum + reference.reduce((product, _, i) => product * side(i), 1)
        }, 0)
        expect(volume).toBeCloseTo(2.1 ** m - hypervolume(points, reference), 9)
        expect(ends.length).toBeLessThanOrEqual(2 * points.length + 1)
      }
    }
  })

  test('noise makes a point that is known less worth measuring, and one that is not known hardly', () => {
    const at = (deviation: number, noise: number) =>
      improvementBelow(0, noise).log({ means: Float64Array.of(0), deviations: Float64Array.of(deviation) })
    expect(at(0.01, 0.1) - at(0.01, 0)).toBeLessThan(-4)
    expect(at(1, 0.01) - at(1, 0)).toBeGreaterThan(-0.02)
  })
})

describe('standardised', () => {
  test('has mean 0 and variance 1, cuts outliers and gives losses back', () => {
    const { values, lossOf } = standardised([1, 2, 3, 4, 1e9], { wide: false })
    expect(values.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0, 10)
    expect(Math.max(...values)).toBeLessThan(3)
    expect(lossOf(values[1] as number)).toBeCloseTo(2, 8)
  })

  test('takes logarithms where losses are positive and wide, and only where that is allowed', () => {
    const wide = standardised([0.01, 0.1, 1], { wide: true })
    expect(wide.values[1]).toBeCloseTo(0, 10)
    expect(wide.lossOf(wide.values[0] as number)).toBeCloseTo(0.01, 10)
    expect(standardised([0.01, 0.1, 1], { wide: false }).values[1]).toBeLessThan(-0.3)
    expect(standardised([-1, 0.1, 100], { wide: true }).values.every(Number.isFinite)).toBe(true)
  })

  test('takes no logarithms of what they would only skew: losses that come close to 0', () => {
    const even = Array.from({ length: 50 }, (_, i) => (i + 0.5) / 50)
    const middle = (values: Float64Array) => values[25] as number
    expect(middle(standardised(even, { wide: true }).values)).toBeCloseTo(0, 1)
    const costs = even.map((share) => 10 ** (3 * share))
    expect(middle(standardised(costs, { wide: true }).values)).toBeCloseTo(0, 1)
    expect(middle(standardised(costs, { wide: false }).values)).toBeLessThan(-0.3)
  })

  test.each([[[5]], [[0, 0, 0]], [[1e300, -1e300, 0]], [[1e-300, 2e-300, 3e-300]]])('%j stay finite', (losses) => {
    expect(standardised(losses, { wide: true }).values.every(Number.isFinite)).toBe(true)
  })
})

describe('limits in the gain', () => {
  const bounds = [
    { output: 1, low: Number.NEGATIVE_INFINITY, high: 0.2 },
    { output: 2, low: -0.5, high: 1 },
  ]
  const means = Float64Array.of(0.1, 0.3, -0.2)
  const deviations = Float64Array.of(0.5, 0.4, 0.3)

  test('is the gain times the probability that the limits hold, with its slopes', () => {
    for (const gain of [improvementBelow(0, 0.1), undefined]) {
      const within = withinBounds(gain, bounds)
      const slopes = { means: new Float64Array(3), deviations: new Float64Array(3) }
      const value = within.log({ means, deviations }, slopes)
      const product = [0.2 - 0.3, 1 + 0.2, -(-0.5 + 0.2)].reduce(
        (sum, distance, i) => sum + Math.log(normalCdf(distance / (deviations[i === 0 ? 1 : 2] as number))),
        gain?.log({ means, deviations }) ?? 0,
      )
      expect(value).toBeCloseTo(product, 6)
      for (let i = 0; i < 3; i++) {
        const at = (step: number) => within.log({ means: means.with(i, (means[i] as number) + step), deviations })
        expect(slopes.means[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 3)
        const wider = (step: number) =>
          within.log({ means, deviations: deviations.with(i, (deviations[i] as number) + step) })
        expect(slopes.deviations[i]).toBeCloseTo((wider(1e-5) - wider(-1e-5)) / 2e-5, 3)
      }
    }
  })

  test('a probability is that of all bounds, and outliers are not cut below a bound', () => {
    expect(probabilityWithin([], [], [])).toBe(1)
    expect(probabilityWithin(bounds, [...means], [...deviations])).toBeCloseTo(
      normalCdf(-0.25) * (normalCdf(4) - normalCdf(-1)),
      6,
    )
    const cut = standardised([1, 1.1, 1.2, 1.3, 90], { wide: false, bound: 50 })
    expect(cut.values[4]).toBeGreaterThan(cut.valueOf(50))
  })

  test('an output that only a limit names is modelled, one that is an objective is modelled once', () => {
    const objectives = [{ name: 'score', direction: 'maximise' }] as const
    const limits = [
      { name: 'score', atLeast: 0.5 },
      { name: 'delay', atMost: 3 },
      { name: 'recall', atLeast: 0.25 },
    ]
    expect(outputsOf(objectives, limits)).toEqual([
      { name: 'score', sign: -1, low: Number.NEGATIVE_INFINITY, high: -0.5 },
      { name: 'delay', sign: 1, low: Number.NEGATIVE_INFINITY, high: 3 },
      { name: 'recall', sign: -1, low: Number.NEGATIVE_INFINITY, high: -0.25 },
    ])
  })
})

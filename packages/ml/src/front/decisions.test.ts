import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { FinishedTrial } from '../trial.ts'
import { frontConvergence } from './convergence.ts'
import { kneeOf } from './knee.ts'
import { chebyshev, rankByWeights } from './scalarisation.ts'
import { tradeOffs } from './trade-offs.ts'

const objectives = [
  { name: 'accuracy', direction: 'maximise' },
  { name: 'cost', direction: 'minimise' },
] as const
const point = (accuracy: number, cost: number) => ({ values: { accuracy, cost } })

describe('kneeOf', () => {
  const bent = [point(0.5, 1), point(0.8, 2), point(0.85, 6), point(0.9, 11)]

  test('is where the front bends most', () => {
    const knee = kneeOf(bent, objectives)
    expect(knee).toMatchObject({ type: 'knee', point: bent[1] })
  })

  test('does not depend on units, directions, order or dominated points', () => {
    const inCents = bent.map(({ values }) => ({ values: { error: 1 - values.accuracy, cents: 100 * values.cost } }))
    const other = [
      { name: 'cents', direction: 'minimise' },
      { name: 'error', direction: 'minimise' },
    ] as const
    const knee = kneeOf([{ values: { error: 0.6, cents: 900 } }, ...[...inCents].reverse()], other)
    expect(knee.type === 'knee' && knee.point).toEqual(inCents[1])
  })

  test('of three objectives is the balanced point', () => {
    const three = ['a', 'b', 'c'].map((name) => ({ name, direction: 'minimise' as const }))
    const at = (a: number, b: number, c: number) => ({ values: { a, b, c } })
    const points = [at(0, 1, 1), at(1, 0, 1), at(1, 1, 0), at(0.2, 0.2, 0.2), at(0.1, 0.5, 0.5)]
    expect(kneeOf(points, three)).toMatchObject({ point: points[3] })
  })

  test('is not there on a straight or hollow front, or without a front', () => {
    const reason = (points: readonly ReturnType<typeof point>[]) => {
      const knee = kneeOf(points, objectives)
      return knee.type === 'no-knee' && knee.reason
    }
    expect(reason([])).toBe('no-points')
    expect(reason([point(1, 1), point(2, 2)])).toBe('too-few-points')
    expect(reason([point(1, 1), point(2, 2), point(3, 3)])).toBe('no-bend')
    expect(reason([point(1, 1), point(1.2, 2), point(3, 3)])).toBe('no-bend')
    expect(reason([point(Number.NaN, 1)])).toBe('no-points')
    expect(kneeOf(bent, objectives.slice(0, 1))).toEqual({ type: 'no-knee', reason: 'one-objective' })
  })
})

describe('tradeOffs', () => {
  const front = [point(0.5, 1), point(0.8, 2), point(0.85, 6), point(0.9, 11)]

  test('puts first what gives most for what it takes, in words too', () => {
    const moves = tradeOffs(front[3] as (typeof front)[number], front, { objectives })
    expect(moves[0]?.to).toBe(front[2])
    expect(moves[0]?.gains).toEqual({ cost: 5 })
    expect(moves[0]?.costs.accuracy).toBeCloseTo(0.05, 12)
    expect(moves[0]?.ratio).toBeCloseTo(4, 9)
    expect(moves[0]?.sentence).toBe('cost 5 better for accuracy 0.05 worse')
    expect(moves.map(({ ratio }) => ratio)).toEqual([...moves.map(({ ratio }) => ratio)].sort((a, b) => b - a))
  })

  test('gives as many as asked for, up to a hundred', () => {
    const many = Array.from({ length: 101 }, (_, i) => point(i, i * i))
    const give = (count: number) => tradeOffs(point(0, 101 ** 2), many, { objectives, count })
    expect([give(1).length, give(100).length]).toEqual([1, 100])
    expect(() => give(101)).toThrow('tradeOffs: count: expected an integer from 1 to 100, got 101')
    expect(() => give(0)).toThrow('got 0')
  })

  test('says when a point is simply better', () => {
    const [move] = tradeOffs(point(0.5, 2), front, { objectives, count: 1 })
    expect(move?.ratio).toBe(Number.POSITIVE_INFINITY)
    expect(move?.sentence).toContain('for nothing')
  })

  test('has nothing to say about the point itself, no points, and values that are not there', () => {
    expect(tradeOffs(point(1, 1), [point(1, 1)], { objectives })).toEqual([])
    expect(tradeOffs(point(1, 1), [], { objectives })).toEqual([])
    expect(tradeOffs(point(Number.NaN, 1), front, { objectives })).toEqual([])
  })
})

describe('rankByWeights', () => {
  const hollow = [point(1, 10), point(0.6, 6), point(0, 0)]

  test('by the Chebyshev norm finds points of hollow fronts that no weighted sum finds', () => {
    const first = (kind: 'sum' | 'chebyshev', accuracy: number) =>
      rankByWeights(hollow, objectives, { kind, weights: { accuracy, cost: 1 } })[0]?.point
    const weights = Array.from({ length: 60 }, (_, i) => 1.1 ** (i - 30))
    const bySum = new Set(weights.map((weight) => first('sum', weight)))
    const byNorm = new Set(weights.map((weight) => first('chebyshev', weight)))
    expect(byNorm).toEqual(new Set(hollow))
    const deep = [point(1, 10), point(0.4, 6), point(0, 0)]
    const sums = new Set(
      weights.map((accuracy) => rankByWeights(deep, objectives, { kind: 'sum', weights: { accuracy } })[0]?.point),
    )
    expect(sums.has(deep[1])).toBe(false)
    expect(bySum.size).toBeGreaterThan(1)
  })

  test('a point that is dominated never comes before the one that dominates it', () => {
    const random = seededRandom(4)
    for (let i = 0; i < 50; i++) {
      const points = Array.from({ length: 12 }, () => point(random.int(6), random.int(6)))
      const weights = { accuracy: random.next(), cost: random.next() }
      const ranked = rankByWeights(points, objectives, { weights }).map(({ point }) => point.values)
      for (const [at, one] of ranked.entries()) {
        for (const later of ranked.slice(at + 1)) {
          expect(
            later.accuracy >= one.accuracy && later.cost <= one.cost && JSON.stringify(later) !== JSON.stringify(one),
          ).toBe(false)
        }
      }
    }
  })

  test('points beyond a limit come last, the nearest to it first; what was not measured after all', () => {
    const points = [point(0.9, 9), point(0.8, 4), point(0.1, 1), { values: { accuracy: 1, cost: Number.NaN } }]
    const ranked = rankByWeights(points, objectives, { limits: [{ name: 'cost', atMost: 2 }] })
    expect(ranked.map(({ point }) => points.indexOf(point as never))).toEqual([2, 1, 0, 3])
  })

  test('refuses weights that say nothing or are of nothing', () => {
    expect(() => rankByWeights(hollow, objectives, { weights: { accuracy: 0, cost: 0 } })).toThrow('a weight above 0')
    expect(() => rankByWeights(hollow, objectives, { weights: { accuracy: -1 } })).toThrow(
      'rankByWeights: weights: accuracy',
    )
    expect(() => rankByWeights(hollow, objectives, { weights: { acuracy: 1 } })).toThrow('did you mean "accuracy"?')
    expect(rankByWeights([], objectives)).toEqual([])
  })

  test('the norm is the largest weighted loss and a little of the rest', () => {
    expect(chebyshev([0.5, 0.2], [1, 2], 0.05)).toBeCloseTo(0.5 + 0.05 * 0.9, 12)
  })
})

describe('frontConvergence', () => {
  const trial = (number: number, accuracy: number, cost: number): FinishedTrial => ({
    number,
    config: {},
    seed: 0,
    state: 'complete',
    values: { accuracy, cost },
    attributes: null,
    seconds: 0,
  })
  const growing = (count: number, until: number) =>
    Array.from({ length: count }, (_, i) => trial(i, 1 - 1 / (1 + Math.min(i, until)), 5 - Math.min(i, until) / 20))

  test('is too early below two windows, and not at two', () => {
    expect(frontConvergence(growing(39, 99), objectives)).toMatchObject({ status: 'too-early', growth: undefined })
    expect(frontConvergence(growing(40, 99), objectives)).toMatchObject({ status: 'improving', fresh: 1 })
  })

  test('has converged when the window brought next to nothing', () => {
    expect(frontConvergence(growing(60, 30), objectives)).toMatchObject({ status: 'converged', growth: 0 })
    const slow = frontConvergence(growing(60, 99), objectives, { tolerance: 1 })
    expect(slow.status).toBe('converged')
    expect(slow.because).toMatch(/^the hypervolume grew by .* % over the last 20 trials$/)
  })

  test('of one objective sees a better value, also when it is the only point of the front', () => {
    const better = (at: number) => growing(60, 0).map((one, i) => (i === at ? trial(i, 3, 5) : one))
    expect(frontConvergence(better(50), objectives.slice(0, 1)).status).toBe('improving')
    expect(frontConvergence(better(10), objectives.slice(0, 1)).status).toBe('converged')
  })

  test('leaves out trials beyond a limit, and goes by fresh points above six objectives', () => {
    const limits = [{ name: 'cost', atMost: 1 }]
    expect(frontConvergence(growing(60, 99), objectives, { limits }).status).toBe('too-early')
    const seven = Array.from({ length: 7 }, (_, m) => ({ name: `o${m}`, direction: 'minimise' as const }))
    const random = seededRandom(1)
    const trials = Array.from({ length: 60 }, (_, number) => ({
      ...trial(number, 0, 0),
      values: Object.fromEntries(seven.map(({ name }) => [name, random.next()])),
    }))
    expect(frontConvergence(trials, seven)).toMatchObject({ status: 'improving', growth: undefined })
  })
})

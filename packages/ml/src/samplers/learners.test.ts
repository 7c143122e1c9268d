import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { hypervolume } from '../front/hypervolume.ts'
import { dominates, nonDominated } from '../front/pareto-front.ts'
import type { Objective } from '../objective.ts'
import type { OutcomeLimit } from '../outcome-limit.ts'
import type { Sampler } from '../sampler.ts'
import { type Config, type Space, space } from '../space/space.ts'
import { bool, choice, float, int } from '../space/variable.ts'
import { median } from '../stats/quantile.ts'
import { openStudy } from '../study/open-study.ts'
import type { Study } from '../study/study.ts'
import { banditSampler } from './bandit.ts'
import { symmetricEigen } from './cma-es/symmetric-eigen.ts'
import { cmaEsSampler } from './cma-es.ts'
import { nichedSurvivors, scaleForNiches } from './evolution/niching.ts'
import type { Individual } from './evolution/population.ts'
import { bySurvival } from './evolution/ranking.ts'
import { dasDennis, divisionsFor } from './evolution/reference-directions.ts'
import { crowdedSurvivors, fitter, nsga2Sampler } from './nsga2.ts'
import { nsga3Sampler } from './nsga3.ts'
import { randomSampler } from './random.ts'

const loss: readonly Objective[] = [{ name: 'loss', direction: 'minimise' }]

interface Problem {
  readonly of: Space
  readonly measure: (config: Config) => { readonly [name: string]: number }
  readonly objectives?: readonly Objective[]
  readonly limits?: readonly OutcomeLimit[]
}

async function run(problem: Problem, sampler: Sampler, [trials, seed]: readonly [number, number]): Promise<Study> {
  const { of, measure, objectives = loss, limits = [] } = problem
  const study = await openStudy({ id: 'law', space: of, objectives, limits, seed, sampler })
  for (let i = 0; i < trials; i++) {
    const { number, config } = study.ask()
    await study.tell(number, { values: measure(config) })
  }
  return study
}

const cube = (d: number, min = -5, max = 5) =>
  space(Object.fromEntries(Array.from({ length: d }, (_, i) => [`x${i}`, float({ min, max })]))) as unknown as Space
const numbers = (config: Config) => Object.values(config) as number[]
const sphere = (config: Config) => numbers(config).reduce((sum, x) => sum + (x - 1) ** 2, 0)
const rosenbrock = (config: Config) => {
  const x = numbers(config)
  return x
    .slice(1)
    .reduce((sum, next, i) => sum + 100 * (next - (x[i] as number) ** 2) ** 2 + (1 - (x[i] as number)) ** 2, 0)
}
const bests = async (problem: Problem, make: () => Sampler, [trials, seeds]: readonly [number, number]) =>
  await Promise.all(
    Array.from({ length: seeds }, async (_, seed) => {
      const study = await run(problem, make(), [trials, seed])
      return study.observedBest()?.values.loss as number
    }),
  )

describe('cmaEsSampler', () => {
  test('converges on the sphere and along the valley of Rosenbrock', async () => {
    const onSphere = await bests({ of: cube(5), measure: (c) => ({ loss: sphere(c) }) }, cmaEsSampler, [400, 6])
    expect(median(onSphere)).toBeLessThan(1e-3)
    const inValley = await bests({ of: cube(3), measure: (c) => ({ loss: rosenbrock(c) }) }, cmaEsSampler, [900, 4])
    expect(median(inValley)).toBeLessThan(1e-3)
  })

  test('learns integers, steps and choices without getting stuck beside the optimum', async () => {
    const of = space({
      x: float({ min: -5, max: 5 }),
      n: int({ min: 0, max: 20 }),
      m: int({ min: -10, max: 10 }),
      kind: choice(['a', 'b', 'c', 'd']),
      fast: bool(),
    }) as unknown as Space
    const measure = ({ x, n, m, kind, fast }: Config) => ({
      loss:
        ((x as number) - 1) ** 2 +
        ((n as number) - 13) ** 2 +
        ((m as number) - (n as number) + 10) ** 2 / 2 +
        (kind === 'c' ? 0 : 3) +
        (fast ? 2 : 0),
    })
    const found = await bests({ of, measure }, cmaEsSampler, [300, 8])
    const random = await bests({ of, measure }, randomSampler, [300, 8])
    expect(median(found)).toBeLessThan(0.1)
    expect(median(found)).toBeLessThan(median(random) / 10)
  })

  test('asks the same when losses are put through a growing function', async () => {
    const of = cube(3)
    const asks = async (through: (value: number) => number) => {
      const study = await run({ of, measure: (c) => ({ loss: through(rosenbrock(c)) }) }, cmaEsSampler(), [120, 4])
      return study.finished.map(({ config }) => config)
    }
    const plain = await asks((value) => value)
    expect(await asks((value) => Math.log(value + 1e-300) * 7 - 3)).toEqual(plain)
    expect(await asks((value) => value ** 3)).toEqual(plain)
    expect(await asks((value) => -value)).not.toEqual(plain)
  })

  test('keeps going where there is nothing to learn, and in many dimensions', async () => {
    const flat = await run({ of: cube(2), measure: () => ({ loss: 1 }) }, cmaEsSampler(), [300, 1])
    expect(new Set(flat.finished.map(({ config }) => JSON.stringify(config))).size).toBe(300)
    const wide = await run({ of: cube(70), measure: (c) => ({ loss: sphere(c) }) }, cmaEsSampler(), [160, 1])
    expect(wide.observedBest()?.values.loss).toBeLessThan(0.8 * (wide.finished[0]?.values.loss as number))
  })

  test('starts again elsewhere once it has shrunk to nothing', async () => {
    const study = await run({ of: cube(1), measure: (c) => ({ loss: sphere(c) }) }, cmaEsSampler(), [500, 1])
    const far = study.finished.map(({ config }) => Math.abs((config.x0 as number) - 1) > 0.5)
    const settledAt = far.findIndex((_, i) => i >= 20 && far.slice(i - 20, i).every((one) => !one))
    expect(settledAt).toBeGreaterThan(0)
    expect(far.slice(settledAt).filter(Boolean).length).toBeGreaterThan(5)
  })

  test('turns away from where trials fail', async () => {
    const study = await openStudy({ id: 'law', space: cube(2), objectives: loss, seed: 2, sampler: cmaEsSampler() })
    for (let i = 0; i < 200; i++) {
      const { number, config } = study.ask()
      if ((config.x0 as number) < 0) await study.fail(number, new Error('left'))
      else await study.tell(number, { values: { loss: sphere(config) } })
    }
    expect(study.finished.slice(-50).filter(({ state }) => state === 'failed').length).toBeLessThan(10)
    expect(study.observedBest()?.values.loss).toBeLessThan(0.01)
  })
})

describe('symmetricEigen', () => {
  test('takes a matrix apart and puts it together', () => {
    const random = seededRandom(3)
    for (const n of [1, 2, 5, 12]) {
      const matrix = new Float64Array(n * n)
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          matrix[i * n + j] = random.normal()
          matrix[j * n + i] = matrix[i * n + j] as number
        }
      }
      const { values, vectors } = symmetricEigen(matrix, n)
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let whole = 0
          let unit = 0
          for (let k = 0; k < n; k++) {
            const both = (vectors[i * n + k] as number) * (vectors[j * n + k] as number)
            whole += (values[k] as number) * both
            unit += both
          }
          expect(whole).toBeCloseTo(matrix[i * n + j] as number, 9)
          expect(unit).toBeCloseTo(i === j ? 1 : 0, 9)
        }
      }
    }
  })
})

const zdt1: Problem = {
  of: cube(6, 0, 1),
  objectives: [
    { name: 'f', direction: 'minimise' },
    { name: 'g', direction: 'minimise' },
  ],
  measure: (config) => {
    const [first = 0, ...rest] = numbers(config)
    const g = 1 + (9 * rest.reduce((sum, x) => sum + x, 0)) / 5
    return { f: first, g: g * (1 - Math.sqrt(first / g)) }
  },
}

describe.each([
  ['nsga2Sampler', nsga2Sampler],
  ['nsga3Sampler', nsga3Sampler],
])('%s', (_, make) => {
  test('finds fronts far better than random search does', async () => {
    const volumes = async (sampler: () => Sampler) =>
      await Promise.all(
        [0, 1, 2, 3].map(async (seed) => {
          const study = await run(zdt1, sampler(), [400, seed])
          return hypervolume(
            study.observedFront().map(({ values }) => [values.f as number, values.g as number]),
            [1.1, 2],
          )
        }),
      )
    expect(median(await volumes(make))).toBeGreaterThan(2 * median(await volumes(randomSampler)))
  })

  test('finds what keeps the limits, with one objective too', async () => {
    const problem: Problem = {
      of: cube(4),
      measure: (config) => ({ loss: sphere(config), sum: numbers(config).reduce((sum, x) => sum + x, 0) }),
      limits: [{ name: 'sum', atMost: -10 }],
    }
    const study = await run(problem, make({ population: 12 }), [300, 1])
    expect(study.observedBest()?.values.sum).toBeLessThanOrEqual(-10)
    expect(study.finished.slice(-100).filter(({ values }) => (values.sum as number) <= -10).length).toBeGreaterThan(15)
  })

  test('refuses impossible options', () => {
    expect(() => make({ population: 3 })).toThrow('population: expected an integer from 4 to 10000, got 3')
    expect(() => make({ crossover: 1.5 })).toThrow('crossover')
    expect(() => make({ populaton: 20 } as never)).toThrow('did you mean "population"?')
  })
})

describe('survival', () => {
  const random = seededRandom(11)
  const populationOf = (n: number, m: number): Individual[] =>
    Array.from({ length: n }, () => ({
      config: {},
      losses: Array.from({ length: m }, () => random.int(8)),
      rank: 0,
      crowding: 0,
    }))
  const directions = dasDennis(3, 4)

  test.each([
    ['crowding', crowdedSurvivors],
    ['niches', (all: readonly Individual[], count: number) => nichedSurvivors(all, count, directions)],
  ])('by %s keeps the count, and the non-dominated as far as they fit', (_, survivors) => {
    for (let i = 0; i < 60; i++) {
      const population = populationOf(6 + random.int(20), 3)
      const count = 1 + random.int(population.length)
      const kept = survivors(population, count).map(({ losses }) => losses)
      const left = [...population.map(({ losses }) => losses)]
      for (const one of kept) left.splice(left.indexOf(one), 1)
      expect(kept).toHaveLength(count)
      const front = nonDominated(population.map(({ losses }) => losses)).length
      expect(nonDominated(kept).length).toBeGreaterThanOrEqual(Math.min(front, count))
      for (const lost of left) expect(kept.some((one) => dominates(lost, one))).toBe(false)
    }
  })

  test('parents are the better of two: by rank, then by crowding', () => {
    const parent = (rank: number, crowding: number) => ({ config: {}, losses: [0], rank, crowding })
    const times = (one: Individual, other: Individual) => {
      let won = 0
      for (let i = 0; i < 400; i++) if (fitter([one, other], random) === one) won++
      return won / 400
    }
    expect(times(parent(0, 0), parent(1, 9))).toBeGreaterThan(0.7)
    expect(times(parent(1, 2), parent(1, 1))).toBeGreaterThan(0.7)
    expect(times(parent(2, 5), parent(1, 1))).toBeLessThan(0.3)
  })

  test('by crowding keeps the ends of a front', () => {
    const losses = Array.from({ length: 12 }, (_, i) => [i, 11 - i])
    const kept = bySurvival(losses).slice(0, 2)
    expect(kept.map(({ index }) => index).sort((a, b) => a - b)).toEqual([0, 11])
  })

  test('by niches keeps a point for each direction, whatever the units', () => {
    const along = dasDennis(3, 4)
    const inner = along.filter((share) => share.every((one) => one > 0))
    const beside = inner.map((share) => share.map((one, k) => one + (k === 0 ? 0.08 : -0.04)))
    const front = [...beside, ...along]
    const population = front.map((share) => ({
      config: {},
      losses: share.map((one, k) => one * 10 ** (3 * k)),
      rank: 0,
      crowding: 0,
    }))
    const kept = nichedSurvivors(population, along.length, along)
    const scaled = scaleForNiches(kept.map(({ losses }) => losses))
    for (const share of along) {
      expect(scaled.some((point) => Math.hypot(...point.map((one, k) => one - (share[k] as number))) < 0.01)).toBe(true)
    }
  })

  test('directions are all shares of one, as many as there are, and no more than asked', () => {
    expect(dasDennis(3, 12)).toHaveLength(91)
    for (const direction of dasDennis(4, 5)) expect(direction.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(divisionsFor(3, 91)).toBe(12)
    expect(divisionsFor(3, 90)).toBe(11)
    expect(dasDennis(1, 7)).toEqual([[1]])
  })
})

describe('banditSampler', () => {
  const arms = space({ arm: int({ min: 0, max: 9 }) }) as unknown as Space

  /** Plays and what they cost beside always playing the best of ten arms a tenth apart. */
  async function played(sampler: Sampler, [plays, seed]: readonly [number, number]) {
    const noise = seededRandom(`noise/${seed}`)
    const study = await run(
      { of: arms, measure: ({ arm }) => ({ loss: Math.abs((arm as number) - 6) / 10 + 0.2 * noise.normal() }) },
      sampler,
      [plays, seed],
    )
    const chosen = study.finished.map(({ config }) => config.arm as number)
    return { chosen, regret: chosen.reduce((sum, arm) => sum + Math.abs(arm - 6) / 10, 0) }
  }

  test.each([
    ['UCB', () => banditSampler({ rule: 'ucb', noise: 0.2 })],
    ['Thompson', () => banditSampler({ noise: 0.2 })],
    ['Thompson without knowing the noise', () => banditSampler()],
  ])('by %s plays each arm once, and its regret grows as the logarithm of plays', async (_, make) => {
    const gaps = [1, 2, 3, 4, 5, 6, 1, 2, 3].map((steps) => steps / 10)
    for (const seed of [0, 1, 2]) {
      const { chosen, regret } = await played(make(), [500, seed])
      expect(new Set(chosen.slice(0, 10)).size).toBe(10)
      const bound = gaps.reduce((sum, gap) => sum + (8 * 0.2 ** 2 * Math.log(500)) / gap + 2 * gap, 0)
      expect(regret).toBeLessThan(bound)
      expect(chosen.slice(-100).filter((arm) => arm === 6).length).toBeGreaterThan(60)
    }
  })

  test('finds good configurations of infinite spaces by trying few', async () => {
    const study = await run({ of: cube(2), measure: (c) => ({ loss: sphere(c) }) }, banditSampler(), [200, 1])
    const tried = new Set(study.finished.map(({ config }) => JSON.stringify(config))).size
    expect(tried).toBeGreaterThan(10)
    expect(tried).toBeLessThan(50)
  })

  test('plays nothing that broke a limit while something kept it', async () => {
    const limits = [{ name: 'cost', atMost: 5 }]
    const measure = ({ arm }: Config) => ({ loss: -(arm as number), cost: arm as number })
    for (let seed = 0; seed < 8; seed++) {
      const study = await run({ of: arms, measure, limits }, banditSampler(), [40, seed])
      expect(study.finished.slice(10).every(({ config }) => (config.arm as number) <= 5)).toBe(true)
      expect(study.observedBest()?.config.arm).toBe(5)
    }
  })

  test('refuses impossible options', () => {
    expect(() => banditSampler({ noise: -1 })).toThrow('banditSampler: noise')
    expect(() => banditSampler({ rule: 'exp3' as never })).toThrow('one of thompson, ucb')
    expect(() => cmaEsSampler({ population: 3 })).toThrow('cmaEsSampler: population')
  })
})

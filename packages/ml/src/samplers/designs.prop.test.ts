import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { AskContext, Sampler } from '../sampler.ts'
import { type Config, type Space, space } from '../space/space.ts'
import { bool, choice, float, int } from '../space/variable.ts'
import { gridSampler } from './grid.ts'
import { freeStrata, latinHypercubeSampler } from './latin-hypercube.ts'
import { qmcSampler } from './qmc.ts'
import { unitCell, valueAtUnit } from './unit-config.ts'

const mixed = space({
  x: float({ min: -1, max: 1 }),
  rate: float({ min: 1e-4, max: 1, log: true }),
  n: int({ min: 1, max: 64, log: true }),
  few: int({ min: 0, max: 3 }),
  kind: choice(['a', 'b', 'c']),
  fast: bool(),
}) as unknown as Space

interface Run {
  readonly sampler: Sampler
  readonly of: Space
  readonly seed: number
  /** Trials that are pending at once. */
  readonly parallel?: number
}

/** Asks `count` trials, told in the order of a random race; configurations by number. */
function asked(count: number, { sampler, of, seed, parallel = 1 }: Run): Config[] {
  const random = seededRandom(`race/${seed}`)
  const finished: AskContext['finished'][number][] = []
  const pending: AskContext['pending'][number][] = []
  const configs: Config[] = []
  for (let number = 0; number < count; number++) {
    const config = of.validate(
      sampler.ask({
        space: of,
        objectives: [{ name: 'loss', direction: 'minimise' }],
        finished,
        pending: [...pending],
        random: seededRandom(`${seed}/${number}`),
        seed,
      }),
    )
    configs.push(config)
    pending.push({ number, config, seed: number })
    if (pending.length < parallel) continue
    const [ended] = pending.splice(random.int(pending.length), 1)
    const values = { loss: random.next() }
    if (ended) finished.push({ ...ended, state: 'complete', values, attributes: null, seconds: 0 })
  }
  return configs
}

const seeds = [0, 1, 2, 3, 4]

describe('latinHypercubeSampler', () => {
  test.each([1, 5])('puts one trial of each batch into each stratum, with %d trials at once', (parallel) => {
    for (const seed of seeds) {
      const configs = asked(48, { sampler: latinHypercubeSampler({ batch: 16 }), of: mixed, seed, parallel })
      for (let first = 0; first < 48; first += 16) {
        const batch = configs.slice(first, first + 16)
        for (const dimension of mixed.dimensions.slice(0, 2)) {
          const strata = batch.map((config) => Math.floor(16 * unitCell(dimension, config[dimension.name] as never)[0]))
          expect(strata.sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i))
        }
      }
    }
  })

  test('uses the values of choices and steps as often as their share says, up to one', () => {
    for (const seed of seeds) {
      const batch = asked(16, { sampler: latinHypercubeSampler({ batch: 16 }), of: mixed, seed, parallel: 4 })
      for (const dimension of mixed.dimensions.slice(2)) {
        for (let index = 0; index < dimension.count; index++) {
          const value = dimension.valueAt(index)
          const times = batch.filter((config) => config[dimension.name] === value).length
          const [low, high] = unitCell(dimension, value)
          expect(Math.abs(times - 16 * (high - low))).toBeLessThan(2)
        }
      }
    }
  })

  test('draws designs without preference: each pair of strata about equally often', () => {
    const two = space({ x: float({ min: 0, max: 1 }), y: float({ min: 0, max: 1 }) }) as unknown as Space
    const counts = new Array<number>(9).fill(0)
    for (let seed = 0; seed < 600; seed++) {
      for (const { x, y } of asked(3, { sampler: latinHypercubeSampler({ batch: 3 }), of: two, seed })) {
        const cell = 3 * Math.floor(3 * (x as number)) + Math.floor(3 * (y as number))
        counts[cell] = (counts[cell] as number) + 1
      }
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)
    expect(chiSquare).toBeLessThan(20)
  })
})

describe('freeStrata', () => {
  test('finds a place for every cell whenever there is one', () => {
    const random = seededRandom(6)
    for (let i = 0; i < 200; i++) {
      const batch = 2 + random.int(12)
      const used = random.shuffle(Array.from({ length: batch }, (_, k) => k)).slice(0, random.int(batch))
      const cells = used.map((k) => {
        const inside = (k + random.next()) / batch
        return [Math.max(0, inside - random.next() / 3), Math.min(1, inside + random.next() / 3)] as const
      })
      expect(freeStrata(cells, batch)).toHaveLength(batch - used.length)
    }
  })
})

describe('qmcSampler', () => {
  test('fills each of 2^k intervals once with the first 2^k points, whoever is slow', () => {
    for (const seed of seeds) {
      for (const parallel of [1, 4]) {
        const configs = asked(32, { sampler: qmcSampler(), of: mixed, seed, parallel })
        for (const dimension of mixed.dimensions.slice(0, 2)) {
          const places = configs.map((config) =>
            Math.floor(32 * unitCell(dimension, config[dimension.name] as never)[0]),
          )
          expect(new Set(places).size).toBe(32)
        }
      }
    }
  })

  test('gives the same points whatever was told, and others to another study', () => {
    const points = (seed: number, parallel: number) => asked(10, { sampler: qmcSampler(), of: mixed, seed, parallel })
    expect(points(1, 3)).toEqual(points(1, 1))
    expect(points(2, 1)).not.toEqual(points(1, 1))
  })
})

describe('gridSampler', () => {
  const small = space({
    x: float({ min: 0, max: 1 }),
    rate: float({ min: 0.01, max: 1, log: true }),
    kind: choice(['a', 'b']),
    depth: int({ min: 1, max: 2, when: { kind: ['b'] } }),
  }) as unknown as Space

  test('asks every point of the grid once, ends included, then others', () => {
    const sampler = () => gridSampler({ levels: { x: 3, rate: 2 } })
    for (const parallel of [1, 6]) {
      const configs = asked(20, { sampler: sampler(), of: small, seed: 3, parallel })
      const grid = configs.slice(0, 18)
      expect(new Set(grid.map((config) => JSON.stringify(config))).size).toBe(18)
      expect(new Set(grid.map(({ x }) => x))).toEqual(new Set([0, 0.5, 1]))
      expect(new Set(grid.map(({ rate }) => rate))).toEqual(new Set([0.01, 1]))
      expect(configs.slice(18).every(({ x }) => ![0, 0.5, 1].includes(x as number))).toBe(true)
    }
  })

  test('comes in another order for another seed', () => {
    const order = (seed: number) => asked(18, { sampler: gridSampler({ levels: 2 }), of: small, seed })
    expect(order(1)).not.toEqual(order(2))
  })

  test('refuses levels that can not be', () => {
    expect(() => gridSampler({ levels: 0 })).toThrow('gridSampler: levels: expected an integer from 1 to 10000, got 0')
    expect(() => gridSampler({ levels: 10_001 })).toThrow('got 10001')
    expect(() => gridSampler({ levels: { x: 1.5 } })).toThrow('gridSampler: levels: x')
    expect(() => gridSampler({ level: 3 } as never)).toThrow('did you mean "levels"?')
    expect(() => asked(1, { sampler: gridSampler({ levels: { y: 2 } }), of: small, seed: 1 })).toThrow(
      'expected variables of the space',
    )
  })
})

test('a value and the share of the axis it stands for belong together', () => {
  const random = seededRandom(9)
  for (let i = 0; i < 500; i++) {
    const unit = random.next()
    for (const dimension of mixed.dimensions) {
      const [low, high] = unitCell(dimension, valueAtUnit(dimension, unit))
      expect(unit).toBeGreaterThanOrEqual(low - 1e-9)
      expect(unit).toBeLessThanOrEqual(high + 1e-9)
    }
  }
})

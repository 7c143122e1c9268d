import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { AskContext } from '../sampler.ts'
import { type Config, type Space, space } from '../space/space.ts'
import { choice, float, int } from '../space/variable.ts'
import { quantile } from '../stats/quantile.ts'
import { samplerContract } from '../testing/index.ts'
import { gpSampler } from './gp.ts'
import { tpeSampler } from './tpe.ts'

describe.each([
  ['gpSampler', () => gpSampler({ starts: 32, climbs: 2 })],
  [
    'gpSampler, modelling at once, of few trials and without climbs',
    () => gpSampler({ startupTrials: 1, trialsMax: 10, starts: 16, climbs: 0 }),
  ],
])('%s keeps the contract', (_, make) => {
  for (const { name, run } of samplerContract(make)) test(name, run)
})

const conditional = space({
  kind: choice(['flat', 'curved']),
  level: int({ min: 0, max: 30, when: { kind: ['flat'] } }),
  bend: float({ min: -1, max: 1, when: { kind: ['curved'] } }),
  lift: float({ min: 0.01, max: 10, log: true, when: { kind: ['curved'] } }),
}) as unknown as Space

/** Least at a bend of 0.3 and a lift of 0.1. */
function loss(config: Config): number {
  const { kind, level = 0, bend = 0, lift = 1 } = config as { [name: string]: number | string }
  if (kind === 'flat') return 0.5 + Math.abs((level as number) - 20) / 30
  return ((bend as number) - 0.3) ** 2 + (Math.log10(lift as number) + 1) ** 2 / 4
}

const objectives = (count: number): AskContext['objectives'] =>
  Array.from({ length: count }, (_, i) => ({ name: `l${i}`, direction: 'minimise' }))

interface Run {
  readonly trials: number
  readonly seed: number
  readonly space?: Space
  readonly measure?: (config: Config) => readonly number[]
}

function finishedBy(
  sampler: ReturnType<typeof gpSampler>,
  { trials, seed, space: searched = conditional, measure = (config) => [loss(config)] }: Run,
): AskContext['finished'] {
  const finished: AskContext['finished'][number][] = []
  for (let number = 0; number < trials; number++) {
    const random = seededRandom(`${seed}/${number}`)
    const count = measure(searched.sample(seededRandom(1))).length
    const config = sampler.ask({ space: searched, objectives: objectives(count), finished, pending: [], random })
    const values = Object.fromEntries(measure(config).map((value, i) => [`l${i}`, value]))
    finished.push({ number, config, seed: 0, state: 'complete', values, attributes: null, seconds: 0 })
  }
  return finished
}

const small = { starts: 64, climbs: 3 }
/** The same in every ask, as in a study. */
const one = objectives(1)
const leastOf = (finished: AskContext['finished']) =>
  finished.reduce((least, { values }) => Math.min(least, values.l0 as number), 9)

describe('gpSampler', () => {
  test('finds the least of a conditional space far better than TPE does', () => {
    const seeds = [1, 2, 3, 4]
    const gp = seeds.map((seed) => leastOf(finishedBy(gpSampler(small), { trials: 30, seed })))
    const tpe = seeds.map((seed) => leastOf(finishedBy(tpeSampler(), { trials: 30, seed })))
    expect(quantile(gp, 0.5)).toBeLessThan(quantile(tpe, 0.5) / 5)
    expect(quantile(gp, 0.5)).toBeLessThan(1e-3)
  })

  test('its first asks are spread: each choice as often as any other, each part of a range once', () => {
    const even = space({ x: float({ min: 0, max: 1 }), c: choice(['a', 'b', 'c', 'd', 'e']) }) as unknown as Space
    const finished = finishedBy(gpSampler(), { trials: 10, seed: 3, space: even, measure: () => [0] })
    expect(new Set(finished.map(({ config }) => Math.floor(10 * (config.x as number)))).size).toBe(10)
    for (const one of ['a', 'b', 'c', 'd', 'e'])
      expect(finished.filter(({ config }) => config.c === one)).toHaveLength(2)
  })

  test.each([2, 3, 5])('spreads over the trade-offs of %d objectives', (count) => {
    const cube = space({ a: float({ min: 0, max: 1 }), b: float({ min: 0, max: 1 }) }) as unknown as Space
    const measure = ({ a, b }: Config) =>
      Array.from({ length: count }, (_, i) => ((a as number) - i / (count - 1)) ** 2 + ((b as number) - 0.5) ** 2 / 2)
    const finished = finishedBy(gpSampler(small), { trials: 26, seed: 5, space: cube, measure }).slice(10)
    // The front is where b is a half; along a all of it is worth having.
    expect(
      quantile(
        finished.map(({ config }) => Math.abs((config.b as number) - 0.5)),
        0.5,
      ),
    ).toBeLessThan(0.12)
    const along = finished.map(({ config }) => config.a as number)
    expect(Math.max(...along) - Math.min(...along)).toBeGreaterThan(0.5)
  })

  test('spreads parallel asks out: what is pending is not asked again nearby', () => {
    const finished = finishedBy(gpSampler(small), { trials: 14, seed: 2 })
    const pending: { number: number; config: Config; seed: number }[] = []
    const context = { space: conditional, objectives: objectives(1), finished }
    for (let number = 14; number < 18; number++) {
      const config = gpSampler(small).ask({ ...context, pending: [...pending], random: seededRandom(7) })
      pending.push({ number, config, seed: 0 })
    }
    expect(new Set(pending.map(({ config }) => JSON.stringify(config))).size).toBe(4)
  })

  test('finds the best that keeps a limit on another value, and measures little beyond it', () => {
    const square = space({ a: float({ min: 0, max: 1 }), b: float({ min: 0, max: 1 }) }) as unknown as Space
    // The least loss of all is at a = 0.9; where the cost may be at most 5 it is at a = 0.7.
    const costOf = ({ a }: Config) => 10 ** (a as number)
    const lossAt = ({ a, b }: Config) => ((a as number) - 0.9) ** 2 + ((b as number) - 0.4) ** 2
    const limits = [{ name: 'cost', atMost: 5 }]
    const finished: AskContext['finished'][number][] = []
    const sampler = gpSampler(small)
    for (let number = 0; number < 26; number++) {
      const random = seededRandom(number)
      const config = sampler.ask({ space: square, objectives: one, limits, finished, pending: [], random })
      const values = { l0: lossAt(config), cost: costOf(config) }
      finished.push({ number, config, seed: 0, state: 'complete', values, attributes: null, seconds: 0 })
    }
    const kept = finished.filter(({ config }) => costOf(config) <= 5)
    expect(Math.min(...kept.map(({ config }) => lossAt(config)))).toBeLessThan(0.2 ** 2 + 3e-3)
    expect(finished.slice(10).length - kept.filter(({ number }) => number >= 10).length).toBeLessThan(6)
  })

  test('where nothing keeps the limits yet it looks for what does', () => {
    const square = space({ a: float({ min: 0, max: 1 }), b: float({ min: 0, max: 1 }) }) as unknown as Space
    const strict = [{ name: 'size', atLeast: 1.8 }]
    const finished = Array.from({ length: 12 }, (_, number) => {
      const random = seededRandom(`size ${number}`)
      const config = { a: 0.7 * random.next(), b: 0.7 * random.next() }
      const values = { l0: config.a, size: config.a + config.b }
      return { number, config, seed: 0, state: 'complete' as const, values, attributes: null, seconds: 0 }
    })
    const random = seededRandom(3)
    const { a, b } = gpSampler(small).ask({
      space: square,
      objectives: one,
      limits: strict,
      finished,
      pending: [],
      random,
    })
    expect((a as number) + (b as number)).toBeGreaterThan(1.7)
  })

  test('stays away from where trials failed', () => {
    const finished = finishedBy(gpSampler(small), { trials: 16, seed: 6 })
    const failed = finished.map((trial) =>
      trial.config.kind === 'curved' ? { ...trial, state: 'failed' as const, values: {} } : trial,
    )
    const asks = [1, 2, 3].map((seed) =>
      gpSampler({ ...small, startupTrials: 2 }).ask({
        space: conditional,
        objectives: objectives(1),
        finished: failed,
        pending: [],
        random: seededRandom(seed),
      }),
    )
    expect(asks.map(({ kind }) => kind)).toEqual(['flat', 'flat', 'flat'])
  })

  test('takes values of any size, all equal ones, and more trials than its model holds', () => {
    for (const measure of [() => [0], ({ kind }: Config) => [kind === 'flat' ? 1e300 : -1e300], () => [1e-300]]) {
      const finished = finishedBy(gpSampler({ starts: 16, climbs: 1, startupTrials: 3, trialsMax: 10 }), {
        trials: 14,
        seed: 4,
        measure,
      })
      for (const { config } of finished) expect(conditional.validate(config)).toEqual(config)
    }
  })

  test('refuses impossible options', () => {
    expect(() => gpSampler({ starts: 15 })).toThrow('starts: expected an integer from 16 to 100000, got 15')
    expect(() => gpSampler({ trialsMax: 2_001 })).toThrow('trialsMax')
    expect(() => gpSampler({ startupTrials: 0 })).toThrow('startupTrials')
    expect(() => gpSampler({ climb: 3 } as never)).toThrow('did you mean "climbs"?')
  })
})

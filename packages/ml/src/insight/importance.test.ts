import { describe, expect, test } from 'vitest'
import { importancePlot } from '../plots/importance-plot.ts'
import { studyText } from '../plots/study-text.ts'
import type { Measurements } from '../recommend/recommend.ts'
import { randomSampler } from '../samplers/random.ts'
import { permutation, subset } from '../space/list-variable.ts'
import { type Config, space } from '../space/space.ts'
import { bool, choice, float } from '../space/variable.ts'
import { createStudy } from '../study/open-study.ts'
import { type ImportanceMethod, importanceOf } from './importance.ts'
import { ishigami, measured, sum, three, unit } from './measured.fixture.ts'

const methods: readonly ImportanceMethod[] = ['fanova', 'permutation', 'ped-anova']

const byName = (study: Measurements, options = {}) =>
  Object.fromEntries(importanceOf(study, options).map((one) => [one.variable, one]))

const near = (value: number | undefined, expected: number, within: number) =>
  expect(Math.abs((value as number) - expected)).toBeLessThan(within)

describe('importanceOf by fANOVA', () => {
  test("finds the shares of Ishigami's function, alone and in all", () => {
    for (let seed = 0; seed < 3; seed++) {
      const { x, y, z } = byName(measured(three, ishigami, { n: 600, seed }), { seed })
      near(x?.value, 0.415, 0.13)
      near(y?.value, 0.585, 0.13)
      near(z?.value, 0, 0.03)
      near(x?.totalEffect, 0.5576, 0.15)
      near(y?.totalEffect, 0.4424, 0.15)
      near(z?.totalEffect, 0.2437, 0.15)
    }
  })

  test('finds the shares of a sum under noise', () => {
    const noisy = measured(three, (config, random) => sum(config) + 0.5 * random.normal(), { n: 400 })
    const { x, y, z } = byName(noisy)
    near(x?.value, 9 / 14, 0.1)
    near(y?.value, 4 / 14, 0.1)
    near(z?.value, 1 / 14, 0.06)
  })

  test('finds categories, and an axis where it is logarithmic', () => {
    const mixed = space({
      kind: choice(['a', 'b', 'c', 'd']),
      rate: float({ min: 1e-5, max: 1, log: true }),
      off: bool(),
    })
    const score = ({ kind, rate }: Config) => (kind === 'c' ? 1 : 0) + Math.log10(rate as number) / 5
    const { kind, rate, off } = byName(measured(mixed, score, { n: 300 }))
    // 3/16 and 1/12 of variance.
    near(kind?.value, 0.69, 0.08)
    near(rate?.value, 0.31, 0.08)
    near(off?.value, 0, 0.01)
  })

  test('judges a conditional variable where it is active, weighed by how likely that is', () => {
    const depth = float({ min: 0, max: 1, when: { kind: ['c'] } })
    const conditional = space({ kind: choice(['a', 'b', 'c']), depth, off: bool() })
    // 1 in the mean for every kind, so that the kind by itself does nothing.
    const score = ({ kind, depth }: Config) => (kind === 'c' ? 2 * (depth as number) : 1)
    const found = byName(measured(conditional, score, { n: 300 }))
    expect(found.depth?.effect).toBeGreaterThan(0.9)
    expect(found.depth?.value).toBeGreaterThan(0.9)
    expect(found.off?.value).toBeLessThan(0.01)
    expect(found.depth?.trials).toBeLessThan(150)
  })

  test('what matters only together with others has no value by itself but a total effect', () => {
    const score = ({ a, b, c }: Config) => Number(a !== b) + (c ? 0.5 : 0)
    const { a, b, c } = byName(measured(space({ a: bool(), b: bool(), c: bool() }), score, { n: 200 }))
    expect(c?.value).toBeGreaterThan(0.9)
    for (const one of [a, b]) {
      expect(one?.effect).toBeLessThan(0.05)
      near(one?.totalEffect, 0.8, 0.1)
    }
  })
})

describe.each(methods)('importanceOf by %s', (method) => {
  test('puts what matters first and gives noise little', () => {
    const five = space({ x: unit, y: unit, z: unit, noise: unit, none: choice(['a', 'b', 'c']) })
    const found = importanceOf(
      measured(five, (config) => sum(config) ** 2, { n: 300 }),
      { method },
    )
    expect(found.slice(0, 2).map(({ variable }) => variable)).toEqual(['x', 'y'])
    const rest = found.filter(({ variable }) => variable.startsWith('no'))
    expect(rest.reduce((total, { value }) => total + value, 0)).toBeLessThan(method === 'ped-anova' ? 0.1 : 0.02)
  })

  test('has nothing to say where nothing differs, and says so', () => {
    const flat = importanceOf(
      measured(three, () => 7, { n: 30 }),
      { method },
    )
    expect(flat.map(({ value, effect, trials }) => [value, effect, trials])).toEqual(Array(3).fill([0, 0, 30]))
    const rounding = importanceOf(
      measured(three, (_, random) => 0.1 + 0.2 * (1 + 1e-16 * random.next()), { n: 30 }),
      { method },
    )
    expect(rounding.every(({ value }) => value === 0)).toBe(true)
  })

  test('takes one variable, two trials, the same trial often, and huge values', () => {
    const line = space({ x: unit })
    expect(
      importanceOf(
        measured(line, ({ x }) => x as number, { n: 50 }),
        { method },
      )[0]?.value,
    ).toBe(1)
    for (const n of [0, 1]) expect(importanceOf(measured(three, sum, { n }), { method })).toEqual([])
    for (const n of [2, 3, 9]) {
      const total = importanceOf(measured(three, sum, { n }), { method }).reduce((all, { value }) => all + value, 0)
      expect([0, 1]).toContain(Math.round(1e9 * total) / 1e9)
    }
    const same = measured({ ...three, sample: () => ({ x: 0.5, y: 0.5, z: 0.5 }) }, (_, random) => random.next(), {
      n: 20,
    })
    expect(importanceOf(same, { method }).every(({ value }) => value === 0)).toBe(true)
    const huge = importanceOf(
      measured(three, (config) => 1e300 * (sum(config) - 3), { n: 80 }),
      { method },
    )
    expect(huge[0]?.variable).toBe('x')
    expect(huge.every(({ value, effect }) => Number.isFinite(value) && Number.isFinite(effect))).toBe(true)
  })

  test('counts complete trials alone, and variables that are never active for nothing', () => {
    const conditional = space({
      kind: choice(['a', 'b']),
      depth: float({ min: 0, max: 1, when: { kind: ['b'] } }),
      x: unit,
    })
    const study = measured(conditional, ({ x }) => x as number, { n: 120 })
    const onlyA = { ...study, finished: study.finished.filter(({ config }) => config.kind === 'a') }
    const depth = byName(onlyA, { method }).depth
    expect(depth).toMatchObject({ value: 0, effect: 0, trials: 0 })
    const failed = study.finished.map((trial) => ({ ...trial, state: 'failed', values: {} }) as const)
    const both = { ...study, finished: [...study.finished, ...failed] }
    expect(importanceOf(both, { method })).toEqual(importanceOf(study, { method }))
  })

  test('is the same in any order of variables and for the same seed', () => {
    const turned = space({ z: unit, y: unit, x: unit })
    const study = measured(three, ishigami, { n: 100 })
    const one = importanceOf(study, { method })
    expect(importanceOf({ ...study, space: turned }, { method })).toEqual(one)
    expect(importanceOf(study, { method, seed: 0 })).toEqual(one)
  })
})

describe('importanceOf', () => {
  test('answers for any objective, or any number of a trial', () => {
    const study = measured(three, sum, { n: 100 })
    const objectives = [...study.objectives, { name: 'cost', direction: 'minimise' }] as const
    const finished = study.finished.map((trial) => {
      const cost = trial.config.z as number
      return { ...trial, values: { ...trial.values, cost }, seconds: 5 * (trial.config.y as number) }
    })
    const both = { ...study, objectives, finished }
    expect(importanceOf(both)[0]?.variable).toBe('x')
    expect(importanceOf(both, { objective: 'cost' })[0]?.variable).toBe('z')
    expect(importanceOf(both, { target: ({ seconds }) => seconds })[0]?.variable).toBe('y')
    expect(() => importanceOf(both, { objective: 'costs' })).toThrow('did you mean "cost"')
    expect(() => importanceOf(both, { objective: 'cost', target: () => 1 })).toThrow('importanceOf: target')
    expect(() => importanceOf(both, { target: () => Number.NaN })).toThrow('trial 0: target: expected a finite number')
  })

  test('takes direction into account where the best trials are asked', () => {
    // Only below a tenth does anything depend on y.
    const score = ({ x, y }: Config) => ((x as number) < 0.15 ? (y as number) - 2 : (x as number))
    const study = measured(space({ x: unit, y: unit }), score, { n: 600 })
    const minimised = { ...study, objectives: [{ name: 'score', direction: 'minimise' }] } as const
    const y = (one: Measurements) => byName(one, { method: 'ped-anova' }).y?.effect as number
    expect(y(minimised)).toBeGreaterThan(3 * y(study))
  })

  test('takes lists by their parts where the space says how', () => {
    const listed = space({ tools: subset(['search', 'code']), x: unit })
    const configs = Array.from({ length: 40 }, (_, i) => ({ tools: i % 2 ? ['search'] : ['code'], x: (i % 7) / 7 }))
    const finished = configs.map((config, number) => {
      const values = { score: Number(config.tools.includes('search')) }
      return { number, config, seed: 0, state: 'complete', values, attributes: null, seconds: 0 } as const
    })
    const study = { space: listed, objectives: [{ name: 'score', direction: 'maximise' }] as const, finished }
    const found = importanceOf(study as never)
    expect(
      found
        .slice(0, 2)
        .map(({ variable }) => variable)
        .sort(),
    ).toEqual(['tools[code]', 'tools[search]'])
  })

  test('draws from more trials than fit into a tree', () => {
    for (const n of [10, 11, 200]) {
      const found = importanceOf(measured(three, sum, { n }), { trialsMax: 10, trees: 200 })
      expect(found[0]?.variable).toBe('x')
      expect(found[0]?.trials).toBe(n)
    }
  })

  test('takes a hundred variables of which one matters', () => {
    const wide = space(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`v${i}`, unit])))
    const found = importanceOf(
      measured(wide, ({ v7 }) => v7 as number, { n: 100 }),
      { trees: 16 },
    )
    expect(found[0]?.variable).toBe('v7')
    expect(found[0]?.value).toBeGreaterThan(0.9)
  })

  test('refuses what it cannot use', () => {
    const study = measured(three, sum, { n: 5 })
    const broken = (values: object, config = {}) => ({
      ...study,
      finished: study.finished.map((trial) => ({ ...trial, values, config: { ...trial.config, ...config } }) as never),
    })
    expect(() => importanceOf(broken({ score: Number.NaN }))).toThrow(
      'importanceOf: trial 0: score: expected a finite number',
    )
    expect(() => importanceOf(broken({}))).toThrow('expected a finite number, got nothing')
    expect(() => importanceOf(broken({ score: 1 }, { x: 'one' }))).toThrow('importanceOf: trial 0: x: expected')
    expect(() => importanceOf(study, { method: 'shap' as never })).toThrow('importanceOf: method: expected one of')
    expect(() => importanceOf(study, { trees: 0 })).toThrow('importanceOf: trees')
    expect(() => importanceOf(study, { trees: 1_001 })).toThrow('importanceOf: trees')
    expect(() => importanceOf(study, { trialsMax: 9 })).toThrow('importanceOf: trialsMax')
    expect(() => importanceOf(study, { seeds: 1 } as never)).toThrow('did you mean "seed"')
  })
})

test('the scalars of a permutation have words for people, in data and in charts; other variables have their names alone', async () => {
  const study = createStudy({
    space: space({ order: permutation(['a', 'b', 'c']), rate: float(0, 1) }),
    objectives: { loss: 'min' },
    sampler: randomSampler(),
  })
  await study.run(({ config }) => config.order.indexOf('b') + config.rate / 10, { budget: 30 })
  const found = study.importance()
  expect(new Map(found.map(({ variable, label }) => [variable, label]))).toEqual(
    new Map([
      ['order[b]', 'place of b in order'],
      ['order[c]', 'place of c in order'],
      ['rate', undefined],
    ]),
  )
  expect(found.find(({ variable }) => variable === 'rate')).not.toHaveProperty('label')
  const [panel] = importancePlot(found).panels
  expect(panel?.y).toMatchObject({ categories: expect.arrayContaining(['place of b in order']) })
  expect(studyText(study)).toContain('place of b in order')
  expect(study.explain().text).toContain('loss: place of b in order (')
})

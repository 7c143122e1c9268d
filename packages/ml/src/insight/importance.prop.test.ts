import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Measurements } from '../recommend/recommend.ts'
import { type Config, space } from '../space/space.ts'
import { choice, float } from '../space/variable.ts'
import { type Importance, importanceOf } from './importance.ts'
import { measured, sum, three, unit } from './measured.fixture.ts'

type Judge = (study: Measurements) => readonly Importance[]

const conditional = space({
  kind: choice(['a', 'b', 'c', 'd']),
  depth: float({ min: 0, max: 1, when: { kind: ['d'] } }),
  x: unit,
})

/** Depth does as much where it is active as x does everywhere. */
const halfHidden = ({ depth = 0.5, x }: Config) => (depth as number) + (x as number)

const valueIn = (found: readonly Importance[], name: string) => found.find(({ variable }) => variable === name)

/** What must hold of any study, by its name: whether it does for a judge. */
const laws: { readonly [law: string]: (judge: Judge, seed: number) => boolean } = {
  'shares sum to 1'(judge, seed) {
    const found = judge(measured(three, sum, { n: 60, seed }))
    return Math.abs(found.reduce((total, { value }) => total + value, 0) - 1) < 1e-9
  },
  'no share is negative, and the largest goes first'(judge, seed) {
    const found = judge(measured(three, sum, { n: 60, seed })).map(({ value }) => value)
    return found.every((value, i) => value >= 0 && value <= (found[i - 1] ?? 1))
  },
  'a variable that does nothing has nothing'(judge, seed) {
    const wide = space({ x: unit, off: unit, none: choice(['a', 'b', 'c']) })
    const found = judge(measured(wide, ({ x }) => Math.sin(5 * (x as number)), { n: 100, seed }))
    return (valueIn(found, 'x')?.value as number) > 0.95
  },
  'direction, units and offset of the objective do not matter'(judge, seed) {
    const study = measured(three, sum, { n: 60, seed })
    const moved = study.finished.map((trial) => ({
      ...trial,
      values: { score: 5 - 100 * (trial.values.score as number) },
    }))
    const [one, other] = [judge(study), judge({ ...study, finished: moved })]
    return one.every(({ variable, value }) => Math.abs(value - (valueIn(other, variable)?.value as number)) < 0.02)
  },
  'the order of variables does not matter'(judge, seed) {
    const study = measured(three, sum, { n: 40, seed })
    const turned = judge({ ...study, space: space({ z: unit, x: unit, y: unit }) })
    return JSON.stringify(turned) === JSON.stringify(judge(study))
  },
  'where trials lie does not matter, only what the function does'(judge, seed) {
    // Nine in ten lie where x is small, as those of a sampler do that likes it there.
    const sample: typeof three.sample = (random) => {
      const config = three.sample(random)
      return random.next() < 0.9 ? { ...config, x: (config.x as number) / 20 } : config
    }
    const found = judge(measured({ ...three, sample }, sum, { n: 400, seed }))
    return (valueIn(found, 'x')?.value as number) > 0.45
  },
  'a conditional variable is judged where it is active'(judge, seed) {
    const found = judge(measured(conditional, halfHidden, { n: 300, seed }))
    const depth = valueIn(found, 'depth')
    // One half where it is active, which is a quarter of the space.
    return (depth?.effect as number) > 0.35 && (depth?.value as number) > 0.1 && (depth?.value as number) < 0.35
  },
}

/** The share of variance that the mean of each cell explains over the trials themselves, without a model. */
const byTrials: Judge = (study) => {
  const values = study.finished.map((trial) => trial.values.score as number)
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const shares = study.space.dimensions.map(({ name }) => {
    const cells = new Map<string, number[]>()
    for (const [i, { config }] of study.finished.entries()) {
      const value = config[name]
      const cell = typeof value === 'number' ? String(Math.floor(8 * value)) : String(value)
      cells.set(cell, [...(cells.get(cell) ?? []), values[i] as number])
    }
    return [...cells.values()].reduce(
      (sum, some) => sum + some.length * (some.reduce((a, b) => a + b, 0) / some.length - mean) ** 2,
      0,
    )
  })
  const all = shares.reduce((a, b) => a + b, 0)
  const found = study.space.dimensions.map(({ name }, d) => {
    const value = (shares[d] as number) / all
    return { variable: name, value, effect: value, trials: values.length }
  })
  return found.sort((a, b) => b.value - a.value)
}

const judged =
  (change: (found: Importance[], study: Measurements) => Importance[]): Judge =>
  (study) =>
    change(importanceOf(study, { trees: 32 }), study)

/** Bugs that are easily made, and the law that each breaks. */
const planted: { readonly [bug: string]: readonly [law: string, judge: Judge] } = {
  'shares are of the variance and not of each other': [
    'shares sum to 1',
    judged((found) => found.map((one) => ({ ...one, value: 0.9 * one.value }))),
  ],
  'the smallest goes first': [
    'no share is negative, and the largest goes first',
    judged((found) => found.toReversed()),
  ],
  'names are those of another order': [
    'a variable that does nothing has nothing',
    judged((found) => found.map((one, i) => ({ ...one, variable: found.at(i - 1)?.variable as string }))),
  ],
  'the draws of a forest go by position': [
    'the order of variables does not matter',
    judged((_, study) => importanceOf(study, { trees: 8, seed: study.space.dimensions[0]?.name.charCodeAt(0) ?? 0 })),
  ],
  'averages are over trials and not over the space': [
    'where trials lie does not matter, only what the function does',
    byTrials,
  ],
  'a conditional variable is judged as if it were always there': [
    'a conditional variable is judged where it is active',
    judged((_, { space: { dimensions }, ...study }) =>
      importanceOf(
        { ...study, space: { dimensions: dimensions.map((one) => ({ ...one, requires: [] })) } },
        { trees: 32 },
      ),
    ),
  ],
  'the logarithm is taken of what may not be': [
    'direction, units and offset of the objective do not matter',
    (study) =>
      importanceOf(study, { trees: 32, target: ({ values }) => Math.log(Math.max(1e-3, values.score as number)) }),
  ],
}

const seeds = [seededRandom('insight').int(1_000), 1]

describe(`laws of importance, seeds ${seeds}`, () => {
  for (const [law, holds] of Object.entries(laws)) {
    test(law, () => {
      for (const seed of seeds)
        expect(
          holds(
            judged((found) => found),
            seed,
          ),
        ).toBe(true)
    })
  }

  for (const [bug, [law, judge]] of Object.entries(planted)) {
    test(`would notice that ${bug}`, () => {
      expect(seeds.some((seed) => !laws[law]?.(judge, seed))).toBe(true)
    })
  }
})

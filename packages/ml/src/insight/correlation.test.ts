import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { space } from '../space/space.ts'
import { bool, choice, float } from '../space/variable.ts'
import { correlationOf } from './correlation.ts'
import { measured, unit } from './measured.fixture.ts'
import { correlationRatio, cramersV, spearman, spearmanInterval } from './rank-correlation.ts'

describe('spearman', () => {
  test('is what is published: ten IQs and hours of television', () => {
    const iq = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    const hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    expect(spearman(iq, hours)).toBeCloseTo(-29 / 165, 12)
  })

  test('is 1 for what grows together, and undefined for what never differs', () => {
    expect(spearman([1, 2, 3], [1, 10, 1000])).toBe(1)
    expect(spearman([1, 2, 3], [3, 2, 1])).toBe(-1)
    expect(spearman([1, 1, 1], [3, 2, 1])).toBeUndefined()
  })

  test('has an interval that covers 0 about as often as it says where there is nothing', () => {
    const random = seededRandom(3)
    let covered = 0
    for (let i = 0; i < 500; i++) {
      const draw = () => Array.from({ length: 25 }, () => random.next())
      const [low, high] = spearmanInterval(spearman(draw(), draw()) as number, 25)
      covered += Number(low <= 0 && 0 <= high)
    }
    expect(covered / 500).toBeGreaterThan(0.92)
    expect(spearmanInterval(1, 3)).toEqual([-1, 1])
    expect(spearmanInterval(1, 10)[0]).toBeGreaterThan(0.9)
  })
})

describe('associations of categories', () => {
  test('are near 0 by chance and 1 where one tells the other', () => {
    const random = seededRandom(8)
    const groups = Array.from({ length: 200 }, () => random.int(8))
    const noise = groups.map(() => random.next())
    expect(correlationRatio(groups, noise)).toBeLessThan(0.25)
    expect(correlationRatio(groups, groups)).toBeCloseTo(1, 9)
    expect(
      cramersV(
        groups,
        groups.map(() => random.int(3)),
      ),
    ).toBeLessThan(0.25)
    expect(
      cramersV(
        groups,
        groups.map((group) => 7 - group),
      ),
    ).toBeCloseTo(1, 9)
    expect(correlationRatio([0, 0, 0], [1, 2, 3])).toBeUndefined()
    expect(cramersV([0, 1, 0], [1, 1, 1])).toBeUndefined()
  })
})

describe('correlationOf', () => {
  const mixed = space({
    x: unit,
    kind: choice(['a', 'b', 'c']),
    on: bool(),
    deep: float({ min: 0, max: 1, when: { on: [true] } }),
  })
  const one = measured(mixed, ({ x, kind }) => (x as number) + (kind === 'b' ? 1 : 0), { n: 120 })
  const study = {
    ...one,
    objectives: [...one.objectives, { name: 'cost', direction: 'minimise' }] as const,
    finished: one.finished.map((trial) => {
      const cost = -3 * (trial.values.score as number) + Number(trial.config.on)
      return { ...trial, values: { ...trial.values, cost } }
    }),
  }
  const of = (a: string, b: string) => correlationOf(study).find(({ between }) => between[0] === a && between[1] === b)

  test('says what goes with what, each in its kind', () => {
    expect(of('x', 'score')).toMatchObject({ kind: 'rank', trials: 120 })
    expect(of('x', 'score')?.value).toBeGreaterThan(0.4)
    expect(of('kind', 'score')?.kind).toBe('ratio')
    expect(of('kind', 'score')?.value).toBeGreaterThan(0.7)
    expect(of('kind', 'score')?.ci95).toBeUndefined()
    expect(of('score', 'cost')?.value).toBeLessThan(-0.7)
    expect(of('on', 'cost')?.ci95?.[0]).toBeGreaterThan(0)
    expect(of('deep', 'score')?.trials).toBeLessThan(80)
    expect(correlationOf(study).length).toBe(9)
  })

  test('compares variables with each other where asked', () => {
    const all = correlationOf(study, { variables: true })
    // `deep` is there only where `on` is true, so that these two cannot be compared.
    expect(all.length).toBe(9 + 6 - 1)
    const twins = space({ p: choice(['a', 'b', 'c']), q: choice(['a', 'b', 'c']) })
    const same = measured(
      { ...twins, sample: (random) => twins.validate({ p: 'abc'[random.int(3)], q: 'a' }) },
      () => 1,
      { n: 60 },
    )
    const finished = same.finished.map((trial) => ({
      ...trial,
      config: { p: trial.config.p, q: trial.config.p } as never,
    }))
    expect(correlationOf({ ...same, finished }, { variables: true })).toEqual([
      { between: ['p', 'q'], kind: 'association', value: expect.closeTo(1, 9), trials: 60 },
    ])
  })

  test('leaves out what never differs, and takes no trials', () => {
    expect(correlationOf({ ...study, finished: [] })).toEqual([])
    expect(correlationOf({ ...study, finished: study.finished.slice(0, 1) })).toEqual([])
    expect(correlationOf(measured(mixed, () => 3, { n: 20 }))).toEqual([])
  })

  test('refuses values that are none, and more variables than it compares', () => {
    const broken = study.finished.map((trial) => ({ ...trial, values: { score: 1 } }))
    expect(() => correlationOf({ ...study, finished: broken })).toThrow('trial 0: cost: expected a finite number')
    const wide = (n: number) =>
      measured(space(Object.fromEntries(Array.from({ length: n }, (_, i) => [`v${i}`, unit]))), () => 1, { n: 3 })
    expect(correlationOf(wide(200), { variables: true }).length).toBeGreaterThan(19_000)
    expect(() => correlationOf(wide(201), { variables: true })).toThrow('at most 200 variables, got 201')
    expect(() => correlationOf(study, { variable: true } as never)).toThrow('did you mean "variables"')
  })
})

import { failingCases } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import type { PruneContext, Pruner, Report, ReportedTrial } from '../pruner.ts'
import { prunerContract } from '../testing/index.ts'
import { ashaPruner } from './asha.ts'
import { bracketShares, hyperbandPruner } from './hyperband.ts'
import { medianPruner } from './median.ts'
import { wilcoxonPruner } from './wilcoxon.ts'

describe.each([
  ['medianPruner', medianPruner],
  ['medianPruner with a warm-up', () => medianPruner({ startupTrials: 3, warmupSteps: 5 })],
  ['wilcoxonPruner', wilcoxonPruner],
  ['wilcoxonPruner that is eager', () => wilcoxonPruner({ pMax: 0.3 })],
  ['ashaPruner', ashaPruner],
  ['ashaPruner from 3 by 2', () => ashaPruner({ minResource: 3, reductionFactor: 2 })],
  ['hyperbandPruner', () => hyperbandPruner({ maxResource: 81 })],
])('%s keeps the contract', (_, make) => {
  for (const { name, run } of prunerContract(make)) test(name, run)
})

describe('the contract of pruners', () => {
  const broken =
    (decide: (rest: Pruner, reports: readonly Report[], context: PruneContext) => boolean) => (): Pruner => {
      const rest = medianPruner()
      return { name: 'broken', decide: (...all) => ({ prune: decide(rest, ...all), because: 'so' }) }
    }
  let calls = 0

  test.each([
    ['prunes everything', broken(() => true), 'goes on'],
    ['prunes nothing', broken(() => false), 'far behind'],
    [
      'ignores the direction',
      broken(
        (rest, reports, context) =>
          rest.decide(reports, { ...context, objective: { name: 'x', direction: 'minimise' } }).prune,
      ),
      'negative',
    ],
    [
      'prunes the other half',
      broken(
        (rest, reports, context) =>
          rest.decide(reports, { ...context, objective: { name: 'x', direction: 'maximise' } }).prune,
      ),
      'ahead',
    ],
    ['counts its calls', broken(() => calls++ % 7 === 6), 'same arguments'],
    [
      'prunes what is no better than the others',
      broken((_, reports, { others }) =>
        others.some(({ value }) => value !== undefined && value <= (reports.at(-1)?.value ?? 0)),
      ),
      'all equal',
    ],
    [
      'compares with failed trials',
      broken(
        (rest, reports, context) =>
          rest.decide(reports, {
            ...context,
            others: context.others.map((one) => ({ ...one, state: 'complete' as const, value: one.value ?? 0 })),
          }).prune,
      ),
      'failed ones only',
    ],
    [
      'sorts what it is given',
      broken((_, reports, { others }) => {
        ;(others as ReportedTrial[]).sort((a, b) => b.number - a.number)
        return (reports.at(-1)?.value ?? 0) > 5 && others.length > 50
      }),
      'stays as it is',
    ],
  ])('notices a pruner that %s', async (_, make, law) => {
    const failing = await failingCases(prunerContract(make))
    expect(failing.some((name) => name.includes(law))).toBe(true)
  })

  test('notices a pruner that gives no reason', async () => {
    const silent = () => ({ name: 'silent', decide: () => ({ prune: false, because: '' }) })
    expect(await failingCases(prunerContract(silent))).toContain('every decision says why')
  })
})

const objective = { name: 'loss', direction: 'minimise' } as const
const line = (values: readonly number[], first = 1): Report[] => values.map((value, i) => ({ step: first + i, value }))
const told = (number: number, values: readonly number[], first = 1): ReportedTrial => ({
  number,
  state: 'complete',
  value: values.reduce((sum, value) => sum + value, 0) / values.length,
  reports: line(values, first),
})

describe('medianPruner', () => {
  const others = [1, 2, 3, 4, 5].map((level, number) => told(number, [level, level, level]))
  const decide = (values: readonly number[], options = {}, seen = others) =>
    medianPruner(options).decide(line(values), { trial: 9, objective, others: seen })

  test('compares the best so far with the median of means so far', () => {
    expect(decide([3.1])).toEqual({
      prune: true,
      because: 'its best by step 1 is 3.1, the median of 5 trials 3',
    })
    expect(decide([3]).prune).toBe(false)
    expect(decide([2.9, 9, 9]).prune).toBe(false)
  })

  test('waits for startupTrials and warmupSteps, and not one more', () => {
    expect(decide([9], { startupTrials: 5 }).prune).toBe(true)
    expect(decide([9], { startupTrials: 6 }).prune).toBe(false)
    expect(decide([9, 9], { warmupSteps: 2 }).prune).toBe(true)
    expect(decide([9, 9], { warmupSteps: 3 }).prune).toBe(false)
  })
})

describe('wilcoxonPruner', () => {
  const incumbent = told(0, [1, 2, 3, 4, 5, 6])
  const decide = (reports: readonly Report[], options = {}) =>
    wilcoxonPruner(options).decide(reports, { trial: 9, objective, others: [incumbent, told(1, [9, 9, 9, 9, 9, 9])] })

  test('prunes on four worse examples, not on three', () => {
    expect(decide(line([1.1, 2.2, 3.3])).prune).toBe(false)
    expect(decide(line([1.1, 2.2, 3.3, 4.4]))).toEqual({
      prune: true,
      because: 'worse than trial 0 on 4 shared examples with p = 0.0625, limit 0.1',
    })
  })

  test('pairs by example, whatever the order and whatever else was seen', () => {
    const reports = [...line([4.4, 3.3], 3).reverse(), ...line([0, 0], 50)]
    const paired = [
      { step: 3, value: 3.3 },
      { step: 4, value: 4.4 },
    ]
    expect(decide(reports).because).toContain('2 shared')
    expect(decide(paired).because).toContain('2 shared')
    expect(decide(line([1.1])).because).toContain('2 needed')
  })

  test('never prunes while the mean is not worse', () => {
    expect(decide(line([1.1, 2.1, 3.1, 4.1, 5.1, 1]), { pMax: 1 }).prune).toBe(false)
  })
})

describe('ashaPruner', () => {
  const rung1 = [1, 2, 3, 4, 5, 6, 7].map((level, number) => told(number, [level, 0, 0, level]))
  const decide = (values: readonly number[], options = {}) =>
    ashaPruner(options).decide(line(values), { trial: 9, objective, others: rung1 })

  test('lets the best of each four go on', () => {
    expect(decide([2]).prune).toBe(false)
    expect(decide([2.5])).toEqual({ prune: true, because: 'rank 3 of 8 at rung 0 (resource 1), the best 2 go on' })
  })

  test('judges at rungs only', () => {
    expect(decide([2, 9]).prune).toBe(false)
    expect(decide([2, 9, 9]).prune).toBe(false)
    expect(decide([2, 0, 0, 9]).because).toContain('at rung 1 (resource 4)')
    expect(decide([2, 0, 0, 9]).prune).toBe(true)
    expect(decide([9], { minResource: 2 }).prune).toBe(false)
    expect(decide([0, 0, 0, 9], { maxResource: 3 }).prune).toBe(false)
  })

  test('keeps about a quarter of a rung, whatever the order', () => {
    const pruner = ashaPruner()
    const others: ReportedTrial[] = []
    let kept = 0
    for (let trial = 0; trial < 400; trial++) {
      const value = ((trial * 7919) % 400) / 400
      const { prune } = pruner.decide(line([value]), { trial, objective, others })
      if (!prune) kept++
      others.push({ number: trial, state: prune ? 'pruned' : 'complete', value: undefined, reports: line([value]) })
    }
    expect(kept).toBeGreaterThan(85)
    expect(kept).toBeLessThan(125)
  })
})

describe('hyperbandPruner', () => {
  test('has the brackets of the paper, the eager ones with more trials', () => {
    const shares = bracketShares(1, 81, 3)
    const sizes = [81, 34, 15, 8, 5]
    expect(shares.map((share) => Math.round(share * 143))).toEqual(sizes)
  })

  test('compares within a bracket', () => {
    const pruner = hyperbandPruner({ maxResource: 9 })
    const others = Array.from({ length: 60 }, (_, number) => told(number, new Array(9).fill(number)))
    const reasons = Array.from({ length: 12 }, (_, i) =>
      pruner.decide(line([5]), { trial: 60 + i, objective, others }).because.replace(/^.*, in/, 'in'),
    )
    expect(new Set(reasons)).toEqual(new Set(['in bracket 0', 'in bracket 1', 'in bracket 2']))
    const compared = new Map<string, number>()
    for (let trial = 60; trial < 72; trial++) {
      const { because } = pruner.decide(line([5], 9), { trial, objective, others })
      const [, count, bracket] = /of (\d+) at .* in bracket (\d)/.exec(because) ?? []
      compared.set(bracket ?? '', Number(count) - 1)
    }
    expect([...compared.values()].reduce((sum, count) => sum + count, 0)).toBe(60)
  })
})

test('impossible options are refused', () => {
  expect(() => medianPruner({ startupTrials: 0 })).toThrow('medianPruner: startupTrials: expected an integer from 1')
  expect(() => wilcoxonPruner({ pMax: 2 })).toThrow('wilcoxonPruner: pMax')
  expect(() => wilcoxonPruner({ pmax: 0.1 } as never)).toThrow('did you mean "pMax"?')
  expect(() => ashaPruner({ reductionFactor: 1 })).toThrow('ashaPruner: reductionFactor')
  expect(() => ashaPruner({ minResource: 4, maxResource: 3 })).toThrow('ashaPruner: maxResource')
  expect(() => hyperbandPruner({} as never)).toThrow('hyperbandPruner: maxResource')
  expect(() => hyperbandPruner({ minResource: 4, maxResource: 3 })).toThrow('hyperbandPruner: maxResource')
})

import { describe, expect, test } from 'vitest'
import { comparisons, hasParity, meansOf, type TunedRun } from './tuning-comparison.ts'

const runs = (tool: string, what: string, scores: readonly number[], purpose: TunedRun['purpose'] = 'comparison') =>
  scores.map((score, i): TunedRun => {
    return { task: 'clinc', tool, what, purpose, seed: i + 1, score, tuningCalls: 10, testCalls: 500 }
  })
const parity = [
  ...runs('mabeam', '16 demonstrations', [0.4, 0.5], 'parity'),
  ...runs('dspy', '16 demonstrations', [0.41, 0.51], 'parity'),
  ...runs('ax', '16 demonstrations', [0.42, 0.51], 'parity'),
]

describe('hasParity', () => {
  test('holds at one point of difference and not beyond', () => {
    expect(hasParity(parity, 'clinc', 'dspy')).toBe(true)
    expect(hasParity(parity, 'clinc', 'ax')).toBe(false)
  })

  test('holds for nobody who was not tried', () => {
    expect(hasParity(parity, 'triage', 'dspy')).toBe(false)
    expect(hasParity([], 'clinc', 'dspy')).toBe(false)
  })

  test('must hold in all that was tried', () => {
    const zero = [
      ...runs('mabeam', 'no demonstrations', [0.4], 'parity'),
      ...runs('dspy', 'no demonstrations', [0.3], 'parity'),
    ]
    expect(hasParity([...parity, ...zero], 'clinc', 'dspy')).toBe(false)
  })
})

describe('comparisons', () => {
  const ours = runs('mabeam', 'labeled', [0.5, 0.6, 0.7, 0.8])

  test('leave out peers without parity, and what only one did', () => {
    const all = [...parity, ...ours, ...runs('ax', 'labeled', [0, 0, 0, 0]), ...runs('dspy', 'other', [1, 1])]
    expect(comparisons(all)).toEqual([])
  })

  test('pair seeds, so that what is hard for both does not count', () => {
    const theirs = runs('dspy', 'labeled', [0.44, 0.55, 0.65, 0.74]).toReversed()
    const [found] = comparisons([...parity, ...ours, ...theirs])
    expect(found).toMatchObject({
      peer: 'dspy',
      what: 'labeled',
      seeds: 4,
      verdict: 'better',
      calls: 10,
      peerCalls: 10,
    })
    expect(found?.difference).toBeCloseTo(0.055, 9)
    expect(found?.low).toBeGreaterThan(0.04)
  })

  test('say worse where we are', () => {
    const theirs = runs('dspy', 'labeled', [0.56, 0.65, 0.75, 0.86])
    expect(comparisons([...parity, ...ours, ...theirs])[0]?.verdict).toBe('worse')
  })

  test('become careful with their number', () => {
    const theirs = runs('dspy', 'labeled', [0.4, 0.55, 0.64, 0.77])
    const alone = comparisons([...parity, ...ours, ...theirs])
    expect(alone[0]?.verdict).toBe('better')
    const others = Array.from({ length: 9 }, (_, i) => [
      ...runs('mabeam', `other ${i}`, [0.5, 0.6]),
      ...runs('dspy', `other ${i}`, [0.6, 0.5]),
    ])
    const among = comparisons([...parity, ...ours, ...theirs, ...others.flat()])
    expect(among[0]).toMatchObject({ verdict: 'no difference shown', difference: alone[0]?.difference })
    expect(among[0]?.low).toBeLessThan(alone[0]?.low as number)
    expect(among[0]?.p).toBeCloseTo(10 * (alone[0]?.p as number), 9)
  })

  test('tell nothing from one seed', () => {
    const [found] = comparisons([...parity, ...runs('mabeam', 'labeled', [0.9]), ...runs('dspy', 'labeled', [0.1])])
    expect(found).toMatchObject({ seeds: 1, low: null, high: null, p: 1, verdict: 'no difference shown' })
  })
})

test('means are by task, way and tool', () => {
  expect(meansOf(parity)[1]).toEqual({
    task: 'clinc',
    what: '16 demonstrations',
    tool: 'dspy',
    purpose: 'parity',
    seeds: 2,
    score: 0.45999999999999996,
    tuningCalls: 10,
    testCalls: 500,
  })
})

import { hasCode, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { chancesOfBest, rateAt } from './beta-posterior.ts'
import { type Conflict, findConflicts } from './claim.ts'
import { resolveConflict } from './resolution.ts'
import { newRecord, type ResolutionRecord, readRecord, recordOutcome } from './resolution-record.ts'
import { byLastWrite } from './strategies/last-write.ts'
import { byLearned, type LearnedOptions, learnedStandings } from './strategies/learned.ts'
import { byPriority } from './strategies/priority.ts'

const conflict = findConflicts([
  { kind: 'cell', subject: 'plan', by: 'a', value: 1, priority: 2, atMs: 1 },
  { kind: 'cell', subject: 'plan', by: 'b', value: 2, priority: 1, atMs: 2 },
])[0] as Conflict

function after(outcomes: readonly (readonly [strategy: string, score: number])[]): ResolutionRecord {
  return outcomes.reduce(
    (record, [strategy, score], atMs) => recordOutcome(record, { kind: 'cell', strategy, score, atMs }),
    newRecord(),
  )
}
const times = (count: number, strategy: string, score: number) =>
  Array.from({ length: count }, () => [strategy, score] as const)
const learned = (record: ResolutionRecord, more: Partial<LearnedOptions> = {}) =>
  byLearned({ strategies: [byPriority(), byLastWrite()], fallback: 'priority', record: () => record, ...more })

describe('byLearned', () => {
  test('knowing nothing it uses the declared fallback, and says how unsure it is', async () => {
    const resolution = await resolveConflict(conflict, [learned(newRecord())])
    expect(resolution).toMatchObject({ strategy: 'learned', used: 'priority', value: 1 })
    expect((resolution as { confidence: number }).confidence).toBeCloseTo(0.5, 3)
  })

  test('uses what did better once that is sure enough, and not before', async () => {
    const few = after([...times(2, 'last-write', 1), ...times(2, 'priority', 0)])
    const many = after([...times(10, 'last-write', 1), ...times(10, 'priority', 0)])
    expect(await resolveConflict(conflict, [learned(few, { confidenceMin: 0.99 })])).toMatchObject({ used: 'priority' })
    const resolution = await resolveConflict(conflict, [learned(many, { confidenceMin: 0.99 })])
    expect(resolution).toMatchObject({ used: 'last-write', value: 2 })
    expect((resolution as { confidence: number }).confidence).toBeGreaterThan(0.99)
  })

  test('what was learned of other kinds of conflicts says nothing of this one', async () => {
    const record = after(times(50, 'last-write', 1))
    const other = { ...conflict, kind: 'parameter' } as const
    expect(await resolveConflict(other, [learned(record)])).toMatchObject({ used: 'priority' })
  })

  test('where the strategy it has learned to use passes, the fallback is used', async () => {
    const record = after([...times(30, 'priority', 1), ...times(30, 'last-write', 0)])
    const equal = { ...conflict, claims: conflict.claims.map((claim) => ({ ...claim, priority: 1 })) }
    const strategy = learned(record, { fallback: 'last-write' })
    expect(await resolveConflict(conflict, [strategy])).toMatchObject({ used: 'priority' })
    expect(await resolveConflict(equal, [strategy])).toMatchObject({ used: 'last-write' })
  })

  test('with exploration it finds the better strategy of two from outcomes alone, and then keeps to it', async () => {
    for (let seed = 0; seed < 3; seed++) {
      const random = seededRandom(`learn ${seed}`)
      let record = newRecord()
      const strategy = byLearned({
        strategies: [byPriority(), byLastWrite()],
        fallback: 'priority',
        record: () => record,
        exploration: 0.3,
        random,
      })
      for (let atMs = 0; atMs < 400; atMs++) {
        const resolution = await resolveConflict(conflict, [strategy])
        if (resolution.type !== 'resolved') throw new Error('unresolved')
        const rate = resolution.used === 'last-write' ? 0.8 : 0.4
        const score = random.next() < rate ? 1 : 0
        record = recordOutcome(record, { kind: 'cell', strategy: resolution.used, score, atMs })
      }
      const [priority, lastWrite] = learnedStandings(record, 'cell', ['priority', 'last-write'])
      expect(lastWrite?.confidence).toBeGreaterThan(0.99)
      expect(lastWrite?.seen).toBeGreaterThan(priority?.seen ?? 0)
    }
  })

  test('a confidence of p is right in about p of the cases', () => {
    // Rates drawn from the prior itself: then a chance that is stated is a frequency.
    const random = seededRandom('calibration')
    let [stated, right] = [0, 0]
    const rounds = 800
    for (let round = 0; round < rounds; round++) {
      const rates = [random.next(), random.next()]
      const seen = rates.map((rate) => {
        const hits = Array.from({ length: 6 }, () => random.next()).filter((one) => one < rate).length
        return { hits, misses: 6 - hits }
      })
      const chances = chancesOfBest(seen)
      const best = (chances[0] as number) >= (chances[1] as number) ? 0 : 1
      stated += chances[best] as number
      right += (rates[best] as number) >= (rates[1 - best] as number) ? 1 : 0
    }
    expect(Math.abs(stated - right) / rounds).toBeLessThan(0.05)
  })

  test.each([
    ['one strategy', { strategies: [byPriority()] }, 'invalid-option'],
    ['two of one name', { strategies: [byPriority(), byPriority()] }, 'invalid-option'],
    ['a fallback that is not among them', { fallback: 'vote' }, 'unknown-name'],
    ['a confidence above 1', { confidenceMin: 1.1 }, 'invalid-option'],
    ['exploration without randomness', { exploration: 0.1 }, 'invalid-option'],
  ])('refuses %s', (_, more, code) => {
    let thrown: unknown
    try {
      learned(newRecord(), more)
    } catch (error) {
      thrown = error
    }
    expect(hasCode(thrown, `foundation/${code}`)).toBe(true)
  })
})

describe('chancesOfBest', () => {
  test('agrees with the closed form for two whole Betas', () => {
    for (const [hits, misses, hits2, misses2] of [
      [0, 0, 0, 0],
      [3, 1, 1, 3],
      [10, 2, 7, 5],
      [40, 60, 50, 50],
    ] as const) {
      const [first] = chancesOfBest([
        { hits, misses },
        { hits: hits2, misses: misses2 },
      ])
      expect(first).toBeCloseTo(1 - chanceSecondWins([hits + 1, misses + 1], [hits2 + 1, misses2 + 1]), 3)
    }
  })

  test('chances sum to 1, also of twenty', () => {
    const rates = Array.from({ length: 20 }, (_, at) => ({ hits: at, misses: 20 - at }))
    expect(chancesOfBest(rates).reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9)
  })

  test('quantiles grow with the chance and lie in [0, 1]', () => {
    const at = [0, 0.1, 0.5, 0.9, 1].map((chance) => rateAt({ hits: 3, misses: 7 }, chance))
    expect(at).toEqual(at.toSorted((a, b) => a - b))
    expect(at[0]).toBeGreaterThanOrEqual(0)
    expect(at[4]).toBeLessThanOrEqual(1)
    expect(at[2]).toBeCloseTo(0.324, 2)
  })
})

describe('a record of resolutions', () => {
  test('survives being stored as JSON', () => {
    const record = after(times(3, 'priority', 0.5))
    expect(readRecord(JSON.parse(JSON.stringify(record)))).toEqual(record)
  })

  test('keeps as many outcomes as it may, and forgets the oldest beyond', () => {
    let record = newRecord({ outcomesMax: 2 })
    for (let atMs = 0; atMs < 3; atMs++) record = recordOutcome(record, { kind: 'cell', strategy: 's', score: 1, atMs })
    expect(record.outcomes.map(({ atMs }) => atMs)).toEqual([1, 2])
  })

  test.each([
    ['nothing', null],
    ['another version', { version: 2, outcomesMax: 1, outcomes: [] }],
    ['a score above 1', { version: 1, outcomesMax: 1, outcomes: [{ kind: 'cell', strategy: 's', score: 2, atMs: 0 }] }],
    [
      'more than it may hold',
      { version: 1, outcomesMax: 1, outcomes: [1, 2].map((atMs) => ({ kind: 'cell', strategy: 's', score: 1, atMs })) },
    ],
  ])('is not read from %s', (_, stored) => {
    expect(() => readRecord(stored)).toThrow(/expected what newRecord/)
  })

  test('an outcome that is none is refused', () => {
    for (const score of [Number.NaN, -1, 1.5]) {
      expect(() => recordOutcome(newRecord(), { kind: 'cell', strategy: 's', score, atMs: 0 })).toThrow(
        'expected an outcome',
      )
    }
    expect(() => newRecord({ outcomesMax: 0 })).toThrow('outcomesMax')
  })
})

/** P(X2 > X1) for whole parameters. Source: Miller, Formulas for Bayesian A/B testing, 2015. */
function chanceSecondWins([a1, b1]: readonly [number, number], [a2, b2]: readonly [number, number]): number {
  let sum = 0
  for (let i = 0; i < a2; i++) {
    sum += Math.exp(logBeta(a1 + i, b2 + b1) - Math.log(b2 + i) - logBeta(1 + i, b2) - logBeta(a1, b1))
  }
  return sum
}

function logBeta(a: number, b: number): number {
  return logFactorial(a - 1) + logFactorial(b - 1) - logFactorial(a + b - 1)
}

function logFactorial(n: number): number {
  let sum = 0
  for (let k = 2; k <= n; k++) sum += Math.log(k)
  return sum
}

import { describe, expect, test } from 'vitest'
import { type TeleprompterRun, teleprompterResult } from './teleprompter-claims.ts'

const runs = (teleprompter: string, scores: readonly number[]) =>
  scores.map((testScore, i): TeleprompterRun => {
    return { task: 'clinc', teleprompter, seed: i + 1, model: 'embedded', testScore, calls: 100 + i }
  })
const search = runs('randomSearch', [0.4, 0.5, 0.45, 0.42, 0.48])
const shifted = (name: string, by: number) =>
  runs(
    name,
    search.map(({ testScore }, i) => testScore + by + (i % 2 === 0 ? 0.004 : -0.004)),
  )

function rowOf(all: readonly TeleprompterRun[], name: string) {
  return teleprompterResult(all).rows?.find(({ teleprompter }) => teleprompter === name)
}

describe('teleprompterResult', () => {
  test('gives means by teleprompter to people and runs by seed to programs', () => {
    const { rows, bySeed, runs: seeds } = teleprompterResult([...search, ...shifted('beacon', 0.1)])
    expect(rows).toHaveLength(2)
    expect(bySeed).toHaveLength(10)
    expect(seeds).toBe(5)
    expect(rows?.[1]).toMatchObject({ teleprompter: 'beacon', calls: 102, claim: 'above' })
    expect(rows?.[1]?.overRandomSearch).toBeCloseTo(0.1008, 9)
  })

  test('each claim is tested on its own side', () => {
    expect(rowOf([...search, ...shifted('labeled', -0.05)], 'labeled')?.p).toBeLessThan(0.001)
    expect(rowOf([...search, ...shifted('labeled', 0.05)], 'labeled')?.p).toBeGreaterThan(0.999)
    expect(rowOf([...search, ...shifted('beacon', 0.05)], 'beacon')?.p).toBeLessThan(0.001)
    expect(rowOf([...search, ...shifted('beacon', -0.05)], 'beacon')?.p).toBeGreaterThan(0.999)
  })

  test('the others may be below by less than the margin', () => {
    expect(rowOf([...search, ...shifted('gepa', -0.001)], 'gepa')?.p).toBeLessThan(0.01)
    expect(rowOf([...search, ...shifted('gepa', -0.02)], 'gepa')?.p).toBeGreaterThan(0.95)
  })

  test('p values are corrected for the number of claims, and what claims nothing has none', () => {
    const alone = rowOf([...search, ...shifted('labeled', -0.006)], 'labeled')?.p as number
    const all = [...search, ...shifted('labeled', -0.006), ...shifted('bootstrap', -0.2), ...shifted('beacon', 0.2)]
    expect(rowOf(all, 'bootstrap')?.p).toBeNull()
    expect(rowOf(all, 'randomSearch')).toMatchObject({ p: null, overRandomSearch: 0 })
    expect(rowOf([...all, ...shifted('copro', -0.1)], 'labeled')?.p).toBeCloseTo(2 * alone, 9)
  })

  test('metrics hold the weakest of each claim', () => {
    const all = [...search, ...shifted('labeled', -0.1), ...shifted('gepa', 0.1), ...shifted('copro', -0.05)]
    const { metrics } = teleprompterResult(all)
    expect(metrics['clinc.othersOverRandomSearchMin']).toBeCloseTo(-0.0492, 9)
    expect(metrics['clinc.othersOverRandomSearchMinP']).toBeGreaterThan(0.95)
    expect(metrics['clinc.labeledOverRandomSearchP']).toBeLessThan(0.001)
  })
})

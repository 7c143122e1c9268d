import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { holm } from './holm.ts'

/** The share of families of ten tests of nothing with a false alarm. */
function familyAlarms(judge: (pValues: readonly number[]) => readonly boolean[]): number {
  const random = seededRandom(31)
  let alarmed = 0
  for (let i = 0; i < 2_000; i++) {
    alarmed += Number(judge(Array.from({ length: 10 }, () => random.next())).includes(true))
  }
  return alarmed / 2_000
}

describe('holm', () => {
  test('is what R says: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")', () => {
    const found = holm([0.03, 0.01, 0.05, 0.02, 0.04])
    const expected = [0.09, 0.05, 0.09, 0.08, 0.09]
    for (const [i, { adjusted }] of found.entries()) expect(adjusted).toBeCloseTo(expected[i] as number, 12)
    expect(found.map(({ significant }) => significant)).toEqual([false, true, false, false, false])
  })

  test('keeps the chance of any false alarm at alpha, where tests by themselves have it at 40 %', () => {
    expect(familyAlarms((ps) => holm(ps).map(({ significant }) => significant))).toBeLessThan(0.06)
    expect(familyAlarms((ps) => ps.map((p) => p <= 0.05))).toBeGreaterThan(0.35)
  })

  test('keeps the order, never helps, and finds at least what Bonferroni finds', () => {
    const random = seededRandom(5)
    for (let i = 0; i < 100; i++) {
      const ps = Array.from({ length: 1 + random.int(20) }, () => random.next() ** 3)
      for (const { p, adjusted } of holm(ps)) {
        expect(adjusted).toBeGreaterThanOrEqual(p)
        expect(adjusted).toBeLessThanOrEqual(Math.min(1, p * ps.length))
      }
    }
  })

  test('takes none, and refuses what is no probability', () => {
    expect(holm([])).toEqual([])
    expect(holm([0.05]).map(({ significant }) => significant)).toEqual([true])
    for (const p of [-0.1, 1.1, Number.NaN]) expect(() => holm([0.5, p])).toThrow('holm: [1]: expected a number from 0')
    for (const p of [null, '0.1'] as never[])
      expect(() => holm([0.5, p])).toThrow('holm: [1]: expected a number from 0')
    expect(() => holm(undefined as never)).toThrow('holm: expected a list of p values')
    expect(() => holm([0.5], { alpha: 2 })).toThrow('holm: alpha')
  })
})

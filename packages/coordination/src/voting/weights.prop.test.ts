import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { brierLoss, calibrationOf } from './brier-score.ts'
import { effectiveCount } from './model-families.ts'
import { votingArithmetic } from './planted-miscounts.fixture.ts'
import type { Law } from './voting-laws.fixture.ts'
import { cappedWeights } from './weight-caps.ts'
import {
  absentKeepTheirShare,
  capsByDefinition,
  driftRegret,
  familiesByDefinition,
  hedgeRegret,
  logOddsDecideBest,
} from './weight-laws.fixture.ts'

const laws: { readonly [sentence: string]: readonly [law: Law, times: number] } = {
  'caps keep the sum, and stretch alike all that are below': [capsByDefinition, 2_000],
  'a family weighs as much as its effective number': [familiesByDefinition, 500],
  'the regret of Hedge is within its bound': [hedgeRegret, 300],
  'with a drift the regret against a change of experts is within its bound': [driftRegret, 200],
  'who says nothing keeps its share': [absentKeepTheirShare, 500],
  'with log-odds weights the heavier side is the likelier one': [logOddsDecideBest, 300],
}

describe('weights', () => {
  for (const [sentence, [law, times]] of Object.entries(laws)) {
    test(sentence, () => {
      for (let seed = 0; seed < times; seed++) {
        expect(law(votingArithmetic, seededRandom(`${sentence} ${seed}`)), `seed ${seed}`).toBeUndefined()
      }
    })
  }

  test('one pass of clipping would not do', () => {
    expect(cappedWeights([6, 2, 1, 1], 0.4)).toEqual([4, 3, 1.5, 1.5])
    const [first, second] = cappedWeights([90, 6, 2, 1, 1], 0.3)
    expect([first, second]).toEqual([30, 30])
    expect(() => cappedWeights([1], 0)).toThrow('shareMax: expected a share above 0 up to 1, got 0')
    expect(() => cappedWeights([1], Number.NaN)).toThrow('shareMax')
    expect(cappedWeights([0, 0], 0.5)).toEqual([0, 0])
    expect(cappedWeights([1e308, 1e308, 1e308], 0.5)).toEqual([1e308, 1e308, 1e308])
  })

  test('effective numbers fall from all to one as errors correlate', () => {
    const random = seededRandom('effective')
    for (let at = 0; at < 300; at++) {
      const [count, low] = [1 + random.int(50), random.next()]
      const high = low + (1 - low) * random.next()
      expect(effectiveCount(count, high)).toBeLessThanOrEqual(effectiveCount(count, low))
      expect(effectiveCount(count, high)).toBeGreaterThanOrEqual(1)
      expect(effectiveCount(count, 0)).toBe(count)
    }
    expect(() => effectiveCount(3, Number.NaN)).toThrow('correlation')
    expect(() => effectiveCount(3, -0.1)).toThrow('correlation')
  })

  test('to say what one believes costs least, on average', () => {
    for (let truth = 0; truth <= 100; truth += 5) {
      const expected = (said: number) => {
        const confidence = said / 100
        const right = brierLoss({ confidence, isRight: true })
        return (truth / 100) * right + (1 - truth / 100) * brierLoss({ confidence, isRight: false })
      }
      for (let said = 0; said <= 100; said++) {
        if (said !== truth) expect(expected(said)).toBeGreaterThan(expected(truth))
      }
    }
    for (const confidence of [Number.NaN, -0.1, 1.1]) {
      expect(() => brierLoss({ confidence, isRight: true })).toThrow('confidence: expected a number from 0 to 1')
    }
  })

  test('the parts of a Brier score make it up', () => {
    const random = seededRandom('murphy')
    expect(calibrationOf([])).toBeUndefined()
    for (let at = 0; at < 200; at++) {
      const forecasts = Array.from({ length: 1 + random.int(30) }, () => {
        return { confidence: random.int(11) / 10, isRight: random.int(2) === 0 }
      })
      const { brier = -1, reliability = 0, resolution = 0, uncertainty = 0 } = calibrationOf(forecasts) ?? {}
      expect(reliability - resolution + uncertainty).toBeCloseTo(brier, 10)
      expect(Math.min(brier, reliability, resolution, uncertainty)).toBeGreaterThanOrEqual(0)
    }
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { repeatedOutcome } from './repeated-outcome.ts'
import { checkOutcome } from './trial-outcome.ts'

const scores = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 20 })
const wanted = { objectives: [{ name: 'score' }], limits: [] }

test('a mean of measurements lies among them, can be kept, and is as sure as their spread says', () => {
  fc.assert(
    fc.property(scores, (measured) => {
      const outcome = repeatedOutcome(measured.map((score) => ({ values: { score } })))
      const slack = 1e-9 * (1 + Math.max(...measured.map(Math.abs)))
      expect(outcome.values.score).toBeGreaterThanOrEqual(Math.min(...measured) - slack)
      expect(outcome.values.score).toBeLessThanOrEqual(Math.max(...measured) + slack)
      const error = outcome.repeated?.standardErrors.score as number
      expect(error).toBeGreaterThanOrEqual(0)
      expect(error).toBeLessThanOrEqual((Math.max(...measured) - Math.min(...measured)) / Math.SQRT2 + slack)
      expect(() => checkOutcome(0, wanted, outcome)).not.toThrow()
    }),
  )
})

test('measurements twice over have the same mean and are surer by more than the root of two', () => {
  fc.assert(
    fc.property(scores, (measured) => {
      const of = (list: readonly number[]) => repeatedOutcome(list.map((score) => ({ values: { score } })))
      const [once, twice] = [of(measured), of([...measured, ...measured])]
      const slack = 1e-9 * (1 + Math.max(...measured.map(Math.abs)))
      expect(Math.abs((once.values.score as number) - (twice.values.score as number))).toBeLessThanOrEqual(slack)
      const [before, after] = [once, twice].map((one) => one.repeated?.standardErrors.score as number)
      expect(after as number).toBeLessThanOrEqual((before as number) / Math.SQRT2 + slack)
    }),
  )
})

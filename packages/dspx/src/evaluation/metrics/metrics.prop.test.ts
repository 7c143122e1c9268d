import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compositeMetric } from './composite.ts'
import { exactMatch } from './exact-match.ts'
import { tokenF1 } from './token-f1.ts'

const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null))
const metrics = [
  exactMatch('a', 'b'),
  tokenF1('a'),
  compositeMetric([
    { metric: exactMatch('b'), weight: 3 },
    { metric: tokenF1('a'), weight: 0.7 },
  ]),
]

describe('every metric', () => {
  test('stays between 0 and 1, whatever is answered', async () => {
    await fc.assert(
      fc.asyncProperty(value, value, value, value, async (a, b, answerA, answerB) => {
        const example = { id: 'x', inputs: {}, outputs: { a, b } }
        for (const metric of metrics) {
          const score = await metric.score(example, { a: answerA, b: answerB })
          expect(score).toBeGreaterThanOrEqual(0)
          expect(score).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  test('gives 1 to the label itself', async () => {
    await fc.assert(
      fc.asyncProperty(value, value, async (a, b) => {
        const example = { id: 'x', inputs: {}, outputs: { a, b } }
        for (const metric of metrics) expect(await metric.score(example, { a, b })).toBeCloseTo(1, 12)
      }),
    )
  })

  test('tokenF1 is the same with label and answer exchanged', () => {
    fc.assert(
      fc.property(fc.lorem(), fc.lorem(), (a, b) => {
        const score = (label: string, answer: string) =>
          tokenF1('a').score({ id: 'x', inputs: {}, outputs: { a: label } }, { a: answer })
        expect(score(a, b)).toBe(score(b, a))
      }),
    )
  })
})

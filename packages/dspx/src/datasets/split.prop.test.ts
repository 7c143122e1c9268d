import { seededRandom } from '@mabeam/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Example } from './example.ts'
import { sampleExamples, splitDataset } from './split.ts'

/** Rows of a few labels; some texts are written twice. */
const rows = fc
  .array(fc.record({ text: fc.nat(200), label: fc.constantFrom('a', 'b', 'c') }), { minLength: 1, maxLength: 200 })
  .map((given): Example[] =>
    given.map(({ text, label }, i) => ({ id: `r${i}`, inputs: { text: `t${text}` }, outputs: { label } })),
  )
const shares = fc
  .tuple(fc.nat(10), fc.nat(10), fc.nat(10))
  .filter(([a, b, c]) => a + b + c > 0)
  .map(([a, b, c]) => ({ train: a / (a + b + c + 1), validation: b / (a + b + c + 1), test: c / (a + b + c + 1) }))

describe('splitDataset', () => {
  test('puts no row into two parts, and no equal inputs either', () => {
    fc.assert(
      fc.property(rows, shares, fc.nat(), (examples, parts, seed) => {
        const split = splitDataset(examples, { ...parts, seed, stratifyBy: 'label' })
        const partsOf = [split.train, split.validation, split.test]
        const ids = partsOf.flatMap((part) => part.map(({ id }) => id))
        expect(new Set(ids).size).toBe(ids.length)
        const texts = partsOf.map((part) => new Set(part.map(({ inputs }) => inputs.text)))
        for (const [i, one] of texts.entries()) {
          for (const other of texts.slice(i + 1)) expect([...one].filter((text) => other.has(text))).toEqual([])
        }
      }),
    )
  })

  test('gives the same parts for the same seed', () => {
    fc.assert(
      fc.property(rows, fc.nat(), (examples, seed) => {
        const options = { train: 0.5, validation: 0.2, test: 0, seed, stratifyBy: 'label' }
        expect(splitDataset(examples, options)).toEqual(splitDataset(examples, options))
      }),
    )
  })

  test('gives every part each label in its share, within the rounding of a few rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
        shares,
        fc.nat(),
        (sizes, parts, seed) => {
          const examples = sizes.flatMap((size, label) =>
            Array.from(
              { length: size },
              (_, i): Example => ({
                id: `${label}/${i}`,
                inputs: { text: `${label}/${i}` },
                outputs: { label: `l${label}` },
              }),
            ),
          )
          const split = splitDataset(examples, { ...parts, seed, stratifyBy: 'label' })
          for (const part of ['train', 'validation', 'test'] as const) {
            for (const [label, size] of sizes.entries()) {
              const got = split[part].filter(({ outputs }) => outputs.label === `l${label}`).length
              const slack = 2 + (2 * sizes.length * size) / examples.length
              expect(Math.abs(got - size * parts[part])).toBeLessThanOrEqual(slack)
            }
          }
        },
      ),
    )
  })
})

describe('sampleExamples', () => {
  test('draws that many distinct rows, or all of them', () => {
    fc.assert(
      fc.property(rows, fc.nat(250), fc.nat(), (examples, count, seed) => {
        const drawn = sampleExamples(examples, count, { random: seededRandom(seed), stratifyBy: 'label' })
        expect(drawn).toHaveLength(Math.min(count, examples.length))
        expect(new Set(drawn).size).toBe(drawn.length)
      }),
    )
  })
})

import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Demo, signature, type Values } from '../signatures/signature.ts'
import { demoChoice, nearestDemos } from './demo-choice.ts'

const asked = signature('text -> n: int')
const demosOf = (texts: readonly string[]) => texts.map((text, n): Demo => ({ inputs: { text }, outputs: { n } }))

interface Case {
  readonly texts: readonly string[]
  readonly nearness: readonly number[]
  readonly text: string
  readonly count: number
}

// few texts and few values: equals and the question itself are common
const text = fc.constantFrom('a', 'b', 'c', 'd', 'e f')
const cases: fc.Arbitrary<Case> = fc
  .array(fc.record({ text, near: fc.constantFrom(0, 0.25, 0.5, 1) }), { maxLength: 12 })
  .chain((rows) =>
    fc.record({
      texts: fc.constant(rows.map((row) => row.text)),
      nearness: fc.constant(rows.map((row) => row.near)),
      text,
      count: fc.nat(14),
    }),
  )

type Choose = (one: Case) => readonly number[]

/** By sorting all: what choosing must give. */
const sorted: Choose = ({ texts, nearness, text: question, count }) =>
  [...texts.keys()]
    .filter((at) => texts[at] !== question)
    .sort((a, b) => (nearness[b] as number) - (nearness[a] as number) || a - b)
    .slice(0, count)

const ours: Choose = ({ texts, nearness, text: question, count }) =>
  demoChoice(asked, demosOf(texts))
    .choose(nearness, { inputs: { text: question }, count })
    .map(({ outputs }) => outputs.n as number)

const law = (choose: Choose) =>
  fc.property(cases, (one) => {
    expect([...choose(one)]).toEqual([...sorted(one)])
  })

describe('demoChoice', () => {
  test('gives the most near, the nearest first, of equals the earlier, and never the question itself', () => {
    fc.assert(law(ours), { numRuns: 500 })
  })

  test.each<[string, Choose]>([
    ['shows the question itself', (one) => ours({ ...one, text: 'another' })],
    [
      'prefers the later of equals',
      (one) => {
        const { texts, nearness } = one
        const last = texts.length - 1
        return ours({ ...one, texts: [...texts].reverse(), nearness: [...nearness].reverse() }).map((at) => last - at)
      },
    ],
    ['shows one too many', (one) => ours({ ...one, count: one.count + 1 })],
    [
      'leaves the question out after it has chosen',
      (one) => ours({ ...one, text: 'another' }).filter((at) => one.texts[at] !== one.text),
    ],
    ['puts the nearest last', (one) => [...ours(one)].reverse()],
  ])('a choice that %s breaks that law', (_, wrong) => {
    expect(fc.check(law(wrong), { numRuns: 500 }).failed).toBe(true)
  })
})

test('demonstrations that are chosen are of the pool, each once, whatever is asked', () => {
  const anything = fc.string({ unit: 'grapheme', maxLength: 12 })
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 8 }), anything, fc.nat(10), (texts, question, count) => {
      const demos = demosOf(texts)
      const inputs: Values = { text: question }
      const found = nearestDemos(asked, { demos, count }, inputs)
      expect(found).toHaveLength(Math.min(count, texts.filter((one) => one !== question).length))
      expect(new Set(found).size).toBe(found.length)
      expect(found.every((one) => demos.includes(one) && !isDeepStrictEqual(one.inputs, inputs))).toBe(true)
    }),
    { numRuns: 300 },
  )
})

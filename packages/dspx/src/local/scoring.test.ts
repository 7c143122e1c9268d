import { describe, expect, test } from 'vitest'
import { ContextIndex } from './context-index.ts'
import { InstructionLesson, type TaughtValues } from './instruction-lesson.ts'
import { Lexicon } from './lexicon.ts'
import type { OutputField } from './output-fields.ts'
import { argmax } from './sampling.ts'
import { LabelScorer } from './scoring.ts'
import { ShownTexts } from './shown-texts.ts'
import { localSizes } from './sizes.ts'

const values = ['billing', 'technical']

function scorer({ shown = [], hints = [[], []] }: { shown?: [string, number?][]; hints?: string[][] }) {
  const lexicon = new Lexicon(localSizes.small.features)
  const field: OutputField = { name: 'team', kind: 'label', values, description: '' }
  const said = hints.flatMap((lists, i) => lists.map((words) => `${values[i]}: ${words}`))
  const lesson = new InstructionLesson(lexicon, [field], said.join('\n'))
  const read = shown.map(([text]) => lexicon.text(text))
  const index = new ContextIndex(lesson, read)
  const made = new LabelScorer(index, {
    taught: lesson.about([field])?.get(field) as TaughtValues,
    texts: new ShownTexts(
      index,
      read.map((one) => index.read(one)),
    ),
    shown: shown.flatMap(([, value], at) => (value === undefined ? [] : [{ at, value }])),
  })
  return (text: string) => made.score(index.read(lexicon.text(text)))
}

describe('LabelScorer', () => {
  test("a value's own name points to it", () => {
    expect(argmax(scorer({})('a technical question'))).toBe(1)
  })

  test('a word that stands near every value points to none', () => {
    const scores = scorer({ hints: [['urgent refund'], ['urgent crash']] })('urgent')
    expect(scores[0]).toBeCloseTo(scores[1] as number)
  })

  test('demonstrations correct a misleading hint', () => {
    const hints = [['crash'], []]
    expect(argmax(scorer({ hints })('the crash'))).toBe(0)
    const shown: [string, number][] = [
      ['a crash today', 1],
      ['the crash again', 1],
      ['crash, help me', 1],
      ['my money please', 0],
      ['the money was taken', 0],
      ['money for nothing', 0],
    ]
    expect(argmax(scorer({ hints, shown })('again a crash'))).toBe(1)
  })

  test('a demonstration without a value says nothing of its words', () => {
    const shown: [string, number?][] = [['the refund'], ['a refund', 0], ['the crash', 1], ['the crash']]
    const scores = scorer({ shown })
    expect(argmax(scores('refund'))).toBe(0)
    expect(argmax(scores('crash'))).toBe(1)
    expect([...scorer({ shown: [['refund'], ['crash']] })('refund')]).toEqual([0, 0])
  })

  test('a word that stands near two values speaks for each half as loudly, and what is said sums to nothing', () => {
    const [one = 0, two = 0] = scorer({ hints: [['refund'], []] })('refund')
    expect(one).toBeCloseTo(0.35 / 2)
    expect(one + two).toBeCloseTo(0)
    const shared = scorer({ hints: [['refund'], ['refund']] })('refund')
    expect([...shared]).toEqual([0, 0])
  })

  test('an unknown text scores about the same everywhere', () => {
    const scores = scorer({
      shown: [
        ['charged twice', 0],
        ['app crashes', 1],
      ],
    })('zebra')
    expect(Math.abs((scores[0] as number) - (scores[1] as number))).toBeLessThan(1e-9)
  })
})

import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Prompt } from '../models/language-model.ts'
import { Lexicon } from './lexicon.ts'
import { LocalReader } from './local-reader.ts'
import { PromptMemory, readingsMax } from './prompt-memory.ts'
import { type LocalSize, localSizes } from './sizes.ts'

const words =
  'refund invoice charged twice app crashes screen blank quote seats price login password the my is a'.split(' ')
const values = ['billing', 'technical', 'sales']
const instructions = [
  'The team is one of: billing, technical, sales.\nWords that point to "billing": refund, invoice\nsummary: text',
  'The team is one of: billing, technical, sales.\nWords that point to "sales": quote; summary: text',
]

/** Prompts that share instructions and demonstrations, as those that show each question its nearest ones do. */
function promptsOf(seed: number, count: number): Prompt[] {
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]) => from[random.int(from.length)] as T
  const text = (size: number) => Array.from({ length: size }, () => pick(words)).join(' ')
  const said = (role: 'user' | 'assistant', line: string) => ({
    role,
    content: [{ type: 'text' as const, text: line }],
  })
  const inputs = Array.from({ length: 12 }, () => text(6))
  const fields = ['team', 'reasoning, team', 'team, summary']
  return Array.from({ length: count }, () => {
    const shown = Array.from({ length: random.int(6) }, () => {
      const input = pick(inputs)
      const answer = `[[ ## team ## ]]\n${pick(values)}\n\n[[ ## summary ## ]]\n${input.split(' ')[1]}`
      return [said('user', `[[ ## text ## ]]\n${input}`), said('assistant', answer)]
    })
    const asked = pick(fields)
      .split(', ')
      .map((name) => `\`[[ ## ${name} ## ]]\``)
    const question = `[[ ## text ## ]]\n${pick(inputs)} ${text(2)}x\n\nRespond with ${asked.join(' and ')}.`
    return [{ role: 'system', content: pick(instructions) }, ...shown.flat(), said('user', question)]
  })
}

const reader = (size: LocalSize, more: { prefixesMax?: number; lexiconMax?: number } = {}) =>
  new LocalReader(localSizes[size], { random: seededRandom(1), prefixesMax: 4, ...more })

describe('what a model remembers', () => {
  test.each(Object.keys(localSizes) as LocalSize[])(
    'changes no answer of %s, also where it is full after each prompt',
    (size) => {
      const prompts = promptsOf(3, 60)
      const warm = reader(size)
      const full = reader(size, { lexiconMax: 1, prefixesMax: 1 })
      const nearlyFull = reader(size, { lexiconMax: 150 })
      for (const prompt of prompts) {
        const answer = reader(size).complete({ prompt })
        expect(warm.complete({ prompt })).toEqual(answer)
        expect(full.complete({ prompt })).toEqual(answer)
        expect(nearlyFull.complete({ prompt })).toEqual(answer)
      }
    },
  )

  test('of features stops at its limit with what comes past it, which is absent from then on', () => {
    const lexicon = new Lexicon(localSizes.small.features, 10)
    lexicon.word('refunds')
    lexicon.settle()
    expect(lexicon.isOpen).toBe(true)
    for (let i = 0; i < 20; i++) lexicon.word(`word${i}`)
    expect(lexicon.isOpen).toBe(true)
    lexicon.settle()
    expect(lexicon.isOpen).toBe(false)
    const { size } = lexicon
    const read = lexicon.text('refund another word1')
    expect(lexicon.size).toBe(size)
    expect(read.ids).toHaveLength(2)
    expect(read.absentPairs).toBe(2)
    expect(lexicon.cues.of('another text', read.standing)).toContain(-1)
  })

  test('of one text is as many readings as its limit, and begins anew past it', () => {
    const { fields } = new PromptMemory()
    let made = 0
    const recall = (key: number) =>
      fields.recall('text', `${key}`, () => {
        made++
        return []
      })
    for (let key = 0; key < readingsMax; key++) recall(key)
    recall(0)
    expect(made).toBe(readingsMax)
    recall(readingsMax)
    recall(0)
    expect(made).toBe(readingsMax + 2)
  })
})

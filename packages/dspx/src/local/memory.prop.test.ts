import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { Lexicon } from './lexicon.ts'
import { LocalReader } from './local-reader.ts'
import { PromptMemory, readingsMax } from './prompt-memory.ts'
import { sharedPrompts } from './shared-prompts.fixture.ts'
import { type LocalSize, localSizes } from './sizes.ts'

const reader = (size: LocalSize, more: { prefixesMax?: number; lexiconMax?: number } = {}) =>
  new LocalReader(localSizes[size], { random: seededRandom(1), prefixesMax: 4, ...more })

describe('what a model remembers', () => {
  test.each(Object.keys(localSizes) as LocalSize[])(
    'changes no answer of %s, also where it is full after each prompt',
    (size) => {
      const prompts = sharedPrompts(3, 60)
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

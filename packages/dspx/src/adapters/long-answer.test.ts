/** Answers that are long or many pieces: bounded work, whatever they hold. Nothing here looks at a clock but the runner. */

import { describe, expect, test } from 'vitest'
import { signature } from '../signatures/signature.ts'
import type { Adapter } from './adapter.ts'
import { answerCharsMax, repairsMax } from './answer-reader.ts'
import { chatAdapter } from './chat.ts'
import { jsonAdapter } from './json.ts'
import { mendedCharsMax } from './loose-json.ts'
import { markdownAdapter } from './markdown.ts'
import { toolAdapter } from './tool.ts'
import { xmlAdapter } from './xml.ts'

const asked = signature('mail -> team: "billing" | "tech", tags: string[], reason: string')
const adapters: readonly Adapter[] = [chatAdapter, jsonAdapter, toolAdapter, xmlAdapter, markdownAdapter]

describe.each(adapters)('the $name adapter', (adapter) => {
  test('reads as many characters as the limit says, and refuses one more, whole or in pieces', () => {
    const outputs = { team: 'billing', tags: ['a'], reason: '' }
    const { prompt } = adapter.render(asked, [{ inputs: { mail: 'x' }, outputs }], { mail: 'y' })
    const content = prompt[2]?.content[0]
    const empty = typeof content === 'object' && content.type === 'text' ? content.text : ''
    const reason = 'r'.repeat(answerCharsMax - empty.length)
    const at = empty.replace(/(reason(?: ## \]\]\n|>\n|\n|": "))/, `$1${reason}`)
    expect(at).toHaveLength(answerCharsMax)
    expect(adapter.parse(asked, at)).toEqual({ outputs: { ...outputs, reason }, repairs: [] })
    const tooLong = expect.objectContaining({
      code: 'dspx/unparsable-answer',
      message: expect.stringContaining('at most'),
    })
    expect(() => adapter.parse(asked, `${at} `)).toThrow(tooLong)
    const reader = adapter.reader(asked)
    for (let i = 0; i < 100; i++) reader.push(at.slice(i * 10_000, (i + 1) * 10_000))
    expect(() => reader.push(' ')).toThrow(tooLong)
    expect(() => adapter.parse(asked, 'x'.repeat(10_000_000))).toThrow(tooLong)
  })

  const starts = ['', '[[ ## tags ## ]]\n', '<tags>', '## tags\n', '{"team": "', '{"tags": ']
  const units = [
    '{',
    '[',
    '"',
    '\\',
    ' ',
    '\n',
    '[[ ## ',
    '[[ ## team ## ]]\n',
    '## team\n',
    '**a**: b\n',
    '<',
    '<team>\n',
  ]
  const more = ['<a b="', '<![CDATA[', '&', '&amp;', '{"a":', '{}{', '```\n', '\ud83d', '- a\n', '<i>a</i>', "'", '/*']

  test.each(starts)('fifty thousand characters of anything behind %j are read or refused', (start) => {
    for (const unit of [...units, ...more]) {
      const text = start + unit.repeat(50_000 / unit.length)
      try {
        adapter.parse(asked, text)
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'dspx/unparsable-answer' })
      }
    }
  })

  test('twenty thousand pieces of one character are read', () => {
    for (const unit of ['\\', ' ', '[[ ## ', '<', '&#1', '{ "', '"\\']) {
      const reader = adapter.reader(asked)
      for (const character of unit.repeat(20_000 / unit.length)) reader.push(character)
      try {
        reader.end()
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'dspx/unparsable-answer' })
      }
    }
  })
})

test('as much broken JSON is mended as the limit says, and not more', () => {
  const broken = (chars: number) => {
    const text = "{team: 'billing', tags: [], reason: ''}"
    return text.replace("''", `'${'r'.repeat(chars - text.length)}'`)
  }
  expect(jsonAdapter.parse(asked, broken(mendedCharsMax)).repairs).toHaveLength(1)
  expect(() => jsonAdapter.parse(asked, broken(mendedCharsMax + 1))).toThrow('one JSON object')
})

test('at most so many sentences are kept of what was mended', () => {
  const extra = (count: number) => Array.from({ length: count }, (_, i) => `"x${i}": 1, `).join('')
  const answer = (count: number) => `{${extra(count)}"team": "tech", "tags": [], "reason": "r"}`
  expect(jsonAdapter.parse(asked, answer(repairsMax)).repairs).toHaveLength(repairsMax)
  expect(jsonAdapter.parse(asked, answer(repairsMax + 1)).repairs).toHaveLength(repairsMax)
})

import { describe, expect, test } from 'vitest'
import { JsonMembers } from './json-members.ts'

const outputs = ['words', 'score', 'tags', 'data']

/** The texts of the outputs, and the pieces that came. */
function read(text: string, size = text.length) {
  const members = new JsonMembers((name) => (outputs.includes(name) ? name : undefined))
  const texts: { [field: string]: string } = {}
  const pieces: string[] = []
  for (let at = 0; at < text.length; at += size) {
    for (const { field, text: more } of members.push(text.slice(at, at + size))) {
      texts[field] = (texts[field] ?? '') + more
      pieces.push(more)
    }
  }
  return { texts, pieces }
}

const rows: readonly (readonly [what: string, answer: string, texts: { readonly [field: string]: string }])[] = [
  ['text as it is meant', '{"words": "a \\"b\\"\\n\\u0063"}', { words: 'a "b"\nc' }],
  ['a pair of escapes as one character', '{"words": "\\ud83d\\ude00!"}', { words: '😀!' }],
  ['half a pair', '{"words": "\\ud83d and \\ude00"}', { words: '\ud83d and \ude00' }],
  ['half a pair at the end', '{"words": "x\\ud83d"}', { words: 'x\ud83d' }],
  ['two halves that are no pair', '{"words": "\\ud83d\\ud83d\\u0041"}', { words: '\ud83d\ud83dA' }],
  ['numbers and words as written', '{"score": -1.5e3 , "data":true}', { score: '-1.5e3', data: 'true' }],
  ['lists without space around', '{"tags":  [ "a, b" ,"}]" ]  , "score": 1}', { tags: '[ "a, b" ,"}]" ]', score: '1' }],
  [
    'objects whole',
    '{"data": {"words": "x", "a": [1, {"b": "\\"}"}]}, "score": 2}',
    { data: '{"words": "x", "a": [1, {"b": "\\"}"}]}', score: '2' },
  ],
  ['no member twice', '{"words": "a", "words": "b", "score": 1}', { words: 'a', score: '1' }],
  ['nothing of other members', '{"x": "words", "y": {"words": "z"}, "words": "a"}', { words: 'a' }],
  ['what stands behind prose with braces', 'Use {x} or {"words": "a"}', { words: 'a' }],
  ['an empty object', '{} {"words": "a"}', { words: 'a' }],
  ['nothing behind the object', '{"words": "a"} {"score": 1}', { words: 'a' }],
  ['nothing after broken JSON', '{"words": "a", score: 1, "tags": []}', { words: 'a' }],
  ['nothing after a broken escape', '{"words": "a\\x", "score": 1}', { words: 'a' }],
  ['nothing of what is no object', '["words", "a"]', {}],
]

describe.each([1, 2, 3, 5, 1_000])('in pieces of %i', (size) => {
  test.each(rows)('gives %s', (_, answer, texts) => {
    expect(read(answer, size).texts).toEqual(texts)
  })
})

test('text comes as soon as it is certain, and never half an escaped character', () => {
  expect(read('{"words": "abc"}', 1).pieces).toEqual(['a', 'b', 'c'])
  expect(read('{"words": "\\ud83d\\ude00"}', 1).pieces).toEqual(['😀'])
  expect(read('{"tags": [1, 2]}', 1).pieces).toEqual(['[', '1', ',', ' 2', ']'])
})

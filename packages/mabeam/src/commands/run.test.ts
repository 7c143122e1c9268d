import { signature } from '@mabeam/dspx'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readInputs } from './run.ts'

const fieldsOf = (inputs: { readonly [name: string]: z.ZodType }) =>
  signature({ instructions: 'Answer.', inputs, outputs: { answer: z.string() } }).inputs

const one = fieldsOf({ text: z.string() })
const many = fieldsOf({
  text: z.string(),
  count: z.number(),
  urgent: z.boolean(),
  tags: z.array(z.string()),
  hint: z.string().optional(),
})

describe('readInputs', () => {
  test('gives the text to the only input', () => {
    expect(readInputs(one, 'charged twice', [])).toEqual({ text: 'charged twice' })
  })

  test('takes inputs by name, and everything behind the first = as the value', () => {
    expect(readInputs(one, undefined, ['text=a=b'])).toEqual({ text: 'a=b' })
    expect(readInputs(one, undefined, ['text='])).toEqual({ text: '' })
  })

  test('reads what is no text as JSON', () => {
    const pairs = ['text=12', 'count=3', 'urgent=true', 'tags=["a","b"]', 'hint=x']
    expect(readInputs(many, undefined, pairs)).toEqual({
      text: '12',
      count: 3,
      urgent: true,
      tags: ['a', 'b'],
      hint: 'x',
    })
  })

  test('gives the text to the one input that is still missing; optional ones are not missed', () => {
    expect(readInputs(many, 'hello', ['count=1', 'urgent=false', 'tags=[]'])).toEqual({
      text: 'hello',
      count: 1,
      urgent: false,
      tags: [],
    })
  })

  const mistakes: readonly (readonly [string, Parameters<typeof readInputs>, string])[] = [
    ['nothing', [one, undefined, []], 'run: text: expected an input, got nothing; give a text or --input text=…'],
    ['an empty text', [one, ' ', []], 'run: expected a text, got an empty one'],
    [
      'a text where several inputs are missing',
      [many, 'hello', []],
      'run: expected inputs by --input name=value (text,',
    ],
    [
      'a text where none is missing',
      [one, 'hello', ['text=there']],
      'run: expected inputs by --input name=value (text)',
    ],
    ['a pair without =', [one, undefined, ['text']], 'run: --input: expected name=value, got "text"'],
    ['a pair without a name', [one, undefined, ['=x']], 'run: --input: expected name=value, got "=x"'],
    ['an input twice', [one, undefined, ['text=a', 'text=b']], 'run: --input: expected text once, got it again'],
    ['an unknown input', [one, undefined, ['txt=a']], 'did you mean "text"?'],
    ['a number that is none', [many, undefined, ['count=three']], 'run: count: expected a number as JSON, got "three"'],
  ]
  for (const [what, args, sentence] of mistakes) {
    test(`refuses ${what} and says what was expected`, () => {
      expect(() => readInputs(...args)).toThrow(sentence)
    })
  }
})

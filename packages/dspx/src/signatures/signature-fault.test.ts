import { describe, expect, expectTypeOf, test } from 'vitest'
import { loadDataset } from '../datasets/dataset.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { chainOfThought, predict } from '../programs/predictor.ts'
import { defineProgram, definitionOf } from '../programs/program-definition.ts'
import { signature } from './signature.ts'
import type { InputsOfText, OutputsOfText, SignatureFault, SignatureText } from './signature-inference.ts'
import { expectRefusal } from './signature-refusal.fixture.ts'
import { acceptedTexts, refusedLateTexts, refusedTexts, repeatedNameTexts } from './signature-texts.fixture.ts'

// What the compiler says of a text is checked by tsc: a wrong verdict fails `npm run check`, not the run of this file.

type Row = readonly [string, ...unknown[]]
type Verdicts<Texts extends readonly string[]> = { readonly [K in keyof Texts]: SignatureText<Texts[K]> }
type RowVerdicts<Rows extends readonly Row[]> = { readonly [K in keyof Rows]: SignatureText<Rows[K][0]> }
type TextsOf<Rows extends readonly Row[]> = { readonly [K in keyof Rows]: Rows[K][0] }

describe('the compiler and signature', () => {
  test.each(acceptedTexts)('both take %j', (text) => {
    expectTypeOf<Verdicts<typeof acceptedTexts>>().toEqualTypeOf<typeof acceptedTexts>()
    expect(() => signature(text)).not.toThrow()
  })

  test.each(refusedTexts)('both refuse %j, at position %i', (text, position, expected, got) => {
    expectTypeOf<RowVerdicts<typeof refusedTexts>[number]>().toExtend<SignatureFault<string>>()
    expectRefusal(text, { position, expected, got })
  })

  test.each(repeatedNameTexts)('both refuse %j, where a name stands twice', (text) => {
    expectTypeOf<Verdicts<typeof repeatedNameTexts>[number]>().toExtend<SignatureFault<string>>()
    expect(() => signature(text as string)).toThrow('every field name once')
  })

  test.each(refusedLateTexts)('%j is refused only when it is read, at position %i', (text, position, expected, got) => {
    expectTypeOf<RowVerdicts<typeof refusedLateTexts>>().toEqualTypeOf<TextsOf<typeof refusedLateTexts>>()
    expectRefusal(text, { position, expected, got })
  })
})

test('a fault says what was expected, of which field, and what stands there', () => {
  expectTypeOf<SignatureText<'mail: strin -> team'>>().toEqualTypeOf<
    SignatureFault<'expected string, number, int, boolean, date, values such as "a" | "b", or { … } as the type of mail, got strin'>
  >()
  expectTypeOf<SignatureText<'mail, lang team'>>().toEqualTypeOf<
    SignatureFault<'expected "," or "->" behind lang, got team'>
  >()
  expectTypeOf<SignatureText<'mail'>>().toEqualTypeOf<SignatureFault<'expected "," or "->" behind mail, got the end'>>()
  expectTypeOf<SignatureText<'mail -> '>>().toEqualTypeOf<SignatureFault<'expected a field name, got the end'>>()
  expectTypeOf<SignatureText<'mail -> team, mail'>>().toEqualTypeOf<
    SignatureFault<'expected every field name once, got mail again'>
  >()
  expectTypeOf<SignatureText<'mail -> photo: image'>>().toEqualTypeOf<
    SignatureFault<'expected image among the inputs only and not inside of another type, got photo'>
  >()
})

test('a fault says what a type of another language is called here, in the words of the run', () => {
  expectTypeOf<SignatureText<'mail -> n: float[]'>>().toEqualTypeOf<
    SignatureFault<'expected string, number, int, boolean, date, values such as "a" | "b", or { … } as the type of n (float is number here), got float'>
  >()
  expectTypeOf<SignatureText<'mail: Str -> team'>>().toExtend<
    SignatureFault<`${string}(Str is string here)${string}`>
  >()
  expectTypeOf<SignatureText<'mail -> ok: bool'>>().toExtend<
    SignatureFault<`${string}(bool is boolean here)${string}`>
  >()
  expectTypeOf<SignatureText<'mail -> tags: list[str]'>>().toExtend<
    SignatureFault<`${string}(list is a type with [] behind it, such as string[] here)${string}`>
  >()
  expectTypeOf<SignatureText<'mail -> rows: { n: double }'>>().toExtend<
    SignatureFault<`${string}(double is number here)${string}`>
  >()
  for (const [text, words] of [
    ['mail -> n: float[]', '(float is number here)'],
    ['mail: Str -> team', '(Str is string here)'],
    ['mail -> tags: list[str]', '(list is a type with [] behind it, such as string[] here)'],
  ])
    expect(() => signature(text as string)).toThrow(words)
})

test('a text that is refused is an error where it is written', async () => {
  // @ts-expect-error no type
  expect(() => signature('mail: strin -> team')).toThrow('as the type of mail')
  // @ts-expect-error no output
  expect(() => predict('mail')).toThrow('"->"')
  // @ts-expect-error a value twice
  expect(() => chainOfThought('mail -> team: "a" | "a"')).toThrow('every value once')
  const predictors = { triage: 'mail -> team, team' } as const
  // @ts-expect-error a name twice
  expect(() => defineProgram({ name: 'triage', predictors, metric: exactMatch('team') })).toThrow('once')
  const about = { name: 'triage', metric: exactMatch('team') }
  // @ts-expect-error no type
  expect(() => definitionOf(predict('mail -> team'), { ...about, signature: 'mail -> team: bool' })).toThrow('boolean')
  // @ts-expect-error no arrow
  await expect(loadDataset('mails.jsonl', { signature: 'mail' })).rejects.toThrow('"->"')
})

test('text that is not literal is taken, wholly or in part, and gives the types that are known', () => {
  const label: string = '"a" | "b"'
  const whole: string = `mail -> team: ${label}`
  expect(signature(whole).outputs).toHaveLength(1)
  const made = predict(`mail: string[], lang? -> team: ${label}`)
  expectTypeOf(made.forward).parameter(0).toEqualTypeOf<{ mail: readonly string[]; lang?: string }>()
  expect(made.signature.outputs).toHaveLength(1)
  expectTypeOf<SignatureText<string>>().toEqualTypeOf<string>()
  expectTypeOf<SignatureText<`${string} -> team`>>().toEqualTypeOf<`${string} -> team`>()
  expectTypeOf<SignatureText<'a -> b' | 'a -> c'>>().toEqualTypeOf<'a -> b' | 'a -> c'>()
})

test('a function of your own takes texts that are checked, and keeps their types', () => {
  function ask<const Text extends string>(text: SignatureText<Text>) {
    return predict(text)
  }
  const asked = ask('mail -> urgency: int')
  expectTypeOf(asked.forward).returns.resolves.toEqualTypeOf<{ urgency: number }>()
  // @ts-expect-error no type
  expect(() => ask('mail -> urgency: integer')).toThrow('int here')
})

test('what is wrong leaves the types that were read before it, and unknown ones after', () => {
  type Text = 'mail: string[] -> team: strng'
  expectTypeOf<InputsOfText<Text>>().toEqualTypeOf<{ mail: readonly string[] }>()
  expectTypeOf<OutputsOfText<Text>['anything']>().toEqualTypeOf<unknown>()
})

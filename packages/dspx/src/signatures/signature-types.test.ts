import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { defineProgram, type ProgramDefinition } from '../programs/program-definition.ts'
import { type Signature, signature, type Values } from './signature.ts'

// These are checked by tsc: a wrong type fails `npm run check`, not the run of this file.

test('a signature string gives literal types, numbers, booleans and optional fields', () => {
  const made = signature('text, count: number -> team: "billing" | "tech", urgent: boolean, note?: string')
  expectTypeOf(made).toEqualTypeOf<
    Signature<{ text: string; count: number }, { team: 'billing' | 'tech'; urgent: boolean; note?: string }>
  >()
})

test('quoted values may hold commas, colons and arrows', () => {
  const made = signature('a: "x, y" | "p -> q" | "k: v" , b -> c: "one, two"')
  expectTypeOf(made).toEqualTypeOf<Signature<{ a: 'x, y' | 'p -> q' | 'k: v'; b: string }, { c: 'one, two' }>>()
})

test('line breaks and odd spacing change nothing', () => {
  const made = signature(`
    question ,context?:string
      ->  answer`)
  expectTypeOf(made).toEqualTypeOf<Signature<{ question: string; context?: string }, { answer: string }>>()
})

test('a string that is not literal gives unknown values', () => {
  const text: string = 'a -> b'
  expectTypeOf(signature(text)).toEqualTypeOf<Signature<Values, Values>>()
})

test('schemas give input types for inputs, output types for outputs, and optional keys', () => {
  const made = signature({
    inputs: { text: z.string(), limit: z.coerce.number<string>().optional() },
    outputs: { team: z.enum(['a', 'b']), score: z.string().transform(Number), note: z.string().optional() },
  })
  expectTypeOf(made).toEqualTypeOf<
    Signature<
      { text: string; limit?: string | undefined },
      { team: 'a' | 'b'; score: number; note?: string | undefined }
    >
  >()
})

test('a program of one predictor has its types', () => {
  const program = defineProgram({
    name: 'triage',
    predictors: { triage: 'text -> team: "billing" | "tech"' },
    metric: exactMatch('team'),
  })
  expectTypeOf(program).toEqualTypeOf<ProgramDefinition<{ text: string }, { team: 'billing' | 'tech' }>>()
  expectTypeOf(program).toExtend<ProgramDefinition>()
})

test('run is typed by its predictors, the signature of the whole and its variables', () => {
  const program = defineProgram({
    name: 'two',
    predictors: { find: 'question -> passage', answer: 'question, passage -> answer: "yes" | "no"' },
    signature: signature('question -> answer: "yes" | "no"'),
    metric: exactMatch('answer'),
    run: async ({ find, answer }, { question }, { variables }) => {
      expectTypeOf(question).toEqualTypeOf<string>()
      expectTypeOf(variables.temperature).toEqualTypeOf<number>()
      expectTypeOf(variables.reasoning).toEqualTypeOf<'none' | 'steps'>()
      const { passage } = await find({ question })
      return answer({ question, passage })
    },
  })
  expectTypeOf(program).toEqualTypeOf<ProgramDefinition<{ question: string }, { answer: 'yes' | 'no' }>>()
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Field } from './field.ts'
import { checkField } from './schema-field.ts'
import { signature } from './signature.ts'
import { signatureText } from './signature-text.ts'

const name = fc
  .stringMatching(/^[A-Za-z]\w{0,8}$/)
  .filter((one) => !(one in Object.prototype) && !/^(prototype|completed)$/i.test(one))
const value = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((one) => one.trim() === one && !/["\r\n]/.test(one))
const values = fc
  .uniqueArray(value, { minLength: 1, maxLength: 4 })
  .map((all) => all.map((one) => `"${one}"`).join(' | '))
const bound = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double({ min: -5, max: 5, noNaN: true }))
const range = (most: (bound: number) => number) =>
  fc.oneof(
    fc.constant(''),
    fc.tuple(bound, bound).map(([a, b]) => `(${Math.min(a, b)}..${most(Math.max(a, b))})`),
    bound.map((a) => `( ${a} .. )`),
    bound.map((a) => `(..${a})`),
  )
const description = fc.oneof(
  fc.constant(''),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 16 }).map((text) => ` '${text.replaceAll("'", "''")}'`),
  fc.constantFrom(" 'it''s, -> a: \"b\" | {c}'", " ''''", " 'two\nlines'"),
)
const { type } = fc.letrec<{ type: string; base: string; object: string }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', maxDepth: 2, withCrossShrink: true },
    values,
    tie('base'),
    tie('base').map((one) => `${one}[]`),
    tie('base').map((one) => `( ${one} ) [ ]`),
    values.map((one) => `(${one})[]`),
    tie('object'),
  ),
  base: fc.oneof(
    fc.constantFrom('string', 'boolean', 'date'),
    // a range of integers holds one
    range(Math.ceil).map((one) => `int${one}`),
    range((most) => most).map((one) => `number${one}`),
  ),
  object: fc
    .uniqueArray(fc.tuple(name, fc.constantFrom('', '?'), tie('type'), description), {
      minLength: 1,
      maxLength: 3,
      selector: ([one]) => one,
    })
    .map((members) => `{${members.map(([one, mark, of, said]) => `${one}${mark}: ${of}${said}`).join(', ')} }`),
}))
const media = fc.constantFrom('image', 'audio[]', 'file')
const text = fc
  .tuple(
    fc.uniqueArray(name, { minLength: 2, maxLength: 6 }),
    fc.array(fc.tuple(fc.constantFrom('', '?'), fc.option(fc.oneof(type, media)), description), {
      minLength: 6,
      maxLength: 6,
    }),
  )
  .map(([names, parts]) => {
    const written = names.map((one, i) => {
      const [mark, of, said] = parts[i] as [string, string | null, string]
      const isOutput = i === names.length - 1
      const kept = isOutput && /^(image|audio|file)/.test(of ?? '') ? 'string' : of
      return `${one}${mark}${kept === null ? '' : `: ${kept}`}${said}`
    })
    return `${written.slice(0, -1).join(', ')} -> ${written.at(-1)}`
  })
  .filter((one) => one.length < 2_000)

const plain = ({ schema: _, ...field }: Field) => field

describe('signatureText', () => {
  test('is lossless: reading the text gives the same fields, and the text again', () => {
    fc.assert(
      fc.property(text, (given) => {
        const made = signature(given)
        const said = signatureText(made)
        const again = signature(said)
        expect(again.inputs.map(plain)).toEqual(made.inputs.map(plain))
        expect(again.outputs.map(plain)).toEqual(made.outputs.map(plain))
        expect(again.name).toBe(made.name)
        expect(signatureText(again)).toBe(said)
      }),
      { numRuns: 500 },
    )
  })

  test('any text is a signature or dspx/invalid-signature', () => {
    const fragment = fc.constantFrom(
      'a',
      'b',
      ':',
      '->',
      ',',
      '?',
      '"x"',
      '|',
      '{',
      '}',
      '[',
      ']',
      '(',
      ')',
      '..',
      '1',
      "'",
      'int',
      'image',
      ' ',
    )
    const broken = fc.oneof(
      fc.array(fragment, { maxLength: 24 }).map((parts) => parts.join('')),
      fc.tuple(text, fc.nat(60)).map(([whole, at]) => whole.slice(0, at)),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(broken, (given) => {
        try {
          signature(given)
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'dspx/invalid-signature' })
        }
      }),
      { numRuns: 300 },
    )
  })

  test('the schema of a field accepts no value outside its type, and never throws', () => {
    fc.assert(
      fc.property(text, fc.anything({ withNullPrototype: true }), (given, anything) => {
        for (const field of signature(given).outputs) {
          const result = checkField(field, anything)
          if (result.issues || anything === undefined) continue
          expect(checkField(field, result.value)).toEqual({ value: result.value })
        }
      }),
      { numRuns: 300 },
    )
  })
})

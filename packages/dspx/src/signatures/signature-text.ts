/**
 * The grammar of signature strings, at run time:
 *
 *     signature = fields "->" fields        field       = name ["?"] [":" type] [description]
 *     fields    = field {"," field}         description = "'" any text, "''" for a quote "'"
 *     type      = that of `type-grammar.ts` | ("image" | "audio" | "file") ["[]"]
 */

import { checkOptions, rule } from '@mabeam/foundation'
import { inexpressibleSignature, invalidSignature } from './errors.ts'
import type { Field, JsonSchema, MediaKind } from './field.ts'
import { checkFieldName, mediaField, typedField } from './schema-field.ts'
import type { Signature } from './signature.ts'
import { checkSignature } from './signature-check.ts'
import { skipSpace, type TextCursor, take, unexpected } from './text-cursor.ts'
import { grammarVendor } from './type-check.ts'
import { parseType, parseWrittenField } from './type-grammar.ts'
import { descriptionText, grammarType, Unsaid } from './type-text.ts'

/** The most characters a signature string may have. */
export const signatureTextCharsMax = 4_000

/**
 * The fields in a signature string. Throws: `dspx/invalid-signature` naming the position (from 0), the expectation and
 * what stands there.
 */
export function parseSignatureText(text: string): { readonly inputs: Field[]; readonly outputs: Field[] } {
  if (text.length > signatureTextCharsMax) {
    throw invalidSignature('signature', `at most ${signatureTextCharsMax} characters`, `${text.length} characters`)
  }
  const cursor: TextCursor = { text, at: 0 }
  const inputs = parseFields(cursor, true)
  if (!take(cursor, /->/y)) throw unexpected(cursor, '"," or "->"')
  const outputs = parseFields(cursor, false)
  if (cursor.at < text.length) throw unexpected(cursor, '"," or the end')
  return { inputs, outputs }
}

/** How {@link signatureText} treats fields of schemas. */
export interface SignatureTextOptions {
  /**
   * `refused`: a field made from zod or another schema throws, because checks and transformations in it might be lost.
   * `described`: it is written as its JSON Schema says; what that does not say (refinements, transformations) is not in
   * the text. @default 'refused'
   */
  readonly schemas?: 'refused' | 'described'
}

/**
 * The fields of a signature as a string of the grammar. Name and instructions stand beside it:
 * `signature(signatureText(s), s.instructions)` has the fields of `s` again.
 *
 * Throws: `dspx/inexpressible-signature` naming the field and what the grammar has no words for.
 * @example signatureText(signature('a -> b:int( 1 .. 5 )')) // => 'a: string -> b: int(1..5)'
 */
export function signatureText(given: Signature, options: SignatureTextOptions = {}): string {
  checkSignature('signatureText', given)
  checkOptions('signatureText', options, { schemas: rule.optional(rule.oneOf(['refused', 'described'])) })
  const side = (fields: readonly Field[]) => fields.map((field) => fieldText(given.name, field, options)).join(', ')
  return `${side(given.inputs)} -> ${side(given.outputs)}`
}

function parseFields(cursor: TextCursor, isInput: boolean): Field[] {
  const fields: Field[] = []
  do fields.push(parseField(cursor, isInput))
  while (take(cursor, /,/y))
  return fields
}

function parseField(cursor: TextCursor, isInput: boolean): Field {
  let media: { readonly kind: MediaKind; readonly list: boolean } | undefined
  const { name, at, type, ...more } = parseWrittenField(cursor, (owner) => {
    skipSpace(cursor)
    const start = cursor.at
    const word = take(cursor, /(?:image|audio|file)\b/y)
    if (word === undefined) return parseType(cursor, owner)
    if (!isInput) throw invalidSignature('signature', `${word} among the inputs only`, owner, start)
    media = { kind: word as MediaKind, list: take(cursor, /\[\s*\]/y) !== undefined }
    return {} as JsonSchema
  })
  checkFieldName('signature', name, at)
  return media === undefined ? typedField(name, type, more) : mediaField(name, media, more)
}

function fieldText(owner: string, field: Field, options: SignatureTextOptions): string {
  const { name, description, optional } = field
  const isOurs = field.schema['~standard'].vendor === grammarVendor
  if (!isOurs && options.schemas !== 'described') {
    throw inexpressibleSignature(owner, name, `a schema of ${field.schema['~standard'].vendor}`)
  }
  return `${name}${optional ? '?' : ''}: ${typeOf(owner, field)}${descriptionText(description)}`
}

function typeOf(owner: string, { name, kind, list, jsonSchema }: Field): string {
  if (kind === 'image' || kind === 'audio' || kind === 'file') return list ? `${kind}[]` : kind
  try {
    return grammarType(jsonSchema)
  } catch (thrown) {
    if (thrown instanceof Unsaid) throw inexpressibleSignature(owner, name, thrown.message)
    throw thrown
  }
}

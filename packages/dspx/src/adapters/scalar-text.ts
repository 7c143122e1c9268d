/**
 * Numbers, booleans and allowed values in the words of models. Tolerant in form, where there is no doubt what is meant:
 * `1,000`, `five`, `Yes`, `**"billing"**`. What could mean two things (`1.000` as an integer, `4/5`, `5 stars`) is left as
 * text, for the schema to refuse.
 */

import type { Field } from '../signatures/field.ts'

/** The scalar in a text; the text itself where it holds none. */
export function scalarOf(field: Field, text: string): unknown {
  if (field.kind === 'number') return numberOf(text, field.jsonSchema.type === 'integer') ?? text
  if (field.kind === 'boolean') return booleanOf(text) ?? text
  return allowedOf(field.values ?? [], text) ?? text
}

/** Longer texts hold no scalar; they are not searched for one. */
const scalarCharsMax = 200

const numberWords = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
]

function numberOf(text: string, isInteger: boolean): number | undefined {
  if (text.length > scalarCharsMax) return undefined
  const plain = bare(text).replace(/^\+/, '')
  const word = numberWords.indexOf(plain.toLowerCase())
  if (word >= 0) return word
  // In half of the world 1.000 is a thousand: for an integer nobody can tell.
  if (isInteger && /\.\d{3}$/.test(plain)) return undefined
  const joined = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain) ? plain.replaceAll(',', '') : plain
  return /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(joined) ? Number(joined) + 0 : undefined
}

function booleanOf(text: string): boolean | undefined {
  if (text.length > scalarCharsMax) return undefined
  const word = bare(text).toLowerCase()
  if (word === 'true' || word === 'yes') return true
  return word === 'false' || word === 'no' ? false : undefined
}

/** The one allowed value that is the same but for case, space, hyphens and marks around it. */
function allowedOf(values: readonly string[], text: string): string | undefined {
  if (values.includes(text)) return text
  const key = looseKey(text)
  const same = values.filter((value) => looseKey(value) === key)
  return same.length === 1 ? same[0] : undefined
}

function looseKey(text: string): string {
  return bare(text)
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
}

const marks = /[\s"'`*]/

/** Without the marks that models put around an answer: quotes, stars, backticks, a full stop. Linear, whatever comes. */
function bare(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && marks.test(text[start] as string)) start += 1
  while (end > start && marks.test(text[end - 1] as string)) end -= 1
  if (end > start && text[end - 1] === '.') {
    end -= 1
    while (end > start && marks.test(text[end - 1] as string)) end -= 1
  }
  return text.slice(start, end)
}

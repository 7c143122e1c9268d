/** What a prompt asks for: the output fields with their kinds, allowed values and descriptions. */

import { allowedValuesIn } from './allowed-values.ts'
import { answerFor } from './demonstrations.ts'
import { phraseAt } from './extraction.ts'
import { type AskedSource, namesDescribed, namesListed, namesShown } from './field-names.ts'
import type { PromptMemory } from './prompt-memory.ts'
import { objectSchemaIn, schemaField, schemaFields, schemaIn } from './schema-fields.ts'

/**
 * How a field is answered: by one of its values, by true or false, by a number, by words that explain the other
 * answers, by a phrase of the input, or by several of one of these.
 */
export type FieldKind = 'label' | 'boolean' | 'number' | 'reasoning' | 'text' | 'list' | 'object'

/** A field that the prompt asks for. */
export interface OutputField {
  /** As the prompt writes it; empty when the answer has no name. */
  readonly name: string
  readonly kind: FieldKind
  /** Allowed values, or the two words for true and false. */
  readonly values: readonly string[]
  /** The values as a JSON schema has them, where they are no strings. */
  readonly literals?: readonly (string | number | boolean)[]
  /** What the prompt says about the field. */
  readonly description: string
  readonly numbers?: { readonly min?: number; readonly max?: number; readonly integer: boolean }
  /** Of a list: what its items are. Of an object: nothing. */
  readonly items?: OutputField
  /** Of an object: its members. */
  readonly members?: readonly OutputField[]
}

/** What fields are read from. */
export interface FieldSource extends AskedSource {
  /** JSON schema of the answer, where the caller gave one. */
  readonly schema?: unknown
}

/** The output fields in the order of the answer; at least one. */
export function outputFields(source: FieldSource, memory: PromptMemory): readonly OutputField[] {
  const declared = schemaFields(source.schema)
  const fields = declared.length > 0 ? declared : describedFields(source, memory)
  return fields.map((field) => withDemonstrations(field, source, fields.length === 1))
}

/** What the instruction says of the fields. */
function describedFields(source: FieldSource, memory: PromptMemory): readonly OutputField[] {
  const { instruction, inputNames } = source
  const shown = namesShown(source)
  const key = JSON.stringify(shown ?? { inputNames })
  return memory.fields.recall(instruction, key, () => {
    const asked = shown ?? namesListed(source)
    const written = asked ? [] : schemaFields(objectSchemaIn(instruction))
    if (written.length > 0) return written
    const names = asked ?? namesDescribed(source)
    return names.map((name) => describedField(name, instruction, names))
  })
}

function describedField(name: string, instruction: string, names: readonly string[]): OutputField {
  const passages = name === '' ? [] : passagesAbout(name, instruction, names)
  const description = passages.join('\n')
  const alone = names.length === 1
  if (isReasoningName(name)) return { name, kind: 'reasoning', values: [], description }
  const schema = passages.map(schemaIn).find((found) => found !== undefined)
  if (schema !== undefined) return { ...schemaField(name, schema), description }
  const values = firstValues(passages) ?? (alone ? allowedValuesIn(instruction) : undefined)
  if (values !== undefined) return { name, kind: 'label', values, description }
  const kind = kindIn(description === '' && alone ? instruction : description)
  if (kind === 'boolean') return { name, kind, values: booleanWords(description), description }
  if (kind === 'number') return { name, kind, values: [], description, numbers: numbersSaid(description) }
  return { name, kind: kind ?? 'text', values: [], description }
}

/**
 * The passages that speak of a field: its part of each line, with the list below a line that ends in a colon. Where
 * the prompt names the field in quotes or as a label, lines that only hold the word do not count.
 */
function passagesAbout(name: string, instruction: string, names: readonly string[]): string[] {
  const escaped = escapePattern(name)
  const marker = new RegExp(`\\[\\[ ## ${escaped} ## \\]\\][ \\t]*\\n[^\\n]+`, 'i').exec(instruction)
  const line = new RegExp(
    `^.*(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}]).*(?:(?<=:\\s*)(?:\\n\\s*(?:[-*•]|\\d+[.)]).*)+)?`,
    'gimu',
  )
  const own = new RegExp(`${namedExactly(name).source}|^\\W*${escaped}\\s*[:(=]`, 'i')
  const others = names.filter((other) => other !== name && other !== '').map(namedExactly)
  const lines = [...instruction.matchAll(line)].map((match) => match[0])
  const exact = lines.filter((one) => own.test(one))
  const parts = (exact.length > 0 ? exact : lines).map((one) => ownPart(one, own, others))
  return marker ? [...parts, marker[0]] : parts
}

/** In a line that speaks of several fields, what stands between a field's name and the next name is its own. */
function ownPart(passage: string, own: RegExp, others: readonly RegExp[]): string {
  const found = own.exec(passage)
  const start = found?.index ?? 0
  const after = start + (found?.[0].length ?? 0)
  const ends = others.map((other) => passage.slice(after).search(other)).filter((at) => at >= 0)
  return passage.slice(start, ends.length > 0 ? after + Math.min(...ends) : undefined)
}

/** A name in quotes, backticks, angle brackets or markers. */
function namedExactly(name: string): RegExp {
  return new RegExp(`[\`"'<](?:\\[\\[ ## )?${escapePattern(name)}(?: ## \\]\\])?[\`"'>]`, 'i')
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function firstValues(passages: readonly string[]): readonly string[] | undefined {
  for (const passage of passages) {
    const values = allowedValuesIn(passage)
    if (values !== undefined) return values
  }
  return undefined
}

function kindIn(text: string): 'boolean' | 'number' | 'list' | undefined {
  if (/\((?:list|array)\b|\w\[\]\)|\blist\[|json array|\barray of\b/i.test(text)) return 'list'
  if (/\bbool(?:ean)?\b|\btrue or false\b|\btrue\/false\b|\byes or no\b|\byes\/no\b|"true" or "false"/i.test(text))
    return 'boolean'
  if (
    /\((?:int|integer|float|number)\b|\b(?:single|valid|a|an) (?:int|integer|float|number)\b|:\s*(?:int|integer|float|number)\b|\bnumber field\b/i.test(
      text,
    )
  ) {
    return 'number'
  }
  return undefined
}

function numbersSaid(text: string): NonNullable<OutputField['numbers']> {
  const range =
    /(?:from|between) (-?\d+(?:\.\d+)?) (?:to|and) (-?\d+(?:\.\d+)?)|(?<![\d.])(\d+) ?[-–] ?(\d+)(?![\d.])/.exec(text)
  const min = range?.[1] ?? range?.[3] ?? /(?:at least|from) (-?\d+(?:\.\d+)?)/.exec(text)?.[1]
  const max = range?.[2] ?? range?.[4] ?? /(?:at most|up to) (-?\d+(?:\.\d+)?)/.exec(text)?.[1]
  return {
    integer: /\bint(?:eger)?\b/i.test(text),
    ...(min !== undefined && { min: Number(min) }),
    ...(max !== undefined && { max: Number(max) }),
  }
}

function booleanWords(text: string): readonly string[] {
  if (/\byes(?: or |\/)no\b/i.test(text)) return ['yes', 'no']
  return /\bTrue\b/.test(text) && !/\btrue\b/.test(text) ? ['True', 'False'] : ['true', 'false']
}

function isReasoningName(name: string): boolean {
  return /^(?:reasoning|rationale|explanation|thoughts?|thinking|why|justification)$/i.test(name.trim())
}

/** What demonstrations show of a field: its values where none are declared, how true and false are written. */
function withDemonstrations(field: OutputField, source: FieldSource, isOnly: boolean): OutputField {
  if (field.kind !== 'boolean' && field.kind !== 'text') return field
  const shown = source.demonstrations.flatMap((demonstration) => {
    const answer = answerFor(demonstration, field.name, isOnly)
    return answer === undefined ? [] : [{ input: demonstration.input, answer }]
  })
  if (shown.length === 0) return field
  const answers = [...new Set(shown.map(({ answer }) => answer))]
  if (field.kind === 'boolean') return { ...field, values: booleanAsShown(field.values, answers) }
  if (answers.every(isNumeric))
    return { ...field, kind: 'number', numbers: { integer: answers.every((a) => /^-?\d+$/.test(a)) } }
  const extracted = shown.filter(({ input, answer }) => phraseAt(input, answer) >= 0).length
  const short = answers.every((answer) => answer.split(/\s+/).length <= shortAnswerWords)
  if (short && extracted < shown.length / 2) return { ...field, kind: 'label', values: answers }
  return field
}

/** Longer answers are written anew each time, shorter ones may be chosen from. */
const shortAnswerWords = 6

function booleanAsShown(values: readonly string[], answers: readonly string[]): readonly string[] {
  const pairs = [
    ['true', 'false'],
    ['True', 'False'],
    ['yes', 'no'],
    ['Yes', 'No'],
    ['TRUE', 'FALSE'],
    ['YES', 'NO'],
  ]
  return pairs.find((pair) => answers.every((answer) => pair.includes(answer))) ?? values
}

function isNumeric(answer: string): boolean {
  return /^-?\d+(?:\.\d+)?$/.test(answer)
}

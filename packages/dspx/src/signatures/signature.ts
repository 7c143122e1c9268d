/**
 * Signatures: what goes in, what comes out, and what is asked, without a word about how. Made from a string with
 * inferred types, or from schemas (zod first, any Standard Schema).
 */

import type { Json } from '@mabeam/foundation'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { invalidSignature } from './errors.ts'
import type { Field } from './field.ts'
import { isMedia } from './media.ts'
import { checkFieldName, fieldFromSchema } from './schema-field.ts'
import { checkSignature } from './signature-check.ts'
import type { InputsOfText, OutputsOfText, SignatureText } from './signature-inference.ts'
import { parseSignatureText } from './signature-text.ts'

/** Named values, when their types are not known at compile time. */
export type Values = { readonly [name: string]: unknown }

/** A typed question: `I` are the inputs, `O` the outputs. Plain data but for the schemas; never changed after it was made. */
export interface Signature<I = Values, O = Values> {
  readonly name: string
  /** What the model is asked to do; teleprompters replace it. */
  readonly instructions: string
  readonly inputs: readonly Field[]
  readonly outputs: readonly Field[]
  /** Only for the compiler. */
  readonly '~types'?: { readonly inputs: I; readonly outputs: O }
}

/** One demonstration: inputs with the outputs that were right. May leave out outputs, and may hold `reasoning`. */
export interface Demo {
  readonly inputs: { readonly [name: string]: Json }
  readonly outputs: { readonly [name: string]: Json }
}

/** Named schemas: the inputs or the outputs of a signature. */
export type FieldSchemas = { readonly [name: string]: StandardSchemaV1 }

/** A signature in schemas. */
export interface SignatureOptions<I extends FieldSchemas, O extends FieldSchemas> {
  /** @default the names of the fields, of very many the first: `text -> team, urgent` */
  readonly name?: string
  /** @default "Given the fields `text`, produce the fields `team`, `urgent`." */
  readonly instructions?: string
  readonly inputs: I
  readonly outputs: O
}

/** What a caller passes: keys whose schema accepts `undefined` may be left out. */
export type InputsOf<S extends FieldSchemas> = Optionals<{ [K in keyof S]: StandardSchemaV1.InferInput<S[K]> }>
/** What a caller gets. */
export type OutputsOf<S extends FieldSchemas> = Optionals<{ [K in keyof S]: StandardSchemaV1.InferOutput<S[K]> }>

type Optionals<T> = Simplify<
  { -readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
    -readonly [K in keyof T as undefined extends T[K] ? K : never]?: T[K]
  }
>
/** The conditional keeps the name out of what editors show. */
type Simplify<T> = T extends infer U ? { [K in keyof U]: U[K] } : never

/** A signature as an artefact holds it: without its schemas. */
export interface SignatureJson {
  readonly name: string
  readonly instructions: string
  readonly inputs: readonly FieldJson[]
  readonly outputs: readonly FieldJson[]
}

/** A field as an artefact holds it. */
export interface FieldJson {
  readonly name: string
  readonly description: string
  readonly kind: string
  readonly values?: readonly string[]
  readonly optional?: boolean
}

/**
 * A signature from a string or from schemas.
 *
 * In a string a field is a name (text), or a name with a type: `string`, `number`, `int`, `boolean`, `date`, ranges
 * (`int(1..5)`), values (`"a" | "b"`), lists (`string[]`, `("a" | "b")[]`), objects (`{ a: string, b?: int }`), and for
 * inputs `image`, `audio`, `file` (also with `[]`). `name?` may be left out; a description follows in single quotes.
 * Types are inferred from a literal string; one that cannot be read is a type error where it stands.
 *
 * Throws: `dspx/invalid-signature` naming the position or the field.
 * @example signature('text -> team: "billing" | "tech", urgent: boolean').outputs[0].values // => ['billing', 'tech']
 */
export function signature<const Text extends string>(
  text: SignatureText<Text>,
  instructions?: string,
): Signature<InputsOfText<Text>, OutputsOfText<Text>>
export function signature<const I extends FieldSchemas, const O extends FieldSchemas>(
  options: SignatureOptions<I, O>,
): Signature<InputsOf<I>, OutputsOf<O>>
/** Either of both: last, since it is the last overload that a compiler tells of. */
export function signature<const Text extends string>(
  given: SignatureText<Text> | SignatureOptions<FieldSchemas, FieldSchemas>,
  instructions?: string,
): Signature
export function signature(
  given: string | SignatureOptions<FieldSchemas, FieldSchemas>,
  instructions?: string,
): Signature {
  if (instructions !== undefined && typeof instructions !== 'string') {
    throw invalidSignature('signature', 'text as instructions', instructions)
  }
  if (typeof given === 'string') {
    const { inputs, outputs } = parseSignatureText(given)
    return build({ inputs, outputs, ...(instructions !== undefined && { instructions }) })
  }
  if (typeof given !== 'object' || given === null) {
    throw invalidSignature('signature', 'text such as "question -> answer", or an object of inputs and outputs', given)
  }
  const inputs = fieldsOf('inputs', given.inputs)
  const outputs = fieldsOf('outputs', given.outputs)
  return build({
    inputs,
    outputs,
    ...(given.name !== undefined && { name: given.name }),
    ...(given.instructions !== undefined && { instructions: given.instructions }),
  })
}

/**
 * A signature of either way to say one.
 *
 * Throws: `dspx/invalid-signature` in the name of `owner` for what is neither.
 */
export function readSignature(owner: string, asked: string | Signature): Signature {
  if (typeof asked === 'string') return signature(asked)
  checkSignature(owner, asked)
  return asked
}

/** The same signature that asks something else. */
export function withInstructions<I, O>(given: Signature<I, O>, instructions: string): Signature<I, O> {
  return given.instructions === instructions ? given : { ...given, instructions }
}

/** The same signature with a text output before all others; as it was when it has one of that name. */
export function withOutputFirst<I, O>(given: Signature<I, O>, field: Field): Signature<I, O> {
  if (given.outputs.some(({ name }) => name === field.name)) return given
  if (given.inputs.some(({ name }) => name === field.name)) {
    throw invalidSignature(given.name, 'no input with the name of an output that is added', field.name)
  }
  return { ...given, outputs: [field, ...given.outputs] }
}

/** Names, kinds and descriptions as plain data: for artefacts and for comparing what a program was tuned with. */
export function signatureJson(given: Signature): SignatureJson {
  checkSignature('signatureJson', given)
  const { name, instructions } = given
  return { name, instructions, inputs: given.inputs.map(fieldJson), outputs: given.outputs.map(fieldJson) }
}

function fieldJson({ name, description, kind, values, optional }: Field): FieldJson {
  return { name, description, kind, ...(values && { values }), ...(optional && { optional }) }
}

function fieldsOf(side: 'inputs' | 'outputs', schemas: FieldSchemas): Field[] {
  if (typeof schemas !== 'object' || schemas === null) {
    throw invalidSignature('signature', `an object of schemas as ${side}`, schemas)
  }
  return Object.entries(schemas).map(([name, schema]) => fieldFromSchema(name, schema))
}

function build(parts: {
  readonly name?: string
  readonly instructions?: string
  readonly inputs: readonly Field[]
  readonly outputs: readonly Field[]
}): Signature {
  const { inputs, outputs } = parts
  const name = parts.name ?? `${namesOf(inputs)} -> ${namesOf(outputs)}`
  if (inputs.length === 0) throw invalidSignature(name, 'at least one input field', 'none')
  if (outputs.length === 0) throw invalidSignature(name, 'at least one output field', 'none')
  const seen = new Set<string>()
  for (const field of [...inputs, ...outputs]) {
    checkFieldName(name, field.name)
    if (seen.has(field.name)) throw invalidSignature(name, 'every field name once', field.name)
    seen.add(field.name)
  }
  const media = outputs.find(isMedia)
  if (media) throw invalidSignature(name, `${media.kind} among the inputs only`, media.name)
  return { name, instructions: parts.instructions ?? defaultInstructions(inputs, outputs), inputs, outputs }
}

/** Fields that a name lists; it counts the others. */
const namesListed = 40

function namesOf(fields: readonly Field[]): string {
  const listed = fields.slice(0, namesListed).map(({ name }) => name)
  return [...listed, ...(fields.length > namesListed ? [`${fields.length - namesListed} more`] : [])].join(', ')
}

function defaultInstructions(inputs: readonly Field[], outputs: readonly Field[]): string {
  const list = (fields: readonly Field[]) => fields.map(({ name }) => `\`${name}\``).join(', ')
  return `Given the fields ${list(inputs)}, produce the fields ${list(outputs)}.`
}

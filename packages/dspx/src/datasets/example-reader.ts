/** Turns the raw rows of a file into examples, checking each value against its field. */

import type { Json } from '@mabeam/foundation'
import type { Field } from '../signatures/field.ts'
import type { RowFile } from './dataset.ts'
import type { DataPlace } from './errors.ts'
import * as errors from './errors.ts'
import type { Example } from './example.ts'

export interface ExampleReaderOptions {
  readonly path: string
  /** The first part of an example's id. */
  readonly name: string
  readonly file: RowFile
  readonly signature: { readonly inputs: readonly Field[]; readonly outputs: readonly Field[] }
  readonly required?: readonly string[]
}

export interface ExampleReader {
  /** The columns that are read. */
  readonly fields: ReadonlySet<string>
  /** Called once a row, in order. A promise only where a field's schema checks asynchronously. */
  read(row: RowFile['rows'][number]): Example | Promise<Example>
}

interface ReadValue {
  readonly field: Field
  readonly place: DataPlace
  readonly value: Json
}

/** Throws: `dspx/data-column-missing` at once when the header of the file lacks a field. */
export function exampleReader(options: ExampleReaderOptions): ExampleReader {
  const { signature, file, path } = options
  const required = requiredFields(options)
  const fields = new Set([...signature.inputs, ...signature.outputs].map((field) => field.name))
  if (file.columns !== undefined) {
    const missing = [...required].find((name) => !file.columns?.includes(name))
    if (missing !== undefined) throw errors.dataColumnMissing({ path, line: 1, field: missing }, file.columns, fields)
  }
  const readSide = (side: readonly Field[], row: RowFile['rows'][number]): ReadValue[] =>
    side.flatMap((field) => {
      const place = { path, line: row.line, field: field.name }
      const value = presentValue(row.values, place, { fields, required })
      return value === undefined ? [] : [{ field, place, value: checkedValue(field, value, { place, file }) }]
    })
  return {
    fields,
    read(row) {
      const inputs = readSide(signature.inputs, row)
      const outputs = readSide(signature.outputs, row)
      const example = { id: `${options.name}:${row.line}`, inputs: valuesOf(inputs), outputs: valuesOf(outputs) }
      const pending = [...inputs, ...outputs].flatMap((read) => schemaCheck(read) ?? [])
      return pending.length === 0 ? example : Promise.all(pending).then(() => example)
    },
  }
}

function requiredFields({ signature, required }: ExampleReaderOptions): ReadonlySet<string> {
  const inputs = signature.inputs.filter((field) => !field.optional).map((field) => field.name)
  const outputs = signature.outputs.filter((field) => !field.optional).map((field) => field.name)
  return new Set([...inputs, ...(required ?? outputs)])
}

/** The raw value, or undefined where none is needed. An empty cell, an empty string and null count as none. */
function presentValue(
  values: { readonly [column: string]: unknown },
  place: DataPlace,
  { fields, required }: { readonly fields: ReadonlySet<string>; readonly required: ReadonlySet<string> },
): unknown {
  const name = place.field as string
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  if (value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '')) return value
  if (!required.has(name)) return undefined
  if (value === undefined) throw errors.dataColumnMissing(place, Object.keys(values), fields)
  throw errors.dataValueEmpty(place, value)
}

function checkedValue(field: Field, raw: unknown, at: { readonly place: DataPlace; readonly file: RowFile }): Json {
  const { place } = at
  const value = at.file.untyped ? typedCell(field, raw as string) : raw
  if (field.kind === 'enum') {
    const values = field.values ?? []
    const label = typeof value === 'string' ? value.trim() : value
    if (!values.includes(label as string)) throw errors.dataLabelUnknown(place, values, value)
    return label as string
  }
  if (field.kind === 'text' && typeof value !== 'string') throw errors.dataTypeWrong(place, 'text', value)
  if (field.kind === 'number' && !Number.isFinite(value)) throw errors.dataTypeWrong(place, 'a number', value)
  if (field.kind === 'boolean' && typeof value !== 'boolean') {
    throw errors.dataTypeWrong(place, 'true or false', value)
  }
  if (value === undefined) throw errors.dataTypeWrong(place, 'JSON', raw)
  const unfit = field.kind === 'json' ? unfitJson(value) : undefined
  if (unfit !== undefined) throw errors.dataTypeWrong(place, unfit, value)
  return value as Json
}

/** How deep JSON of a cell may be nested: what goes through it later has only so much stack. */
const jsonDepthMax = 500

/** What was expected of a value that is no JSON: columnar files hold NaN and infinities, which JSON has no words for. */
function unfitJson(value: unknown): string | undefined {
  const left: [value: unknown, depth: number][] = [[value, 0]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [one, depth] = next
    if (typeof one === 'number' && !Number.isFinite(one)) return 'JSON, whose numbers are finite'
    if (typeof one !== 'object' || one === null) continue
    if (depth === jsonDepthMax) return `JSON at most ${jsonDepthMax} levels deep`
    for (const member of Object.values(one)) left.push([member, depth + 1])
  }
  return undefined
}

/** What a cell of an untyped format holds; the cell itself, or undefined for broken JSON, where it does not fit. */
function typedCell(field: Field, cell: string): unknown {
  const text = cell.trim()
  if (field.kind === 'number') return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : cell
  if (field.kind === 'boolean')
    return text.toLowerCase() === 'true' ? true : text.toLowerCase() === 'false' ? false : cell
  if (field.kind !== 'json') return cell
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Kinds are checked above; a schema may ask for more (a length, a pattern, a shape). */
function schemaCheck({ field, place, value }: ReadValue): Promise<void> | undefined {
  if (field.kind === 'enum') return undefined
  const result = field.schema['~standard'].validate(value)
  const judge = (outcome: Awaited<typeof result>) => {
    const issue = outcome.issues?.[0]
    if (issue !== undefined) throw errors.dataTypeWrong(place, `a value its schema accepts (${issue.message})`, value)
  }
  if (result instanceof Promise) return result.then(judge)
  judge(result)
  return undefined
}

function valuesOf(read: readonly ReadValue[]): { readonly [field: string]: Json } {
  return Object.fromEntries(read.map(({ field, value }) => [field.name, value]))
}

/**
 * Whether a value is of a type of the grammar. Members that an object does not declare are left out, as zod does, so
 * that what a model adds is harmless.
 */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonSchema } from './field.ts'

type Path = readonly (string | number)[]

/** A Standard Schema of a type of the grammar. `undefined` passes where the field is optional. */
export function typeSchema(type: JsonSchema, optional: boolean): StandardSchemaV1 {
  return {
    '~standard': {
      version: 1,
      vendor: grammarVendor,
      validate: (value) => {
        if (value === undefined && optional) return { value }
        const issues: StandardSchemaV1.Issue[] = []
        const checked = check(type, value, { path: [], issues })
        return issues.length > 0 ? { issues } : { value: checked }
      },
    },
  }
}

/** How a schema made from the grammar is told from others: nothing is in it that its JSON Schema does not say. */
export const grammarVendor = 'mabeam'

interface Place {
  readonly path: Path
  readonly issues: StandardSchemaV1.Issue[]
}

function check(type: JsonSchema, value: unknown, place: Place): unknown {
  if (type.type === 'array') return checkItems(type, value, place)
  if (type.type === 'object') return checkMembers(type, value, place)
  const expected = refusal(type, value)
  if (expected !== undefined) place.issues.push({ message: `expected ${expected}`, path: place.path })
  return value
}

function checkItems({ items }: JsonSchema, value: unknown, place: Place): unknown {
  if (!Array.isArray(value)) return refuse(place, 'a list', value)
  return value.map((item, i) => check(items as JsonSchema, item, { ...place, path: [...place.path, i] }))
}

function checkMembers(type: JsonSchema, value: unknown, place: Place): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(place, 'an object', value)
  const given = value as { readonly [name: string]: unknown }
  const checked: { [name: string]: unknown } = {}
  for (const [name, member] of Object.entries(type.properties as { readonly [name: string]: JsonSchema })) {
    const at = { ...place, path: [...place.path, name] }
    if (Object.hasOwn(given, name) && given[name] !== undefined) checked[name] = check(member, given[name], at)
    else if ((type.required as readonly string[]).includes(name)) refuse(at, expectedText(member), undefined)
  }
  return checked
}

function refuse(place: Place, expected: string, value: unknown): unknown {
  place.issues.push({ message: `expected ${expected}`, path: place.path })
  return value
}

/** What a plain value should have been; `undefined` when it is. */
function refusal(type: JsonSchema, value: unknown): string | undefined {
  return accepts(type, value) ? undefined : expectedText(type)
}

function accepts(type: JsonSchema, value: unknown): boolean {
  if (Array.isArray(type.enum)) return type.enum.includes(value)
  switch (type.type) {
    case 'string':
      return typeof value === 'string' && (type.format !== 'date' || isDate(value))
    case 'boolean':
      return typeof value === 'boolean'
    case 'integer':
      return Number.isSafeInteger(value) && isWithin(type, value as number)
    default:
      return typeof value === 'number' && Number.isFinite(value) && isWithin(type, value)
  }
}

function isWithin({ minimum, maximum }: JsonSchema, value: number): boolean {
  return !(
    value < ((minimum as number | undefined) ?? -Infinity) || value > ((maximum as number | undefined) ?? Infinity)
  )
}

/** A day of the calendar: `2026-02-28` is, `2026-02-30` is not. */
function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (parts === null) return false
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number]
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  return days !== undefined && day >= 1 && day <= days
}

/** A type in words, to complete "expected …" and to tell a model: `integer from 1 to 5`. */
export function expectedText(type: JsonSchema): string {
  if (Array.isArray(type.enum)) return type.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (type.type === 'string' && type.format === 'date') return 'date as YYYY-MM-DD'
  if (type.type === 'string' || type.type === 'boolean') return type.type
  if (type.type === 'number' || type.type === 'integer') return numberText(type)
  const { description: _, ...rest } = type
  return Object.keys(rest).length === 0 ? 'JSON' : `JSON of the schema ${JSON.stringify(rest)}`
}

function numberText({ type, minimum, maximum }: JsonSchema): string {
  const from = typeof minimum === 'number' && minimum !== Number.MIN_SAFE_INTEGER ? ` from ${minimum}` : ''
  const to = typeof maximum === 'number' && maximum !== Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : ''
  return `${type}${from}${to}`
}

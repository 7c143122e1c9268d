/** A space as a schema of the Standard Schema kind, which forms, routers and tools validate with. */

import { invalidOption, isMabeamError, nearest, show } from '@mabeam/foundation'
import type { AnyVariables, ConfigOf, Variables } from './config.ts'
import type { Value } from './description.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'
import { checkSpace } from './space-check.ts'
import type { Space } from './space-interface.ts'
import { storedValue, valueSentence } from './value.ts'
import type { AnyVariable } from './variable.ts'

/** One thing that is wrong, and where. */
export interface SchemaIssue {
  readonly message: string
  readonly path: readonly string[]
}

/** Standard Schema and Standard JSON Schema, version 1. */
export interface SpaceSchema<C> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: 'mabeam'
    readonly validate: (
      value: unknown,
    ) => { readonly value: C; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] }
    readonly types?: { readonly input: C; readonly output: C } | undefined
    readonly jsonSchema: {
      readonly input: (options: { readonly target: string }) => { [keyword: string]: unknown }
      readonly output: (options: { readonly target: string }) => { [keyword: string]: unknown }
    }
  }
}

/**
 * The schema of a space's configurations. It tells of everything that is wrong at once: each issue has a path and says what was
 * expected and what was got. Its JSON Schema is of draft 2020-12 and holds for draft-07 too.
 *
 * Throws: `foundation/invalid-option` for what is no space.
 * @example schemaOf(space({ k: int(1, 9) }))['~standard'].validate({ k: 0 })
 *   // => { issues: [{ path: ['k'], message: 'expected an integer from 1 to 9, got 0' }] }
 */
export function schemaOf<V extends AnyVariables = Variables>(space: Space<V>): SpaceSchema<ConfigOf<V>> {
  checkSpace('schemaOf', space)
  const write = ({ target }: { readonly target: string }): { [keyword: string]: unknown } => {
    const schema: JsonSchema = jsonSchemaOf(space)
    if (target === 'draft-2020-12') return { ...schema }
    if (target === 'draft-07') return { ...schema, $schema: 'http://json-schema.org/draft-07/schema#' }
    throw invalidOption('schemaOf', 'target', 'draft-2020-12 or draft-07', target)
  }
  return {
    '~standard': {
      version: 1,
      vendor: 'mabeam',
      validate: (value) => {
        const issues = issuesOf(space, value)
        return issues.length > 0 ? { issues } : { value: space.validate(value) }
      },
      jsonSchema: { input: write, output: write },
    },
  }
}

function issuesOf<V extends AnyVariables>(space: Space<V>, given: unknown): SchemaIssue[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return [{ path: [], message: `expected an object with a value for each variable, got ${show(given)}` }]
  }
  const values = given as { readonly [name: string]: unknown }
  const names = Object.keys(space.variables)
  const issues = Object.keys(values).flatMap((name) => (names.includes(name) ? [] : [unknownIssue(name, names)]))
  const stored: { [name: string]: Value } = {}
  for (const [name, variable] of Object.entries(space.variables)) {
    const value = storedValue(variable, values[name])
    if (value !== undefined) stored[name] = value
  }
  for (const name of space.activeIn(stored as unknown as ConfigOf<V>)) {
    if (stored[name] !== undefined) continue
    const expected = valueSentence(space.variables[name] as AnyVariable)
    issues.push({ path: [name], message: `expected ${expected}, got ${show(values[name])}` })
  }
  return issues.length > 0 ? issues : lastIssue(space, given)
}

function unknownIssue(name: string, names: readonly string[]): SchemaIssue {
  const near = nearest(name, names)
  return {
    path: [name],
    message: near ? `expected "${near}", got "${name}"` : `expected one of ${names.join(', ')}, got "${name}"`,
  }
}

/** What only the whole configuration shows: a value of an inactive variable, a constraint. */
function lastIssue<V extends AnyVariables>(space: Space<V>, given: unknown): SchemaIssue[] {
  try {
    space.validate(given)
    return []
  } catch (thrown) {
    if (!isMabeamError(thrown) || !thrown.code.startsWith('ml/')) throw thrown
    const { variable, expected, got, why } = thrown.data as { readonly [key: string]: string }
    if (variable === undefined) return [{ path: [], message: `expected ${why ?? thrown.message}` }]
    return [{ path: [variable], message: `expected ${expected}, got ${got}` }]
  }
}

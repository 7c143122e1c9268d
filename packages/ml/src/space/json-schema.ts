/**
 * A space as JSON Schema, draft 2020-12. What JSON Schema can't say (logarithms, steps that don't begin at a multiple, conditions as
 * such, roles, weights, hints) stands under `x-mabeam`; conditions are there twice, so that any validator holds to them.
 */

import type { AnyVariables, Variables } from './config.ts'
import type { When } from './description.ts'
import { checkSpace } from './space-check.ts'
import type { Space } from './space-interface.ts'
import type { AnyVariable } from './variable.ts'

/** A JSON Schema of one object or of one value. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** The dialect that is written. */
export const jsonSchemaDialect = 'https://json-schema.org/draft/2020-12/schema'

/**
 * The schema of the configurations of a space. Constraints are code: their names are there, and validators don't know them.
 *
 * Throws: `foundation/invalid-option` for what is no space.
 * @example jsonSchemaOf(space({ k: int(1, 9) })).required // => ['k']
 */
export function jsonSchemaOf<V extends AnyVariables = Variables>(space: Space<V>): JsonSchema {
  checkSpace('jsonSchemaOf', space)
  const { variables, constraints } = space
  const entries = Object.entries(variables)
  const conditions = entries.flatMap(([name, { when }]) => (when ? [conditionSchema(name, when)] : []))
  return {
    $schema: jsonSchemaDialect,
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, variable]) => [name, variableSchema(variable)])),
    required: entries.filter(([, { when }]) => when === undefined).map(([name]) => name),
    additionalProperties: false,
    ...(conditions.length > 0 ? { allOf: conditions } : {}),
    ...(constraints.length > 0 ? { 'x-mabeam': { constraints: constraints.map(({ name }) => name) } } : {}),
  }
}

function variableSchema(variable: AnyVariable): JsonSchema {
  const { help } = variable
  const description = help === undefined ? {} : { description: help }
  return { ...valueSchema(variable), default: variable.default, ...description, ...extension(variable) }
}

function valueSchema(variable: AnyVariable): JsonSchema {
  switch (variable.type) {
    case 'bool':
      return { type: 'boolean' }
    case 'choice':
      return { enum: variable.values }
    case 'subset': {
      const { items, minSize, maxSize } = variable
      return { type: 'array', items: { enum: items }, uniqueItems: true, minItems: minSize, maxItems: maxSize }
    }
    case 'permutation': {
      const { items } = variable
      return {
        type: 'array',
        items: { enum: items },
        uniqueItems: true,
        minItems: items.length,
        maxItems: items.length,
      }
    }
    default: {
      const { min, max, step } = variable
      const type = variable.type === 'int' ? 'integer' : 'number'
      const isPlain = step === undefined || (variable.type === 'int' && step === 1)
      const multiple = !isPlain && Number.isInteger(min / step) ? { multipleOf: step } : {}
      return { type, minimum: min, maximum: max, ...multiple }
    }
  }
}

function extension(variable: AnyVariable): JsonSchema {
  const { unit, costWeight, performanceWeight, hints, when } = variable
  const own =
    variable.type === 'choice'
      ? { role: variable.role }
      : variable.type === 'float' || variable.type === 'int'
        ? {
            log: variable.log || undefined,
            step: variable.type === 'int' && variable.step === 1 ? undefined : variable.step,
          }
        : variable.type === 'permutation'
          ? { type: 'permutation' }
          : {}
  const said = Object.entries({ ...own, unit, costWeight, performanceWeight, hints, when }).filter(
    ([, value]) => value !== undefined,
  )
  return said.length > 0 ? { 'x-mabeam': Object.fromEntries(said) } : {}
}

/** The variable must be there where the condition holds, and nowhere else. */
function conditionSchema(name: string, when: When): JsonSchema {
  const parents = Object.entries(when)
  return {
    if: {
      properties: Object.fromEntries(parents.map(([parent, values]) => [parent, { enum: values }])),
      required: parents.map(([parent]) => parent),
    },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required: [name] },
    else: { properties: { [name]: false } },
  }
}

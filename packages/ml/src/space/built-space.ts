/** Building spaces: from variables and constraints to what samplers and studies call. */

import { checkOptions, type Json, rule } from '@mabeam/foundation'
import { invalidConfig, invalidVariable } from '../errors.ts'
import { conditionSentence } from './condition.ts'
import { type AnyConfig, type AnyVariables, type Config, inOrder } from './config.ts'
import { type BoundConstraint, bindConstraint, type Constraint } from './constraint.ts'
import { defaultConfig, validDefaults } from './default-config.ts'
import { changedVariable, hasImpliedDefault, type Scalar, type Value } from './description.ts'
import { type Dimension, dimensionsOf, isActive } from './dimension.ts'
import { type FeasibleSet, feasibleSet } from './feasible-set.ts'
import { fitsSize, type ScalarForm, scalarForm } from './list-scalars.ts'
import type { Points } from './points.ts'
import type { Space, SpaceJson } from './space-interface.ts'
import { checkValue, isList } from './value.ts'
import type { AnyVariable } from './variable.ts'

/** The most variables a space may have; an item of a list counts as one. */
const variablesMax = 1_000
/** The most characters of a variable's name. */
const nameCharsMax = 200
/** The most constraints. */
const constraintsMax = 1_000

/** The types of all variables. */
const variableKinds: readonly AnyVariable['type'][] = ['float', 'int', 'bool', 'choice', 'subset', 'permutation']

/** Builds; defaults that break a constraint are refused, or those that nobody gave are moved. */
export function buildSpace(
  given: AnyVariables,
  constraints: readonly Constraint<AnyConfig>[],
  brokenDefaults: 'refuse' | 'move',
): Space<AnyVariables> {
  checkNames(Object.keys(given))
  checkKinds(given)
  if (constraints.length > constraintsMax) {
    throw invalidVariable('space: constraints', `at most ${constraintsMax} constraints`, constraints.length)
  }
  const parts = spaceParts(given, constraints)
  const wanted = defaultConfig(parts.form.variables, parts.dimensions)
  if (parts.bound.every((one) => one.holds(wanted))) return spaceOf(parts, wanted)
  if (brokenDefaults === 'refuse') for (const one of parts.bound) one.check('space: the defaults (give others)', wanted)
  const implied = new Set(
    Object.keys(given).flatMap((name) =>
      hasImpliedDefault(given[name] as AnyVariable) ? parts.form.scalarsOf(name) : [],
    ),
  )
  const { form, dimensions, bound, feasible } = parts
  const moved = validDefaults({ variables: form.variables, dimensions, constraints: bound, feasible, implied })
  const config = form.fromScalar(moved)
  const variables = Object.entries(given).map(([name, variable]) => [name, movedDefault(variable, config[name])])
  return spaceOf(spaceParts(Object.fromEntries(variables), constraints), moved)
}

function movedDefault(variable: AnyVariable, value: Value | undefined): AnyVariable {
  return value === undefined ? variable : changedVariable(variable, { default: value })
}

interface SpaceParts {
  readonly variables: AnyVariables
  readonly constraints: readonly Constraint<AnyConfig>[]
  readonly form: ScalarForm
  /** The variable that a scalar belongs to. */
  readonly owners: ReadonlyMap<string, string>
  readonly dimensions: readonly Dimension[]
  readonly bound: readonly BoundConstraint[]
  readonly feasible: FeasibleSet
}

function checkNames(names: readonly string[]): void {
  if (names.length === 0 || names.length > variablesMax) {
    throw invalidVariable('space: variables', `1 to ${variablesMax} variables`, names.length)
  }
  for (const name of names) {
    if (name.length > 0 && name.length <= nameCharsMax && name !== '__proto__') continue
    throw invalidVariable('space: variables', `names of 1 to ${nameCharsMax} characters`, name)
  }
}

/** What stands in the place of a variable is often an object or a list that was meant as a group or a choice. */
function checkKinds(given: { readonly [name: string]: unknown }): void {
  for (const [name, one] of Object.entries(given)) {
    if (variableKinds.includes((one as Partial<AnyVariable> | null | undefined)?.type as AnyVariable['type'])) continue
    const expected = 'a variable, such as float(0, 1) or choice([…]), or in defineSpace a group({…}) of them'
    throw invalidVariable(`space: ${name}`, expected, one)
  }
}

function spaceParts(variables: AnyVariables, constraints: readonly Constraint<AnyConfig>[]): SpaceParts {
  const form = scalarForm(variables)
  const scalars = Object.keys(form.variables).length
  if (scalars > variablesMax) {
    throw invalidVariable('space: variables', `1 to ${variablesMax} variables, items of lists included`, scalars)
  }
  const dimensions = dimensionsOf(form.variables, form.labels)
  const names = Object.keys(variables)
  const bound = constraints.map((one) => bindConstraint(one, form, names))
  const feasible = feasibleSet({ dimensions, constraints: bound, sizes: form.sizes })
  return {
    variables: Object.freeze({ ...variables }),
    constraints: Object.freeze([...constraints]),
    form,
    owners: new Map(names.flatMap((name) => form.scalarsOf(name).map((part) => [part, name] as const))),
    dimensions,
    bound,
    feasible,
  }
}

function spaceOf(parts: SpaceParts, defaults: Config): Space<AnyVariables> {
  const { variables, constraints, form, dimensions, bound, feasible } = parts
  const hasLists = Object.values(variables).some(isList)
  const { fromScalar, toScalar } = form
  const allowed = (config: Config) =>
    form.sizes.every((one) => fitsSize(one, config)) && bound.every((one) => one.holds(config))
  let scalar: Space | undefined
  const made: Space<AnyVariables> = {
    variables,
    constraints,
    defaults: Object.freeze(fromScalar(defaults)),
    dimensions,
    get cardinality() {
      return feasible.count
    },
    get points() {
      const { points } = feasible
      return hasLists && points ? raisedPoints(points, fromScalar) : points
    },
    get scalar() {
      scalar ??= hasLists ? scalarSpaceOf(parts, defaults) : (made as unknown as Space)
      return scalar
    },
    sample: (random) => fromScalar(feasible.sample(random)),
    validate: (config) => validConfig(parts, config, 'refuse'),
    complete: (config) => validConfig(parts, config, 'default'),
    activeIn: (config) => activeNames(parts, toScalar(config)),
    satisfies: (config) => allowed(toScalar(config)),
    toScalar,
    fromScalar,
    constrain: (name, test, details = {}) => {
      const more = typeof details === 'function' ? { explain: details } : checkedDetails(details)
      return buildSpace(variables, [...constraints, { ...more, name, test } as Constraint<AnyConfig>], 'move')
    },
    toJSON: () => spaceJson(variables, constraints),
  }
  return Object.freeze(made)
}

function checkedDetails<D extends object>(details: D): D {
  checkOptions('constrain', details, { explain: rule.optional(rule.fn()), reads: rule.optional(rule.array()) })
  return details
}

/** The space of the same variables as scalars, under the same constraints and the sizes of subsets. */
function scalarSpaceOf(parts: SpaceParts, defaults: Config): Space {
  const { form, bound } = parts
  const scalar = scalarForm(form.variables)
  const names = Object.keys(form.variables)
  const sizes = form.sizes.map((size) =>
    bindConstraint(
      { name: `${size.variable}: size`, reads: size.names, test: (config) => fitsSize(size, config as Config) },
      scalar,
      names,
    ),
  )
  const all = [...sizes, ...bound]
  const constraints = all.map(({ name, reads, holds, why }) => ({
    name,
    test: (config: AnyConfig) => holds(config as Config),
    explain: (config: AnyConfig) => why(config as Config),
    ...(reads ? { reads } : {}),
  }))
  const owners = new Map(names.map((name) => [name, name]))
  const scalarParts = { ...parts, variables: form.variables, constraints, form: scalar, owners, bound: all }
  return spaceOf(scalarParts, defaults) as unknown as Space
}

function raisedPoints({ count, at, sample }: Points, raise: (config: Config) => AnyConfig): Points<AnyConfig> {
  return { count, at: (position) => raise(at(position)), sample: (random) => raise(sample(random)) }
}

/** Values of inactive variables are not looked at, so that they can't make others active. */
function activeNames({ variables, form, dimensions }: SpaceParts, given: Config): string[] {
  const config: { [name: string]: Scalar | undefined } = {}
  for (const dimension of dimensions) {
    if (isActive(dimension, config)) config[dimension.name] = given[dimension.name]
  }
  return Object.keys(variables).filter((name) => Object.hasOwn(config, form.scalarsOf(name)[0] as string))
}

/** What is missing is refused or gets its default; what is inactive is refused or left out. */
function validConfig(parts: SpaceParts, given: unknown, missing: 'refuse' | 'default'): AnyConfig {
  const { variables, form, dimensions, bound } = parts
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidConfig('(all)', 'an object with a value for each variable', given)
  }
  checkOptions('config', given, Object.fromEntries(Object.keys(variables).map((name) => [name, anyValue])))
  const values = given as { readonly [name: string]: unknown }
  const ownerOf = parts.owners
  const stored: { [name: string]: Value } = {}
  const scalars: { [name: string]: Scalar } = {}
  for (const dimension of dimensions) {
    const name = ownerOf.get(dimension.name) as string
    const variable = variables[name] as AnyVariable
    if (!isActive(dimension, scalars)) {
      if (missing === 'refuse' && values[name] !== undefined && dimension.condition) {
        throw invalidConfig(name, `nothing unless ${conditionSentence(dimension.condition)}`, values[name])
      }
      continue
    }
    if (stored[name] === undefined) {
      const value = values[name] === undefined && missing === 'default' ? variable.default : values[name]
      stored[name] = checkValue(name, variable, value)
      Object.assign(scalars, form.toScalar({ [name]: stored[name] as Value }))
    }
  }
  for (const one of bound) one.check('config', scalars)
  return inOrder(Object.keys(variables), stored)
}

const anyValue = rule.optional(rule.any())

function spaceJson(variables: AnyVariables, constraints: readonly Constraint<AnyConfig>[]): SpaceJson {
  const isNew = (one: AnyVariable) => isList(one) || newKeys.some((key) => key in one)
  return {
    version: Object.values(variables).some(isNew) ? 2 : 1,
    variables: variables as unknown as { readonly [name: string]: Json },
    constraints: constraints.map(({ name }) => name),
  }
}

/** What version 1 did not know of a variable. */
const newKeys = ['when', 'role', 'costWeight', 'performanceWeight', 'hints']

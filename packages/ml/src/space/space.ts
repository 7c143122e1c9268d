/**
 * A space: named variables, constraints between them, and the configurations that satisfy both. The type of its
 * configurations is inferred. A space is immutable and has no state beyond what it computes once from itself.
 */

import { checkOptions, type Json, type Random, rule, show } from '@mabeam/foundation'
import { brokenConstraint, invalidConfig, invalidVariable, unsatisfiable } from '../errors.ts'
import { conditionSentence } from './condition.ts'
import { countConfigs } from './config-count.ts'
import { type Dimension, dimensionsOf, isActive } from './dimension.ts'
import { listPoints, type Points } from './points.ts'
import { checkValue, type Scalar, type ValueOf, type Variable, type When } from './variable.ts'

/** Variables by name. */
export interface Variables {
  readonly [name: string]: Variable
}

/** A value for each active variable. */
export interface Config {
  readonly [name: string]: Scalar
}

/**
 * The configurations of a space with these variables; those with a condition may be absent.
 *
 * @example ConfigOf<{ t: FloatVariable }> // { readonly t: number }
 */
export type ConfigOf<V extends Variables> = [ConditionalNames<V>] extends [never]
  ? { readonly [Name in keyof V]: ValueOf<V[Name]> }
  : Plain<
      { readonly [Name in Exclude<keyof V, ConditionalNames<V>>]: ValueOf<V[Name]> } & {
        readonly [Name in ConditionalNames<V>]?: ValueOf<V[Name]>
      }
    >

type ConditionalNames<V extends Variables> = {
  [Name in keyof V]: V[Name] extends { readonly when: When } ? Name : never
}[keyof V]

type Plain<T> = { [Key in keyof T]: T[Key] }

/** A predicate over whole configurations. Must be pure: it is called often and its answer is kept. */
export interface Constraint<C = Config> {
  readonly name: string
  test(config: C): boolean
  /** One clause for people: why this configuration is refused. @default `it must hold` with the constraint's name */
  explain?(config: C): string
}

export interface SpaceOptions<C> {
  /** @default [] */
  readonly constraints?: readonly Constraint<C>[]
}

/** Called by studies and samplers; every method is pure but for the `random` it is given. */
export interface Space<V extends Variables = Variables> {
  readonly variables: V
  readonly constraints: readonly Constraint<ConfigOf<V>>[]
  /** The default of each variable that is active when the others have theirs. Always valid. */
  readonly defaults: ConfigOf<V>
  /**
   * Number of valid configurations, inactive variables not counted. Where constrained and too large to list it leaves the
   * constraints aside, so that it is never too small.
   */
  readonly cardinality: number
  /** The variables as numbers, in order but for those that stand before what they depend on. */
  readonly dimensions: readonly Dimension[]
  /** The valid configurations as a list, or undefined when there are more than 65,536 configurations. */
  readonly points: Points | undefined
  /**
   * A valid configuration drawn from the prior: uniform on each axis, parents first, given the constraints. Exact where `points`
   * exist, else by at most 10,000 draws. Throws: `ml/unsatisfiable` naming the constraint that refused most.
   */
  sample(random: Random): ConfigOf<V>
  /**
   * The configuration as it is stored (values on their steps, variables in order). Throws: `ml/invalid-config` naming
   * variable, expectation and what was got, also for a value of an inactive variable; `foundation/unknown-name` for a
   * variable too many; `ml/broken-constraint`.
   */
  validate(config: unknown): ConfigOf<V>
  /** Names of the variables that are active, in order, by the values of their parents alone. */
  activeIn(config: Config): string[]
  /** Whether all constraints hold. Requires: values in their ranges, of active variables only. */
  satisfies(config: Config): boolean
  /** Variables and names of constraints as plain data; see `spaceFromJSON`. */
  toJSON(): SpaceJson
}

/** A space as plain data. Constraints are code and leave only their names. */
export interface SpaceJson {
  readonly version: 1
  readonly variables: { readonly [name: string]: Json }
  readonly constraints: readonly string[]
}

/** The most variables a space may have. */
const variablesMax = 1_000
/** The most draws before sampling under constraints gives up. */
const drawsMax = 10_000

/**
 * A space over `variables`.
 *
 * Throws: `ml/invalid-variable` for no or too many variables; `ml/invalid-variable` and `foundation/unknown-name` for
 * conditions that can't be; `ml/broken-constraint` when the defaults break one.
 * @example
 * const tuning = space(
 *   { model: choice(['small', 'large']), demos: int({ min: 0, max: 16 }) },
 *   { constraints: [{ name: 'cheap', test: (c) => c.model === 'small' || c.demos <= 4, explain: () => 'large takes 4' }] },
 * )
 */
export function space<const V extends Variables>(variables: V, options: SpaceOptions<ConfigOf<V>> = {}): Space<V> {
  checkOptions('space', options, { constraints: rule.optional(rule.array()) })
  const names = Object.keys(variables)
  if (names.length === 0 || names.length > variablesMax) {
    throw invalidVariable('space: variables', `1 to ${variablesMax} variables`, names.length)
  }
  const constraints = Object.freeze([...(options.constraints ?? [])]) as readonly Constraint[]
  const built = buildSpace(Object.freeze({ ...variables }), constraints)
  for (const one of constraints) refuse('space: the defaults (give others)', one, built.defaults)
  return built as unknown as Space<V>
}

/** The first constraint that `config` breaks. */
function brokenBy(constraints: readonly Constraint[], config: Config): Constraint | undefined {
  return constraints.find((one) => !one.test(config))
}

function buildSpace(variables: Variables, constraints: readonly Constraint[]): Space {
  const dimensions = dimensionsOf(variables)
  const satisfies = (config: Config) => brokenBy(constraints, config) === undefined
  const defaults = defaultConfig(variables, dimensions)
  let listed: { readonly points: Points | undefined } | undefined
  const points = () => {
    listed ??= { points: listPoints(dimensions, satisfies) }
    return listed.points
  }
  return Object.freeze({
    variables,
    constraints,
    defaults: Object.freeze(defaults),
    dimensions,
    get points() {
      return points()
    },
    get cardinality() {
      return constraints.length === 0 ? countConfigs(dimensions) : (points()?.count ?? countConfigs(dimensions))
    },
    sample: (random: Random) => {
      if (constraints.length === 0) return drawFreely(dimensions, random)
      return points()?.sample(random) ?? drawUntilValid(dimensions, constraints, random)
    },
    validate: (config: unknown) => validConfig({ variables, dimensions, constraints }, config),
    activeIn: (config: Config) => activeNames(Object.keys(variables), dimensions, config),
    satisfies,
    toJSON: () => ({
      version: 1 as const,
      variables: variables as unknown as { readonly [name: string]: Json },
      constraints: constraints.map(({ name }) => name),
    }),
  })
}

function drawFreely(dimensions: readonly Dimension[], random: Random): Config {
  const config: { [name: string]: Scalar } = {}
  for (const dimension of dimensions) {
    if (isActive(dimension, config)) config[dimension.name] = dimension.draw(random)
  }
  return config
}

function defaultConfig(variables: Variables, dimensions: readonly Dimension[]): Config {
  const config: { [name: string]: Scalar } = {}
  for (const dimension of dimensions) {
    if (isActive(dimension, config)) config[dimension.name] = (variables[dimension.name] as Variable).default
  }
  return inOrder(Object.keys(variables), config)
}

function inOrder(names: readonly string[], config: Config): Config {
  return Object.fromEntries(
    names.filter((name) => config[name] !== undefined).map((name) => [name, config[name] as Scalar]),
  )
}

/** Values of inactive variables are not looked at, so that they can't make others active. */
function activeNames(names: readonly string[], dimensions: readonly Dimension[], given: Config): string[] {
  const config: { [name: string]: Scalar } = {}
  for (const dimension of dimensions) {
    if (isActive(dimension, config)) config[dimension.name] = given[dimension.name] as Scalar
  }
  return names.filter((name) => Object.hasOwn(config, name))
}

function drawUntilValid(dimensions: readonly Dimension[], constraints: readonly Constraint[], random: Random): Config {
  const refusals = new Map<Constraint, number>()
  let last: Config = {}
  for (let i = 0; i < drawsMax; i++) {
    last = drawFreely(dimensions, random)
    const broken = brokenBy(constraints, last)
    if (!broken) return last
    refusals.set(broken, (refusals.get(broken) ?? 0) + 1)
  }
  const [worst, refused] = [...refusals].sort((a, b) => b[1] - a[1])[0] as [Constraint, number]
  const why = worst.explain?.(last) ?? 'it must hold'
  throw unsatisfiable(
    `space: no valid configuration in ${drawsMax} draws; constraint "${worst.name}" refused ${refused} of them (${why}); narrow the variables so that it holds more often`,
    { constraint: worst.name, refused, draws: drawsMax, example: last },
  )
}

interface SpaceParts {
  readonly variables: Variables
  readonly dimensions: readonly Dimension[]
  readonly constraints: readonly Constraint[]
}

function validConfig({ variables, dimensions, constraints }: SpaceParts, given: unknown): Config {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalidConfig('(all)', 'an object with a value for each variable', given)
  }
  const values = given as { readonly [name: string]: unknown }
  checkOptions('config', given, Object.fromEntries(Object.keys(variables).map((name) => [name, anyValue])))
  const stored: { [name: string]: Scalar } = {}
  for (const dimension of dimensions) {
    const { name, condition } = dimension
    if (isActive(dimension, stored)) stored[name] = checkValue(name, variables[name] as Variable, values[name])
    else if (values[name] !== undefined && condition) {
      throw invalidConfig(name, `nothing unless ${conditionSentence(condition)}`, values[name])
    }
  }
  const config = inOrder(Object.keys(variables), stored)
  for (const one of constraints) refuse('config', one, config)
  return config
}

const anyValue = rule.optional(rule.any())

function refuse(owner: string, constraint: Constraint, config: Config): void {
  if (constraint.test(config)) return
  const why = constraint.explain?.(config) ?? `it must hold, got ${show(config)}`
  throw brokenConstraint(owner, constraint.name, { why, config })
}

/** Spaces out of spaces: one with its names behind a namespace, and several as one. */

import { invalidVariable } from '../errors.ts'
import { buildSpace } from './built-space.ts'
import type { AnyConfig, AnyVariables } from './config.ts'
import type { Constraint } from './constraint.ts'
import { changedVariable, type Value } from './description.ts'
import { checkSpace } from './space-check.ts'
import type { Space } from './space-interface.ts'
import type { AnyVariable, When } from './variable.ts'

/** Variables behind a namespace, as a type. */
export type Namespaced<N extends string, V extends AnyVariables> = {
  readonly [Name in keyof V & string as `${N}.${Name}`]: V[Name]
}

type Plain<T> = { readonly [Name in keyof T]: T[Name] extends AnyVariable ? T[Name] : never }

/** The variables of all spaces, as a type. */
export type Merged<S extends readonly unknown[]> = S extends readonly [Space<infer V>, ...infer Rest]
  ? V & Merged<Rest>
  : unknown

/**
 * The space with `namespace.` before each name, in conditions and constraints too.
 *
 * Throws: `ml/invalid-variable` for an empty namespace or one with a dot at an end; `foundation/invalid-option` for what is no space.
 * @example namespaced('retriever', space({ k: int(1, 20) })).defaults // => { 'retriever.k': 11 }
 */
export function namespaced<const N extends string, V extends AnyVariables>(
  namespace: N,
  inner: Space<V>,
): Space<Namespaced<N, V>> {
  if (typeof namespace !== 'string' || !/^[^.](.*[^.])?$/s.test(namespace)) {
    throw invalidVariable('namespaced: namespace', 'a name without a dot at its ends', namespace)
  }
  checkSpace('namespaced', inner)
  const before = `${namespace}.`
  const variables = Object.fromEntries(
    Object.entries(inner.variables).map(([name, variable]) => [`${before}${name}`, inNamespace(variable, before)]),
  )
  const constraints = inner.constraints.map((one) => renamedConstraint(one as Constraint<AnyConfig>, inner, before))
  return buildSpace(variables, constraints, 'move') as unknown as Space<Namespaced<N, V>>
}

/**
 * One space with the variables and constraints of all; no two may share a name.
 *
 * Throws: `ml/invalid-variable` naming a variable that two have; `foundation/invalid-option` for what is no space.
 * @example mergeSpaces(program, namespaced('retriever', retriever))
 */
export function mergeSpaces<
  // biome-ignore lint/suspicious/noExplicitAny: each space keeps its own variables only when nothing is asked of them here
  const S extends readonly [Space<any>, ...Space<any>[]],
>(...spaces: S): Space<Plain<Merged<S>>> {
  const variables: { [name: string]: AnyVariable } = {}
  const constraints: Constraint<AnyConfig>[] = []
  for (const one of spaces as unknown as readonly Space<AnyVariables>[]) {
    checkSpace('mergeSpaces', one)
    for (const [name, variable] of Object.entries(one.variables)) {
      if (Object.hasOwn(variables, name)) throw invalidVariable('mergeSpaces', 'no variable twice', name)
      variables[name] = variable
    }
    for (const constraint of one.constraints) constraints.push(renamedConstraint(constraint, one, ''))
  }
  return buildSpace(variables, constraints, 'move') as unknown as Space<Plain<Merged<S>>>
}

function inNamespace(variable: AnyVariable, before: string): AnyVariable {
  if (variable.when === undefined) return variable
  const when: When = Object.fromEntries(
    Object.entries(variable.when).map(([parent, values]) => [`${before}${parent}`, values]),
  )
  return changedVariable(variable, { when })
}

/** The constraint over the larger space: it is shown the values of its own space by their own names. */
function renamedConstraint(
  constraint: Constraint<AnyConfig>,
  { variables }: Space<AnyVariables>,
  before: string,
): Constraint<AnyConfig> {
  const { name, explain } = constraint
  const reads = constraint.reads ?? Object.keys(variables)
  const names = new Set(reads)
  const own = (config: AnyConfig): AnyConfig => ownPart(config, names, before)
  return {
    name: `${before}${name}`,
    test: (config) => constraint.test(own(config)),
    ...(explain ? { explain: (config: AnyConfig) => constraint.explain?.(own(config)) ?? '' } : {}),
    ...(constraint.reads ? { reads: reads.map((one) => `${before}${one}`) } : {}),
  }
}

/** A view and not a copy, so that a space that watches what a constraint reads sees it. */
function ownPart(config: AnyConfig, names: ReadonlySet<string>, before: string): AnyConfig {
  const whole = (name: string | symbol) => (names.has(String(name)) ? `${before}${String(name)}` : undefined)
  return new Proxy({} as { [name: string]: Value }, {
    get: (_, name) => {
      const key = whole(name)
      return key === undefined ? undefined : config[key]
    },
    has: (_, name) => {
      const key = whole(name)
      return key !== undefined && key in config
    },
    ownKeys: () => [...names].filter((name) => Object.hasOwn(config, `${before}${name}`)),
    getOwnPropertyDescriptor: (_, name) => {
      const key = whole(name)
      if (key === undefined || !Object.hasOwn(config, key)) return undefined
      return { value: config[key], enumerable: true, configurable: true, writable: false }
    },
  })
}

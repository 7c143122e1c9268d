/**
 * Groups: variables under a common name. A group is written into the space with its name before theirs, `retriever.k`, and its
 * condition goes over to all of them, so that samplers, journals and configurations know variables alone.
 */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { invalidVariable } from '../errors.ts'
import { buildSpace } from './built-space.ts'
import { changedVariable, type Scalar, type When } from './description.ts'
import type { Space } from './space-interface.ts'
import type { AnyVariable } from './variable.ts'

/** Variables and groups of them, by name. */
export interface VariableTree {
  readonly [name: string]: AnyVariable | Group
}

/** Variables that belong together. */
export interface Group<T extends VariableTree = VariableTree, W extends When | undefined = When | undefined> {
  readonly type: 'group'
  readonly members: T
  readonly when: W
}

export interface GroupOptions<W extends When | undefined> {
  /** All of the group is part of a configuration only where this holds. @default always */
  readonly when?: W
}

/** The variables of a tree by their whole names. @example FlatVariables<{ r: Group<{ k: IntVariable }> }> // { 'r.k': IntVariable } */
export type FlatVariables<T extends VariableTree> = { readonly [Path in PathsOf<T>]: AtPath<T, Path> }

type PathsOf<T extends VariableTree> = {
  [Name in keyof T & string]: T[Name] extends Group<infer M> ? `${Name}.${PathsOf<M>}` : Name
}[keyof T & string]

type AtPath<T extends VariableTree, Path extends string> = Path extends keyof T
  ? T[Path] extends AnyVariable
    ? T[Path]
    : never
  : Path extends `${infer Name}.${infer Rest}`
    ? T[Name] extends Group<infer M, infer W>
      ? InGroup<AtPath<M, Rest>, W>
      : never
    : never

type InGroup<V, W> = V extends AnyVariable ? ([W] extends [When] ? V & { readonly when: When } : V) : never

/** The deepest that groups may stand in each other. */
export const groupDepthMax = 16

/**
 * Variables under a common name. A condition inside names members of the group first, then what stands around it.
 *
 * Throws: `ml/invalid-variable` for no members; `foundation/invalid-option`, `foundation/unknown-name` for options.
 * @example defineSpace({ retriever: group({ k: int(1, 20), kind: choice(['bm25', 'dense']) }) }) // retriever.k, retriever.kind
 */
export function group<const T extends VariableTree, const W extends When | undefined = undefined>(
  members: T,
  options: GroupOptions<W> = {},
): Group<T, W> {
  if (typeof members !== 'object' || members === null || Object.keys(members).length === 0) {
    throw invalidVariable('group: members', 'an object with at least one variable', members)
  }
  checkOptions('group', options, { when: rule.optional(rule.record()) })
  return Object.freeze({ type: 'group', members: Object.freeze({ ...members }), when: options.when as W })
}

/**
 * A space over variables and groups of them. Defaults that nobody gave move where constraints that follow refuse them.
 *
 * Throws: what `space` throws; `ml/invalid-variable` for groups deeper than 16 or conditions of a group that can't be met.
 * @example
 * const tuning = defineSpace({
 *   reasoning: moduleChoice({ predict, chainOfThought }),
 *   demos: int(0, 8, { when: { reasoning: ['predict'] } }),
 *   retriever: group({ k: int(1, 20) }),
 * }).constrain('few demos with many passages', (c) => (c.demos ?? 0) + c['retriever.k'] <= 20)
 */
export function defineSpace<const T extends VariableTree>(tree: T): Space<FlatVariables<T>> {
  if (typeof tree !== 'object' || tree === null) throw invalidVariable('defineSpace', 'an object of variables', tree)
  const variables = Object.fromEntries(flattened(tree, { prefix: '', outer: [], when: undefined, depth: 0 }))
  return buildSpace(variables, [], 'move') as unknown as Space<FlatVariables<T>>
}

/** A configuration with the values of groups in objects of their own. Throws: `foundation/invalid-option` for what is none. @example nestedConfig({ 'r.k': 3, t: 1 }) // { r: { k: 3 }, t: 1 } */
export function nestedConfig<C extends { readonly [name: string]: unknown }>(config: C): NestedConfig<C> {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw invalidOption('nestedConfig', 'config', 'a configuration', config)
  }
  const nested: { [name: string]: unknown } = {}
  for (const [path, value] of Object.entries(config)) {
    const steps = path.split('.')
    let at = nested
    for (const step of steps.slice(0, -1)) {
      at[step] ??= {}
      at = at[step] as { [name: string]: unknown }
    }
    at[steps.at(-1) as string] = value
  }
  return nested as NestedConfig<C>
}

/** The type of `nestedConfig`. */
export type NestedConfig<C> = {
  readonly [Name in HeadOf<keyof C & string>]: Name extends keyof C ? C[Name] : NestedConfig<Below<C, Name>>
}

type HeadOf<Path extends string> = Path extends `${infer Head}.${string}` ? Head : Path

type Below<C, Head extends string> = {
  [Path in keyof C as Path extends `${Head}.${infer Rest}` ? Rest : never]: C[Path]
}

interface Surroundings {
  readonly prefix: string
  /** Names in each enclosing group by what they are called in it, the innermost first. */
  readonly outer: readonly ReadonlyMap<string, string>[]
  readonly when: When | undefined
  readonly depth: number
}

function flattened(tree: VariableTree, { prefix, outer, when, depth }: Surroundings): [string, AnyVariable][] {
  if (depth > groupDepthMax) throw invalidVariable(`space: ${prefix}`, `groups at most ${groupDepthMax} deep`, depth)
  const scopes = [namesIn(tree, prefix), ...outer]
  return Object.entries(tree).flatMap(([name, one]): [string, AnyVariable][] => {
    const path = `${prefix}${name}`
    if (typeof one !== 'object' || one === null) throw invalidVariable(`space: ${path}`, 'a variable or a group', one)
    const whole = bothWhen(path, when, one.when && renamed(one.when, scopes))
    if (one.type === 'group') {
      return flattened(one.members, { prefix: `${path}.`, outer: scopes, when: whole, depth: depth + 1 })
    }
    return [[path, whole === undefined ? one : changedVariable(one, { when: whole })]]
  })
}

/** What can be named in a condition: members, and members of groups by their path from here. */
function namesIn(tree: VariableTree, prefix: string): Map<string, string> {
  const names = new Map<string, string>()
  const add = (members: VariableTree, path: string) => {
    for (const [name, one] of Object.entries(members)) {
      if (one?.type === 'group') add(one.members, `${path}${name}.`)
      else {
        names.set(`${path}${name}`, `${prefix}${path}${name}`)
        if (one?.type === 'subset')
          for (const item of one.items) names.set(`${path}${name}[${item}]`, `${prefix}${path}${name}[${item}]`)
      }
    }
  }
  add(tree, '')
  return names
}

function renamed(when: When, scopes: readonly ReadonlyMap<string, string>[]): When {
  return Object.fromEntries(
    Object.entries(when).map(([name, values]) => [scopes.find((scope) => scope.has(name))?.get(name) ?? name, values]),
  )
}

/** Both conditions; where they name the same parent, the values that both allow. */
function bothWhen(path: string, a: When | undefined, b: When | undefined): When | undefined {
  if (!a || !b) return a ?? b
  const both: { [name: string]: readonly Scalar[] } = { ...a }
  for (const [name, values] of Object.entries(b)) {
    const shared = a[name]?.filter((one) => values.includes(one)) ?? values
    if (shared.length === 0)
      throw invalidVariable(`space: ${path}: when.${name}`, 'a value that its group allows', values)
    both[name] = shared
  }
  return both
}

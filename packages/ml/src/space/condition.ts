/**
 * When a variable is part of a configuration. A condition names parents and the values they must have; an inactive parent
 * has none, so that a variable below an inactive one is inactive too. Conditions have no cycle, so variables can be
 * ordered with parents first.
 */

import { show, unknownName } from '@mabeam/foundation'
import { invalidVariable } from '../errors.ts'
import type { Scalar } from './description.ts'
import { checkValue } from './value.ts'
import type { Variable } from './variable.ts'

/** The condition of one dimension, as samplers see it. */
export interface Condition {
  /** All of them must hold. */
  readonly parents: readonly ConditionParent[]
  /** Requires: the parents that are active have their values in `config`, and the others are absent from it. */
  holds(config: { readonly [name: string]: unknown }): boolean
}

/** One parent and what it must be. */
export interface ConditionParent {
  readonly name: string
  /** At least one, each once, each a value that the parent can take. */
  readonly values: readonly Scalar[]
}

/** Variables with their conditions, parents first. */
export interface ConditionedVariable {
  readonly name: string
  readonly variable: Variable
  readonly condition: Condition | undefined
  /**
   * All ancestors and what they must be for this variable to be active, without those that may be anything. Variables
   * with equal requirements are always active together.
   */
  readonly requires: readonly ConditionParent[]
}

/**
 * The variables in their order, moved behind their parents where they stand before them.
 *
 * Throws: `foundation/unknown-name` for a parent that is no variable; `ml/invalid-variable` naming the variable for a
 * parent that is a range of reals or a list, a value the parent can't take, a cycle, or a condition that can never hold.
 */
export function orderedByCondition(variables: { readonly [name: string]: Variable }): ConditionedVariable[] {
  const ordered = new Map<string, ConditionedVariable>()
  const visit = (name: string, above: readonly string[]): ConditionedVariable => {
    const known = ordered.get(name)
    if (known) return known
    if (above.includes(name)) {
      const circle = [...above.slice(above.indexOf(name)), name].join(' → ')
      throw invalidVariable(`space: ${name}: when`, 'conditions without a cycle', circle)
    }
    const variable = variables[name] as Variable
    const parents = parentsOf(name, variables)
    const requires = requirementsOf(
      name,
      parents.map((parent) => [parent, visit(parent.name, [...above, name])] as const),
    )
    const one = { name, variable, condition: parents.length > 0 ? conditionOf(parents) : undefined, requires }
    ordered.set(name, one)
    return one
  }
  for (const name of Object.keys(variables)) visit(name, [])
  return [...ordered.values()]
}

/** Whether all of `requires` hold in a configuration. */
export function holdsIn(requires: readonly ConditionParent[], config: { readonly [name: string]: unknown }): boolean {
  return requires.every(({ name, values }) => (values as readonly unknown[]).includes(config[name]))
}

/** The condition as a clause: `kind is "tree" and depth is 1 or 2`. */
export function conditionSentence({ parents }: Condition): string {
  return parents.map(({ name, values }) => `${name} is ${values.map((one) => show(one)).join(' or ')}`).join(' and ')
}

function conditionOf(parents: readonly ConditionParent[]): Condition {
  const sets = parents.map(({ name, values }) => ({ name, values: new Set<unknown>(values) }))
  return { parents, holds: (config) => sets.every(({ name, values }) => values.has(config[name])) }
}

function parentsOf(child: string, variables: { readonly [name: string]: Variable }): ConditionParent[] {
  return Object.entries(variables[child]?.when ?? {}).map(([name, values]) => {
    const at = `space: ${child}: when.${name}`
    const parent = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (!parent) throw unknownName(`space: ${child}: when`, 'variable', name, Object.keys(variables))
    if (valueCount(parent) === undefined) throw invalidVariable(at, 'a choice, a bool or an int as parent', parent.type)
    const stored = values.map((value) => checkParentValue(at, parent, value))
    return { name, values: Object.freeze(stored) }
  })
}

function checkParentValue(at: string, parent: Variable, value: Scalar): Scalar {
  try {
    return checkValue(at, parent, value) as Scalar
  } catch {
    throw invalidVariable(at, 'values that the parent can take', value)
  }
}

/** How many values a parent has; undefined for what can't be one. */
function valueCount(parent: Variable): number | undefined {
  if (parent.type === 'choice') return parent.values.length
  if (parent.type === 'bool') return 2
  return parent.type === 'int' ? Math.floor((parent.max - parent.min) / parent.step + 1e-9) + 1 : undefined
}

function requirementsOf(
  child: string,
  parents: readonly (readonly [ConditionParent, ConditionedVariable])[],
): ConditionParent[] {
  const allowed = new Map<string, readonly Scalar[]>()
  const narrow = ({ name, values }: ConditionParent) => {
    const both = allowed.get(name)?.filter((one) => values.includes(one)) ?? values
    if (both.length === 0) {
      throw invalidVariable(`space: ${child}: when`, 'a condition that can hold', `${name} with no value left`)
    }
    allowed.set(name, both)
  }
  for (const [parent, { variable, requires }] of parents) {
    for (const above of requires) narrow(above)
    if (parent.values.length < (valueCount(variable) as number)) narrow(parent)
  }
  return [...allowed]
    .map(([name, values]) => ({ name, values: [...values].sort(byText) }))
    .sort((a, b) => byText(a.name, b.name))
}

function byText(a: Scalar, b: Scalar): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

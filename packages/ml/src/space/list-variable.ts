/**
 * Variables of which a value is a list: some of the items, or all of them in an order. Samplers see them as scalars: a subset
 * as one bool for each item, a permutation as the place at which each item is put among those before it.
 */

import { checkOptions, rule } from '@mabeam/foundation'
import { invalidVariable } from '../errors.ts'
import {
  type Described,
  type DescribedOptions,
  described,
  descriptionRules,
  finishedVariable,
  type Gated,
  isScalar,
  listed,
  type Scalar,
  type When,
} from './description.ts'

/** Some of the items, in the order of the items. */
export interface SubsetVariable<T extends Scalar = Scalar> extends Described<readonly T[]> {
  readonly type: 'subset'
  readonly items: readonly T[]
  readonly minSize: number
  readonly maxSize: number
  readonly default: readonly T[]
}

/** All items, in any order. */
export interface PermutationVariable<T extends Scalar = Scalar> extends Described<readonly T[]> {
  readonly type: 'permutation'
  readonly items: readonly T[]
  readonly default: readonly T[]
}

/** A variable of which each value is a list. */
export type ListVariable<T extends Scalar = Scalar> = SubsetVariable<T> | PermutationVariable<T>

export interface PermutationOptions<T extends Scalar, W extends When | undefined = When | undefined>
  extends DescribedOptions<readonly T[], W> {
  /** @default the items in their order */
  readonly default?: readonly T[]
}

export interface SubsetOptions<T extends Scalar, W extends When | undefined = When | undefined>
  extends DescribedOptions<readonly T[], W> {
  /** @default 0 */
  readonly minSize?: number
  /** @default all items */
  readonly maxSize?: number
  /** @default the first `minSize` items */
  readonly default?: readonly T[]
}

/** The most items of a subset or a permutation. */
const itemsMax = 100

/**
 * Some of `items`; the prior is uniform over the subsets of an allowed size.
 *
 * Throws: `ml/invalid-variable` naming the option; `foundation/unknown-name`.
 * @example subset(['search', 'calculator', 'code'], { minSize: 1 }) // ConfigOf: readonly ('search' | 'calculator' | 'code')[]
 */
export function subset<const T extends Scalar, const W extends When | undefined = undefined>(
  items: readonly T[],
  options: SubsetOptions<NoInfer<T>, W> = {},
): Gated<SubsetVariable<T>, NoInfer<W>> {
  checkOptions('subset', options, {
    ...descriptionRules,
    minSize: rule.optional(rule.any()),
    maxSize: rule.optional(rule.any()),
  })
  const kept = checkedItems('subset', items, 1)
  const { minSize = 0, maxSize = kept.length } = options
  for (const [key, size, from] of [
    ['minSize', minSize, 0],
    ['maxSize', maxSize, minSize],
  ] as const) {
    if (Number.isSafeInteger(size) && size >= from && size <= kept.length) continue
    throw invalidVariable(`subset: ${key}`, `an integer from ${from} to ${kept.length}`, size)
  }
  const shape = { type: 'subset', items: kept, minSize, maxSize } as const
  return finished(shape, options, kept.slice(0, minSize)) as Gated<SubsetVariable<T>, NoInfer<W>>
}

/**
 * All of `items` in any order; the prior is uniform.
 *
 * Throws: `ml/invalid-variable` naming the option; `foundation/unknown-name`.
 * @example permutation(['retrieve', 'rerank', 'filter'])
 */
export function permutation<const T extends Scalar, const W extends When | undefined = undefined>(
  items: readonly T[],
  options: PermutationOptions<NoInfer<T>, W> = {},
): Gated<PermutationVariable<T>, NoInfer<W>> {
  checkOptions('permutation', options, descriptionRules)
  const shape = { type: 'permutation', items: checkedItems('permutation', items, 2) } as const
  return finished(shape, options, shape.items) as Gated<PermutationVariable<T>, NoInfer<W>>
}

type Shape = Omit<SubsetVariable, 'default'> | Omit<PermutationVariable, 'default'>

function finished(shape: Shape, options: PermutationOptions<Scalar>, implied: readonly Scalar[]): ListVariable {
  const given = options.default ?? implied
  const chosen = storedList(shape, given)
  if (chosen === undefined) throw invalidVariable(`${shape.type}: default`, listSentence(shape), given)
  const description = described(shape.type, options, (value) => storedList(shape, value))
  return finishedVariable({ ...shape, default: chosen, ...description }, options.default) as ListVariable
}

/** The list as the variable stores it (a subset in the order of its items), or undefined for what it can't be. */
export function storedList(variable: Shape, value: unknown): readonly Scalar[] | undefined {
  if (!Array.isArray(value) || new Set(value).size !== value.length) return undefined
  if (!value.every((one) => variable.items.includes(one))) return undefined
  if (variable.type === 'permutation') {
    return value.length === variable.items.length ? Object.freeze([...value]) : undefined
  }
  if (value.length < variable.minSize || value.length > variable.maxSize) return undefined
  return Object.freeze(variable.items.filter((one) => value.includes(one)))
}

/** What a value must be, to complete "expected …". */
export function listSentence(variable: Shape): string {
  if (variable.type === 'permutation') return `each of ${listed(variable.items)} once`
  const { minSize, maxSize } = variable
  const size = minSize === maxSize ? `${minSize}` : `${minSize} to ${maxSize}`
  return `a list of ${size} of ${listed(variable.items)}, each at most once`
}

function checkedItems<T extends Scalar>(owner: string, items: readonly T[], least: number): readonly T[] {
  if (!Array.isArray(items) || items.length < least || items.length > itemsMax) {
    throw invalidVariable(`${owner}: items`, `a list of ${least} to ${itemsMax} items`, items)
  }
  for (const [i, item] of items.entries()) {
    if (!isScalar(item)) throw invalidVariable(`${owner}: items[${i}]`, 'a finite number, a boolean or a string', item)
  }
  if (new Set(items).size !== items.length) throw invalidVariable(`${owner}: items`, 'items that differ', items)
  if (new Set(items.map(String)).size !== items.length) {
    throw invalidVariable(`${owner}: items`, 'items that read differently', items)
  }
  return Object.freeze([...items])
}

/** Values against their variables: what is stored, and what is said of a value that can't be. */

import { invalidConfig } from '../errors.ts'
import { listed, type Scalar, type Value } from './description.ts'
import { type ListVariable, listSentence, storedList } from './list-variable.ts'
import { onRange, rangeSentence } from './range.ts'
import type { AnyVariable, Variable } from './variable.ts'

/** Whether the values of a variable are lists. */
export function isList(variable: AnyVariable): variable is ListVariable {
  return variable.type === 'subset' || variable.type === 'permutation'
}

/** The value as the variable stores it, or undefined for what it can't be. */
export function storedValue(variable: AnyVariable, value: unknown): Value | undefined {
  if (isList(variable)) return storedList(variable, value)
  if (variable.type === 'choice') return variable.values.find((one) => one === value)
  if (variable.type === 'bool') return typeof value === 'boolean' ? value : undefined
  return typeof value === 'number' ? onRange(variable, value) : undefined
}

/** What a value of the variable must be, to complete "expected …". */
export function valueSentence(variable: AnyVariable): string {
  if (isList(variable)) return listSentence(variable)
  if (variable.type === 'choice') return `one of ${listed(variable.values)}`
  return variable.type === 'bool' ? 'true or false' : rangeSentence(variable)
}

/**
 * The value as the variable stores it (on its step, `-0` as `0`).
 *
 * Throws: `ml/invalid-config` naming variable, expectation and what was got.
 */
export function checkValue<V extends AnyVariable>(
  name: string,
  variable: V,
  value: unknown,
): V extends Variable ? Scalar : Value {
  const stored = storedValue(variable, value)
  if (stored === undefined) throw invalidConfig(name, valueSentence(variable), value)
  return stored as V extends Variable ? Scalar : Value
}

/** Configurations: values by the names of variables, and their types. */

import type { AnyVariable, Scalar, Value, ValueOf, Variable, When } from './variable.ts'

/** Variables by name, all of scalars: what samplers see. */
export interface Variables {
  readonly [name: string]: Variable
}

/** Variables by name, of scalars and of lists. */
export interface AnyVariables {
  readonly [name: string]: AnyVariable
}

/** A value for each active variable of scalars. */
export interface Config {
  readonly [name: string]: Scalar
}

/** A value for each active variable. */
export interface AnyConfig {
  readonly [name: string]: Value
}

/**
 * The configurations of a space with these variables; those with a condition may be absent.
 *
 * @example ConfigOf<{ t: FloatVariable }> // { readonly t: number }
 */
export type ConfigOf<V extends AnyVariables> = [ConditionalNames<V>] extends [never]
  ? { readonly [Name in keyof V]: ValueOf<V[Name]> }
  : Plain<
      { readonly [Name in Exclude<keyof V, ConditionalNames<V>>]: ValueOf<V[Name]> } & {
        readonly [Name in ConditionalNames<V>]?: ValueOf<V[Name]>
      }
    >

/** Some values of a configuration. */
export type PartialConfigOf<V extends AnyVariables> = { readonly [Name in keyof V]?: ValueOf<V[Name]> | undefined }

type ConditionalNames<V extends AnyVariables> = {
  [Name in keyof V]: V[Name] extends { readonly when: When } ? Name : never
}[keyof V]

type Plain<T> = { [Key in keyof T]: T[Key] }

/** The values of a configuration in the order of `names`. */
export function inOrder<C extends AnyConfig>(names: readonly string[], config: C): C {
  const ordered: { [name: string]: Value } = {}
  for (const name of names) {
    const value = config[name]
    if (value !== undefined) ordered[name] = value
  }
  return ordered as unknown as C
}

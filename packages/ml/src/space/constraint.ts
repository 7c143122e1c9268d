/**
 * Constraints: predicates over configurations, with a name and an explanation. What a predicate reads is declared or watched,
 * because one that reads few variables can be sampled exactly in a space of any size.
 */

import { type Json, show } from '@mabeam/foundation'
import { brokenConstraint, invalidVariable } from '../errors.ts'
import type { AnyConfig, Config } from './config.ts'
import type { ScalarForm } from './list-scalars.ts'

/** A predicate over configurations. Must be pure: it is called often and its answer is kept. */
export interface Constraint<C = Config> {
  readonly name: string
  test(config: C): boolean
  /** One clause for people: why this configuration is refused. @default `it must hold` with the constraint's name */
  explain?(config: C): string
  /**
   * The variables that `test` reads; it is given no others. Say it where the space is large and `test` looks at a
   * configuration as a whole (`Object.values`, a spread). @default found by watching, where that is certain
   */
  readonly reads?: readonly string[]
}

/** A constraint over scalar configurations. */
export interface BoundConstraint {
  readonly name: string
  /** Scalars that it reads, where declared. */
  readonly reads: readonly string[] | undefined
  holds(config: Config): boolean
  /** The answer, and the scalars that were read for it; what was thrown for want of a value counts as not holding. */
  watched(config: Config): Watched
  why(config: Config): string
  /** Throws `ml/broken-constraint` unless it holds. */
  check(owner: string, config: Config): void
}

export interface Watched {
  readonly holds: boolean
  readonly reads: ReadonlySet<string>
  readonly thrown: unknown
}

/**
 * The constraint as one over scalars.
 *
 * Throws: `ml/invalid-variable` for one without a name or a test, or that reads what is no variable.
 */
export function bindConstraint(
  constraint: Constraint<AnyConfig>,
  form: ScalarForm,
  names: readonly string[],
): BoundConstraint {
  const { name } = constraint
  checkConstraint(constraint, names)
  const { reads } = constraint
  const seen = (config: Config): AnyConfig => {
    const whole = form.fromScalar(config)
    return reads
      ? Object.fromEntries(reads.filter((one) => whole[one] !== undefined).map((one) => [one, whole[one] as never]))
      : whole
  }
  const ask = (config: AnyConfig): boolean => {
    const answer: unknown = constraint.test(config)
    if (typeof answer === 'boolean') return answer
    throw invalidVariable(`space: constraint "${name}"`, 'true or false from its test', answer)
  }
  const why = (config: Config) =>
    constraint.explain?.(seen(config)) ?? `it must hold, got ${show(form.fromScalar(config))}`
  const holds = (config: Config) => ask(seen(config))
  return {
    name,
    reads: reads?.flatMap(form.scalarsOf),
    holds,
    watched: (config) => watch(form.fromScalar(config), { form, names, ask }),
    why,
    check: (owner, config) => {
      if (holds(config)) return
      throw brokenConstraint(owner, name, { why: why(config), config: form.fromScalar(config) as Json })
    },
  }
}

function checkConstraint({ name, test, explain, reads }: Constraint<AnyConfig>, names: readonly string[]): void {
  const at = 'space: constraints'
  if (typeof name !== 'string' || name === '') throw invalidVariable(at, 'a name for each constraint', name)
  if (typeof test !== 'function') throw invalidVariable(`${at}: ${name}: test`, 'a function', test)
  if (explain !== undefined && typeof explain !== 'function') {
    throw invalidVariable(`${at}: ${name}: explain`, 'a function', explain)
  }
  if (reads === undefined) return
  const known = Array.isArray(reads) && reads.length > 0 && reads.every((one) => names.includes(one))
  if (!known) throw invalidVariable(`${at}: ${name}: reads`, `some of ${names.join(', ')}`, reads)
}

function watch(
  config: AnyConfig,
  { form, names, ask }: { form: ScalarForm; names: readonly string[]; ask: (config: AnyConfig) => boolean },
): Watched {
  const reads = new Set<string>()
  const read = (name: string | symbol) => {
    for (const part of form.scalarsOf(String(name))) reads.add(part)
  }
  const proxy = new Proxy({ ...config } as { [name: string]: unknown }, {
    get: (target, name) => {
      read(name)
      return Reflect.get(target, name)
    },
    has: (target, name) => {
      read(name)
      return Reflect.has(target, name)
    },
    getOwnPropertyDescriptor: (target, name) => {
      read(name)
      return Reflect.getOwnPropertyDescriptor(target, name)
    },
    ownKeys: (target) => {
      for (const name of names) read(name)
      return Reflect.ownKeys(target)
    },
  })
  try {
    return { holds: ask(proxy as unknown as AnyConfig), reads, thrown: undefined }
  } catch (thrown) {
    return { holds: false, reads, thrown: thrown ?? new Error('a constraint threw nothing') }
  }
}

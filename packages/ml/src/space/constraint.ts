/**
 * Constraints: predicates over configurations, with a name and an explanation. What a predicate reads is declared or watched,
 * because one that reads few variables can be sampled exactly in a space of any size.
 */

import { type Json, show } from '@mabeam/foundation'
import { brokenConstraint, invalidVariable } from '../errors.ts'
import type { AnyConfig, Config } from './config.ts'
import type { Value } from './description.ts'
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
  /** As `holds`, telling of each scalar that is read; what was thrown for want of a value counts as not holding. */
  watched(config: Config, read: (scalar: string) => void): Watched
  why(config: Config): string
  /** Throws `ml/broken-constraint` unless it holds. */
  check(owner: string, config: Config): void
}

export interface Watched {
  readonly holds: boolean
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
  const view = watchedView(form, names)
  return {
    name,
    reads: reads?.flatMap(form.scalarsOf),
    holds,
    watched: (config, read) => watch(view, { config: form.fromScalar(config), read }, ask),
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

/** A configuration that tells what is read of it. One for each constraint: what it shows is exchanged. */
interface WatchedView {
  config: AnyConfig
  read: (scalar: string) => void
  readonly proxy: AnyConfig
}

function watchedView(form: ScalarForm, names: readonly string[]): WatchedView {
  const tell = (name: string | symbol) => {
    for (const part of form.scalarsOf(String(name))) view.read(part)
  }
  const proxy = new Proxy({} as { [name: string]: Value }, {
    get: (_, name) => {
      tell(name)
      return Reflect.get(view.config, name)
    },
    has: (_, name) => {
      tell(name)
      return Reflect.has(view.config, name)
    },
    getOwnPropertyDescriptor: (_, name) => {
      tell(name)
      const found = Reflect.getOwnPropertyDescriptor(view.config, name)
      return found && { ...found, configurable: true }
    },
    ownKeys: () => {
      for (const name of names) tell(name)
      return Reflect.ownKeys(view.config)
    },
  })
  const view: WatchedView = { config: {}, read: () => {}, proxy }
  return view
}

function watch(
  view: WatchedView,
  { config, read }: Pick<WatchedView, 'config' | 'read'>,
  ask: (config: AnyConfig) => boolean,
): Watched {
  view.config = config
  view.read = read
  try {
    return { holds: ask(view.proxy), thrown: undefined }
  } catch (thrown) {
    return { holds: false, thrown: thrown ?? new Error('a constraint threw nothing') }
  }
}

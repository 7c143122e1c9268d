/** The configuration of all defaults; where a constraint refuses it, the nearest valid one that keeps what was asked for. */

import { seededRandom } from '@mabeam/foundation'
import { type Config, inOrder, type Variables } from './config.ts'
import type { BoundConstraint } from './constraint.ts'
import type { Scalar } from './description.ts'
import { type Dimension, isActive } from './dimension.ts'
import type { FeasibleSet } from './feasible-set.ts'
import type { Points } from './points.ts'

/** Draws among which the nearest is looked for where valid configurations can't be listed. */
const drawsMax = 200

/** The default of each variable that is active when the others have theirs. */
export function defaultConfig(variables: Variables, dimensions: readonly Dimension[]): Config {
  const config: { [name: string]: Scalar } = {}
  for (const dimension of dimensions) {
    if (isActive(dimension, config)) config[dimension.name] = variables[dimension.name]?.default as Scalar
  }
  return inOrder(Object.keys(variables), config)
}

/** A space of scalars, as far as its defaults go. */
export interface DefaultsProblem {
  readonly variables: Variables
  readonly dimensions: readonly Dimension[]
  readonly constraints: readonly BoundConstraint[]
  readonly feasible: FeasibleSet
  /** Names of scalars whose default nobody gave. */
  readonly implied: ReadonlySet<string>
}

/**
 * A valid configuration: the defaults, or else the nearest to them among those that differ only in defaults that nobody
 * gave.
 *
 * Throws: `ml/unsatisfiable` when there is no valid configuration or none was found; `ml/broken-constraint` when all
 * that were found differ in a default that was given.
 */
export function validDefaults(problem: DefaultsProblem): Config {
  const { variables, dimensions, constraints, feasible, implied } = problem
  const wanted = defaultConfig(variables, dimensions)
  const isValid = (config: Config) => constraints.every((one) => one.holds(config))
  if (isValid(wanted)) return wanted
  const keeps = (config: Config) =>
    Object.entries(config).every(([name, value]) => implied.has(name) || variables[name]?.default === value)
  const nearestOf = (configs: Iterable<Config>, of: readonly Dimension[]) =>
    least(configs, (config) => (keeps(config) ? distance(of, config, wanted) : Number.POSITIVE_INFINITY))
  const parts = feasible.blocks.map(({ dimensions: own, constraints: bound, points }) =>
    points && bound.some((one) => !one.holds(wanted)) ? nearestOf(listed(points), own) : partOf(wanted, own),
  )
  const whole = inOrder(Object.keys(variables), Object.assign({}, ...parts) as Config)
  if (parts.every((part) => part !== undefined) && isValid(whole)) return whole
  const found = nearestOf(drawn(feasible), dimensions)
  if (found) return restored(found, wanted, problem)
  for (const one of constraints) one.check('space: the defaults (give others)', wanted)
  return wanted
}

function partOf(config: Config, dimensions: readonly Dimension[]): Config {
  return inOrder(
    dimensions.map(({ name }) => name),
    config,
  )
}

function* listed({ count, at }: Points): Iterable<Config> {
  for (let i = 0; i < count; i++) yield at(i)
}

function* drawn({ sample }: FeasibleSet): Iterable<Config> {
  const random = seededRandom('defaults')
  for (let i = 0; i < drawsMax; i++) yield sample(random)
}

/** The first of those with the least finite value. */
function least(configs: Iterable<Config>, farOf: (config: Config) => number): Config | undefined {
  let best: Config | undefined
  let bestValue = Number.POSITIVE_INFINITY
  for (const config of configs) {
    const value = farOf(config)
    if (value >= bestValue) continue
    best = config
    bestValue = value
  }
  return best
}

/** With each default that can be had beside the others put back. */
function restored(
  found: Config,
  wanted: Config,
  { variables, dimensions, constraints }: Pick<DefaultsProblem, 'variables' | 'dimensions' | 'constraints'>,
): Config {
  let best = found
  for (const changed of dimensions) {
    if (best[changed.name] === wanted[changed.name] || wanted[changed.name] === undefined) continue
    const config: { [name: string]: Scalar } = {}
    for (const dimension of dimensions) {
      if (!isActive(dimension, config)) continue
      const { name } = dimension
      const kept = name === changed.name ? wanted[name] : best[name]
      config[name] = kept ?? (variables[name]?.default as Scalar)
    }
    if (constraints.every((one) => one.holds(config))) best = config
  }
  return inOrder(Object.keys(variables), best)
}

/** Values that differ count 1, and the way between them, as a share of the range, a little. */
function distance(dimensions: readonly Dimension[], a: Config, b: Config): number {
  let sum = 0
  for (const { name, kind, low, high, coordinate } of dimensions) {
    const [one, other] = [a[name], b[name]]
    if (one === other) continue
    sum += 1
    if (one === undefined || other === undefined || kind === 'unordered') continue
    sum += Math.abs(coordinate(one) - coordinate(other)) / (high - low)
  }
  return sum
}

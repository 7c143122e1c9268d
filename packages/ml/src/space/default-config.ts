/** The configuration of all defaults; where a constraint refuses it, the nearest valid one that keeps what was asked for. */

import { seededRandom } from '@mabeam/foundation'
import { type Config, inOrder, type Variables } from './config.ts'
import type { BoundConstraint } from './constraint.ts'
import type { Scalar } from './description.ts'
import { type Dimension, isActive } from './dimension.ts'
import type { FeasibleSet } from './feasible-set.ts'

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
export function validDefaults({ variables, dimensions, constraints, feasible, implied }: DefaultsProblem): Config {
  const wanted = defaultConfig(variables, dimensions)
  if (constraints.every((one) => one.holds(wanted))) return wanted
  let best: Config | undefined
  let least = Number.POSITIVE_INFINITY
  for (const config of candidates(feasible)) {
    const keeps = Object.entries(config).every(
      ([name, value]) => implied.has(name) || variables[name]?.default === value,
    )
    const far = keeps ? distance(dimensions, config, wanted) : Number.POSITIVE_INFINITY
    if (far >= least) continue
    best = config
    least = far
  }
  if (best) return inOrder(Object.keys(variables), best)
  for (const one of constraints) one.check('space: the defaults (give others)', wanted)
  return wanted
}

function* candidates({ points, sample }: FeasibleSet): Iterable<Config> {
  const random = seededRandom('defaults')
  if (!points || points.count === 0) {
    for (let i = 0; i < drawsMax; i++) yield sample(random)
    return
  }
  for (let i = 0; i < points.count; i++) yield points.at(i)
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

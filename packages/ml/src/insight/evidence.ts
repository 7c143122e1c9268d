/** What was measured, as columns of cells: the form in which the methods of this room read a study. */

import { invalidOption, rule, unknownName } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import type { Objective } from '../objective.ts'
import { checkMeasurements, type Measurements } from '../recommend/measurements.ts'
import type { Config, Space } from '../space/space.ts'
import type { Scalar } from '../space/variable.ts'
import type { FinishedTrial } from '../trial.ts'
import { type Axis, axisOf } from './axis.ts'

/** What a method asks of a study. */
export interface Question<C = Config> {
  /** The objective in question. @default the first one */
  readonly objective?: string
  /** Any number of a trial in place of an objective, such as `({ seconds }) => seconds`; the lower the better. */
  readonly target?: (trial: FinishedTrial<C>) => number
}

export const questionRules = { objective: rule.optional(rule.string()), target: rule.optional(rule.fn()) }

/** Complete trials only, in the order of tells. */
export interface Evidence {
  /** By name, so that nothing depends on the order in which a space lists its variables. */
  readonly axes: readonly Axis[]
  /** The cell of each trial on each axis, -1 where it is inactive. Shapes: [d][n]. */
  readonly columns: readonly Int32Array[]
  /** The value in question. Shapes: [n]. */
  readonly values: Float64Array
  /** Whether a larger value is better. */
  readonly largerIsBetter: boolean
  /** Configurations as scalars. Shapes: [n]. */
  readonly configs: readonly Config[]
}

/**
 * Throws: `foundation/unknown-name` for an objective that is none; `foundation/invalid-option` for what is no study, and for an objective and a target;
 * `ml/unusable-numbers` for a complete trial whose value is not a finite number, or whose configuration has none for a variable.
 */
export function evidenceOf<C extends Config>(
  owner: string,
  study: Measurements<C>,
  { objective: name, target }: Question<C>,
): Evidence {
  checkMeasurements(owner, study)
  if (name !== undefined && target !== undefined) throw invalidOption(owner, 'target', 'no objective beside it', name)
  const objective = objectiveOf(owner, study.objectives, name)
  const complete = study.finished.filter(({ state }) => state === 'complete')
  const values = Float64Array.from(complete, (trial) => {
    const value = target ? target(trial) : trial.values[objective.name]
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw unusableNumbers(
      `${owner}: trial ${trial.number}: ${target ? 'target' : objective.name}`,
      'a finite number',
      value,
    )
  })
  const configs = complete.map(({ config }) => scalarConfig(study.space, config))
  const axes = [...study.space.dimensions].sort((a, b) => (a.name < b.name ? -1 : 1)).map(axisOf)
  const columns = axes.map((axis) =>
    Int32Array.from(configs, (config, i) => cellIn(owner, axis, { config, number: complete[i]?.number as number })),
  )
  const largerIsBetter = target === undefined && objective.direction === 'maximise'
  return { axes, columns, values, configs, largerIsBetter }
}

/** The objective of that name, or the first. Throws: `foundation/unknown-name`. */
export function objectiveOf(owner: string, objectives: readonly Objective[], name: string | undefined): Objective {
  const found = name === undefined ? objectives[0] : objectives.find((one) => one.name === name)
  if (found) return found
  throw unknownName(
    owner,
    'objective',
    String(name),
    objectives.map((one) => one.name),
  )
}

/** Lists as the scalars that they consist of, where the space says how. */
export function scalarConfig(space: Measurements['space'], config: Config): Config {
  return 'toScalar' in space ? (space as Space).toScalar(config) : config
}

function cellIn(
  owner: string,
  axis: Axis,
  { config, number }: { readonly config: Config; readonly number: number },
): number {
  const { name, kind } = axis.dimension
  const value = config[name] as Scalar | undefined
  if (value === undefined) return -1
  if (kind === 'unordered' || Number.isFinite(value)) return axis.cellOf(value)
  throw unusableNumbers(`${owner}: trial ${number}: ${name}`, 'a finite number', value)
}

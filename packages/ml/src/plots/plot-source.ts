/** What plots are made from: a study, or measurements of another program, sorted by what can be drawn of each trial. */

import { rule, unknownName } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import type { Objective } from '../objective.ts'
import { violationOf } from '../outcome-limit.ts'
import { checkMeasurements, type Measurements } from '../recommend/measurements.ts'
import type { AnyVariables, Config, Space } from '../space/space.ts'
import type { FinishedTrial } from '../trial.ts'
import type { SeriesRole } from './plot.ts'

/** A `Study` is one, `Measurements` are one. With `variables` axes have their units, with `toScalar` lists can be drawn. */
export interface PlotSource extends Omit<Measurements, 'space' | 'finished'> {
  readonly space: Pick<Space, 'dimensions'> & {
    readonly variables?: AnyVariables
    toScalar?(config: never): Config
  }
  readonly finished: readonly FinishedTrial<object>[]
}

/** The most trials of one plot. */
const plotTrialsMax = 100_000

/** Which of the trials can be drawn, and how: the roles of trials among those of series. */
export type TrialRole = Extract<SeriesRole, 'measured' | 'beyond-limit' | 'failed' | 'pruned'>

export const trialRoles = ['measured', 'beyond-limit', 'pruned', 'failed'] as const satisfies readonly TrialRole[]

/** What the roles are called in legends. */
export const trialRoleNames = {
  measured: 'trials',
  'beyond-limit': 'beyond a limit',
  pruned: 'pruned',
  failed: 'failed',
} as const satisfies { readonly [Role in TrialRole]: string }

export interface PlotTrial {
  readonly number: number
  readonly role: TrialRole
  readonly values: { readonly [name: string]: number }
  readonly trial: FinishedTrial<object>
}

/**
 * The trials by number. A complete trial without a finite value for each objective counts as failed.
 *
 * Throws: `foundation/invalid-option` for what is no study; `ml/invalid-variable` for objectives or limits that can't be; `ml/unusable-numbers` for too many trials.
 */
export function plotTrials(owner: string, source: PlotSource): PlotTrial[] {
  checkMeasurements(owner, source)
  const { objectives, limits = [], finished } = source
  if (finished.length > plotTrialsMax) {
    throw unusableNumbers(`${owner}: finished`, `at most ${plotTrialsMax} trials`, finished.length)
  }
  const roleOf = (trial: FinishedTrial<object>): TrialRole => {
    if (trial.state === 'pruned') return 'pruned'
    const isMeasured = objectives.every(({ name }) => Number.isFinite(trial.values[name]))
    if (trial.state === 'failed' || !isMeasured) return 'failed'
    return violationOf(trial, limits) === 0 ? 'measured' : 'beyond-limit'
  }
  const rows = finished.map((trial: FinishedTrial<object>) => {
    return { number: trial.number, role: roleOf(trial), values: trial.values, trial }
  })
  return rows.sort((a, b) => a.number - b.number)
}

/** The objective of this name; the first where none is given. Throws: `foundation/unknown-name`. */
export function objectiveOf(owner: string, { objectives }: PlotSource, name: string | undefined): Objective {
  const found = name === undefined ? objectives[0] : objectives.find((one) => one.name === name)
  if (found) return found
  throw unknownName(
    owner,
    'objective',
    name as string,
    objectives.map((one) => one.name),
  )
}

export const objectiveRules = { objective: rule.optional(rule.string()), log: rule.optional(rule.boolean()) }

export interface ObjectiveOptions {
  /** @default the first */
  readonly objective?: string
  /** Its axis in logarithms; values that are not above 0 are left out and counted in the notes. @default false */
  readonly log?: boolean
}

/** How many there are of a thing, as a part of a sentence. @example counted(1, 'trial') // => '1 trial' */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** What goes together in a study: variables with objectives, objectives with each other, and variables where asked. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import { checkMeasurements, type Measurements } from '../recommend/measurements.ts'
import type { Config } from '../space/space.ts'
import type { Scalar } from '../space/variable.ts'
import { scalarConfig } from './evidence.ts'
import { correlationRatio, cramersV, spearman, spearmanInterval } from './rank-correlation.ts'

export interface CorrelationOptions {
  /** Also variables with each other, which shows where a sampler searched; for up to 200 variables. @default false */
  readonly variables?: boolean
}

export const correlationDefaults = { variables: false } satisfies Required<CorrelationOptions>

/** The most variables that are compared with each other. */
const comparedMax = 200

export interface Correlation {
  /** Names of a variable and an objective, two objectives or two variables; the one that stands first in the study goes first. */
  readonly between: readonly [string, string]
  /**
   * `rank`: Spearman's ρ, -1 to 1. `ratio`: η of ranks between a categorical variable and numbers, 0 to 1, without a sign.
   * `association`: Cramér's V of two categorical variables, 0 to 1.
   */
  readonly kind: 'rank' | 'ratio' | 'association'
  readonly value: number
  /** Of `rank` only. */
  readonly ci95?: readonly [low: number, high: number]
  /** Complete trials that have both. */
  readonly trials: number
}

/**
 * Correlations by rank, the strongest first. Trials count where both are there: where a conditional variable is active. A pair in
 * which one of the two never differs is left out, since it has none. Values are as measured: where an objective is minimised, a
 * negative ρ is good.
 *
 * Throws: `foundation/invalid-option` for options; `ml/unusable-numbers` for a complete trial without a finite value for each
 * objective, and for more than 200 variables with each other.
 * Source: see `spearman`, `correlationRatio`, `cramersV`.
 * @example correlationOf(study)[0] // => { between: ['temperature', 'accuracy'], kind: 'rank', value: -0.71, … }
 */
export function correlationOf<C extends Config>(
  study: Measurements<C>,
  options: CorrelationOptions = {},
): Correlation[] {
  checkMeasurements('correlationOf', study)
  checkOptions('correlationOf', options, { variables: rule.optional(rule.boolean()) })
  const { variables } = { ...correlationDefaults, ...definedOptions(options) }
  const known = variableColumns(study)
  const measured = objectiveColumns(study)
  if (variables && known.length > comparedMax) {
    throw unusableNumbers('correlationOf: variables', `at most ${comparedMax} variables`, known.length)
  }
  const pairs = [
    ...known.flatMap((one) => measured.map((other) => [one, other] as const)),
    ...pairsOf(measured),
    ...(variables ? pairsOf(known) : []),
  ]
  return pairs.flatMap(([a, b]) => correlated(a, b)).sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
}

/** Values by trial, NaN where there is none. */
interface Column {
  readonly name: string
  readonly isCategorical: boolean
  readonly values: readonly number[]
}

function variableColumns<C extends Config>({ space, finished }: Measurements<C>): Column[] {
  const configs = finished.filter(({ state }) => state === 'complete').map(({ config }) => scalarConfig(space, config))
  return space.dimensions.map((dimension) => ({
    name: dimension.name,
    isCategorical: dimension.kind === 'unordered' && dimension.count > 2,
    values: configs.map((config) => {
      const value = config[dimension.name] as Scalar | undefined
      return value === undefined ? Number.NaN : dimension.coordinate(value)
    }),
  }))
}

function objectiveColumns<C>({ objectives, finished }: Measurements<C>): Column[] {
  const complete = finished.filter(({ state }) => state === 'complete')
  return objectives.map(({ name }) => ({
    name,
    isCategorical: false,
    values: complete.map(({ number, values }) => {
      if (Number.isFinite(values[name])) return values[name] as number
      throw unusableNumbers(`correlationOf: trial ${number}: ${name}`, 'a finite number', values[name])
    }),
  }))
}

function pairsOf(columns: readonly Column[]): (readonly [Column, Column])[] {
  return columns.flatMap((one, i) => columns.slice(i + 1).map((other) => [one, other] as const))
}

function correlated(first: Column, second: Column): Correlation[] {
  const rows = [...first.values.keys()].filter(
    (row) => !Number.isNaN(first.values[row]) && !Number.isNaN(second.values[row]),
  )
  const a = rows.map((row) => first.values[row] as number)
  const b = rows.map((row) => second.values[row] as number)
  const kind =
    first.isCategorical && second.isCategorical
      ? 'association'
      : first.isCategorical || second.isCategorical
        ? 'ratio'
        : 'rank'
  const value =
    kind === 'rank'
      ? spearman(a, b)
      : kind === 'association'
        ? cramersV(a, b)
        : first.isCategorical
          ? correlationRatio(a, b)
          : correlationRatio(b, a)
  if (value === undefined) return []
  const ci95 = kind === 'rank' ? { ci95: spearmanInterval(value, rows.length) } : {}
  return [{ between: [first.name, second.name], kind, value, ...ci95, trials: rows.length }]
}

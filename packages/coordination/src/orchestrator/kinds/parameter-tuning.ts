/**
 * Directives of the kind `parameter-tuning`: a number is moved step by step to where a metric is best, by what its own history says.
 *
 * Source: local search on a grid (hill climbing). Differs: what was measured lately counts, so that it follows a drift; one measurement
 * a turn, of the value that was set the turn before.
 */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import type { Directive, Situation } from '../directive.ts'

export interface ParameterTuningOptions {
  /** Of the directive; its value is a number. */
  readonly parameter: string
  /** By which it is judged. */
  readonly metric: string
  /** @default 'max' */
  readonly goal?: 'max' | 'min'
  readonly min: number
  readonly max: number
  /** @default a twentieth of the range */
  readonly step?: number
}

/** A value that was tried, and what was measured with it. */
export interface Trial {
  readonly value: number
  readonly score: number
}

/**
 * A coordination function; it also fits `adapt`. Nothing is done in a turn without the metric.
 *
 * @example parameterTuning({ parameter: 'batch', metric: 'perSecond', min: 1, max: 256, step: 8 })
 */
export function parameterTuning(options: ParameterTuningOptions): Directive['coordinate'] {
  const owner = 'parameterTuning'
  checkOptions(owner, options, {
    parameter: rule.string(),
    metric: rule.string(),
    goal: rule.optional(rule.oneOf(['max', 'min'])),
    min: rule.number(-Number.MAX_VALUE, Number.MAX_VALUE),
    max: rule.number(-Number.MAX_VALUE, Number.MAX_VALUE),
    step: rule.optional(rule.number(Number.MIN_VALUE, Number.MAX_VALUE)),
  })
  const { parameter, metric, goal = 'max', min, max } = options
  if (min >= max) throw invalidOption(owner, 'max', `a number above min, ${min}`, max)
  const step = options.step ?? (max - min) / 20
  if ((max - min) / step > 100_000) throw invalidOption(owner, 'step', 'at most 100000 steps from min to max', step)
  return (input) => {
    const trials = trialsOf(input, parameter, metric).map(({ value, score }) => ({
      value,
      score: goal === 'max' ? score : -score,
    }))
    const next = nextValue(trials, { min, max, step })
    return next === undefined ? undefined : { set: { [parameter]: next } }
  }
}

/** Oldest first: what a turn left is judged by what the turn after it measured. */
export function trialsOf(situation: Situation, parameter: string, metric: string): readonly Trial[] {
  const { history, metrics } = situation
  return history.flatMap(({ values }, i) => {
    const [value, score] = [values[parameter], (history[i + 1]?.metrics ?? metrics)[metric]]
    return typeof value === 'number' && score !== undefined ? [{ value, score }] : []
  })
}

/**
 * The neighbour, on the grid, of the best value so far that was not tried yet; the best one itself once both were. The highest score
 * is the best, of equal ones the value tried last. Before anything was tried: nothing.
 *
 * Ensures: min + k·step, within min and max, both included.
 */
export function nextValue(
  trials: readonly Trial[],
  { min, max, step }: { readonly min: number; readonly max: number; readonly step: number },
): number | undefined {
  const cells = Math.floor((max - min) / step + 1e-9)
  const cellOf = (value: number) => Math.min(cells, Math.max(0, Math.round((value - min) / step)))
  const scores = new Map<number, number>()
  for (const { value, score } of trials) {
    const cell = cellOf(value)
    // Put at the end: the last of equals is found first.
    scores.delete(cell)
    scores.set(cell, score)
  }
  const [best] = [...scores].reverse().sort(([, a], [, b]) => b - a)
  if (best === undefined) return undefined
  const [cell] = best
  const untried = [cell + 1, cell - 1].filter((one) => one >= 0 && one <= cells && !scores.has(one))
  // Rounding must not carry it over the end.
  return Math.min(max, min + (untried[0] ?? cell) * step)
}

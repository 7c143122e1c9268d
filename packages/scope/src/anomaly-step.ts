/**
 * When a series of measurements is unusual, as a pure step: a value far from the median of those before it, and a trend of late.
 *
 * Source: modified z-score of Iglewicz & Hoaglin, How to Detect and Handle Outliers, ASQC 1993 (median and MAD, 3.5); trend by
 * Mann-Kendall. Differs: the deviation has a floor, so that a series that stood still may move a little; an alarm ends at a
 * lower score than it begins at, so that it does not flicker.
 */

import { median, robustDeviation, slopeOf, trendScore } from './robust-statistics.ts'

export interface AnomalySettings {
  /** Values remembered, those an alarm is about included: the usual may change. @default 60 */
  readonly windowSize: number
  /** Values before which nothing is unusual. @default 20 */
  readonly samplesMin: number
  /** The score at which a value is unusual. @default 3.5 */
  readonly score: number
  /** The score below which it is usual again. @default 2 */
  readonly scoreEnd: number
  /** Unusual values in a row before an alarm begins. @default 1 */
  readonly rowMin: number
  /** The least deviation taken for one, in units of the series. @default 1 */
  readonly deviationMin: number
  /** The least deviation taken for one, as a share of the median. @default 0.05 */
  readonly deviationShareMin: number
  /** The score of the trend test at which a trend begins; it ends at half of it. @default 3 */
  readonly trendScore: number
}

export const anomalyDefaults = {
  windowSize: 60,
  samplesMin: 20,
  score: 3.5,
  scoreEnd: 2,
  rowMin: 1,
  deviationMin: 1,
  deviationShareMin: 0.05,
  trendScore: 3,
} as const satisfies AnomalySettings

export type Trend = 'rising' | 'falling' | 'steady'

export interface AnomalyState {
  /** The last values, oldest first. */
  readonly values: readonly number[]
  /** Unusual values in a row. */
  readonly row: number
  /** Whether an alarm has begun and not ended. */
  readonly alarmed: boolean
  readonly trend: Trend
}

export const newSeries: AnomalyState = { values: [], row: 0, alarmed: false, trend: 'steady' }

export type AnomalyFinding =
  /** A value is unusual, or usual again. */
  | {
      readonly type: 'anomaly-began' | 'anomaly-ended'
      readonly value: number
      /** The median of the values before it. */
      readonly usual: number
      /** How many deviations it is from there; below zero when it is too small. */
      readonly score: number
    }
  /** The values have begun to go up or down, or to stand still. */
  | { readonly type: 'trend-changed'; readonly trend: Trend; readonly slope: number }

/** The decision as a function: what the runtime, tests and mutants of tests pass around. */
export type AnomalyStep = (
  state: AnomalyState,
  value: number,
  settings: AnomalySettings,
) => readonly [AnomalyState, readonly AnomalyFinding[]]

/**
 * One more value, as far in time from the one before as all are.
 *
 * Ensures: at most `windowSize` values are kept; nothing is unusual before `samplesMin` of them; alarms begin and end in turn;
 * what is no finite number changes nothing.
 * @example const [next, findings] = anomalyStep(state, 812, anomalyDefaults)
 */
export const anomalyStep: AnomalyStep = (state, value, settings) => {
  if (!Number.isFinite(value)) return [state, []]
  const values = [...state.values, value].slice(-settings.windowSize)
  if (state.values.length < settings.samplesMin) return [{ ...state, values }, []]
  const { row, alarmed, finding } = judged(state, value, settings)
  const { trend, change } = trended(state.trend, values, settings)
  return [{ values, row, alarmed, trend }, [...finding, ...change]]
}

function judged(state: AnomalyState, value: number, settings: AnomalySettings) {
  const usual = median(state.values)
  const floor = Math.max(settings.deviationMin, settings.deviationShareMin * Math.abs(usual))
  const score = (value - usual) / Math.max(robustDeviation(state.values, usual), floor)
  const far = Math.abs(score)
  const row = far >= settings.score ? state.row + 1 : 0
  const begins = !state.alarmed && row >= settings.rowMin
  const ends = state.alarmed && far < settings.scoreEnd
  const alarmed = begins || (state.alarmed && !ends)
  const finding: readonly AnomalyFinding[] =
    alarmed === state.alarmed ? [] : [{ type: begins ? 'anomaly-began' : 'anomaly-ended', value, usual, score }]
  return { row, alarmed, finding }
}

function trended(before: Trend, values: readonly number[], settings: AnomalySettings) {
  const score = trendScore(values)
  const towards: Trend = score > 0 ? 'rising' : score < 0 ? 'falling' : 'steady'
  const enough = before === towards ? settings.trendScore / 2 : settings.trendScore
  const trend = Math.abs(score) >= enough ? towards : 'steady'
  const change: readonly AnomalyFinding[] =
    trend === before ? [] : [{ type: 'trend-changed', trend, slope: slopeOf(values) }]
  return { trend, change }
}

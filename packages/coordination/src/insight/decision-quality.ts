/** How good decisions were: how many there were, how clear, and, where the truth became known, how often right. */

import { calibrationOf, type Forecast } from '../voting/brier-score.ts'
import type { SessionFacts } from './session-facts.ts'

/** What became known since, by session: the option that was right. */
export type Truths = ReadonlyMap<string, string>

/** Shares are from 0 to 1; `null` where nothing is known. */
export interface DecisionQuality {
  /** Sessions that ran to their end; not those that failed or were cancelled. */
  readonly ended: number
  /** Of these, those of which something came. */
  readonly resolved: number
  readonly resolvedShare: number | null
  /** Means over the decisions whose outcomes tell. */
  readonly meanSupport: number | null
  readonly meanMargin: number | null
  readonly meanTurnout: number | null
  /** The share of votes that were for what was decided. */
  readonly agreement: number | null
  /** Sessions whose truth is known, and how many decided so; who decides nothing is not right. */
  readonly known: number
  readonly right: number
  readonly accuracy: number | null
  /** Of the votes in those: see `ForecastQuality`. */
  readonly votes: ForecastQuality
}

/** Votes as forecasts, by the confidence they were given with: 1 where nothing was said. */
export interface ForecastQuality {
  readonly known: number
  readonly right: number
  readonly accuracy: number | null
  /** 0 is perfect; 0.25 is what always saying "half" gives. */
  readonly brier: number | null
  /** How far confidences are from how often they were right; 0 is calibrated. */
  readonly reliability: number | null
}

export function decisionQuality(all: readonly SessionFacts[], truths: Truths): DecisionQuality {
  const ended = all.filter(({ report }) => report.status === 'done')
  const resolved = ended.filter(({ isResolved }) => isResolved)
  const known = ended.filter(({ report }) => truths.has(report.id))
  const right = known.filter(({ option, isResolved, report }) => isResolved && option === truths.get(report.id))
  const cast = resolved.flatMap(({ option, votes }) =>
    option === undefined ? [] : votes.map((v) => v.option === option),
  )
  return {
    ended: ended.length,
    resolved: resolved.length,
    resolvedShare: shareOf(resolved.length, ended.length),
    meanSupport: meanOf(resolved.map(({ support }) => support)),
    meanMargin: meanOf(resolved.map(({ margin }) => margin)),
    meanTurnout: meanOf(ended.map(({ turnout }) => turnout)),
    agreement: shareOf(cast.filter((isFor) => isFor).length, cast.length),
    known: known.length,
    right: right.length,
    accuracy: shareOf(right.length, known.length),
    votes: forecastQuality(known.flatMap((facts) => forecastsOf(facts, truths).map(({ forecast }) => forecast))),
  }
}

/** What was voted in a session whose truth is known; nothing of others. */
export function forecastsOf(
  { report, votes }: SessionFacts,
  truths: Truths,
): readonly { readonly agent: string; readonly forecast: Forecast }[] {
  const truth = truths.get(report.id)
  if (truth === undefined) return []
  return votes.map(({ from, option, confidence }) => ({
    agent: from,
    forecast: { confidence, isRight: option === truth },
  }))
}

export function forecastQuality(forecasts: readonly Forecast[]): ForecastQuality {
  const right = forecasts.filter(({ isRight }) => isRight).length
  const calibration = calibrationOf(forecasts)
  return {
    known: forecasts.length,
    right,
    accuracy: shareOf(right, forecasts.length),
    brier: calibration?.brier ?? null,
    reliability: calibration?.reliability ?? null,
  }
}

/** `null` of nothing. */
export function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

/** Of those that are there; `null` of none. */
export function meanOf(values: readonly (number | undefined)[]): number | null {
  const there = values.filter((value) => value !== undefined)
  return there.length === 0 ? null : there.reduce((sum, value) => sum + value, 0) / there.length
}

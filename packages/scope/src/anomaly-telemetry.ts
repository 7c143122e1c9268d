/** A telemetry port that watches what it is told, and raises alerts: a rate, a duration or a level that is not as it was. */

import {
  type CancelTimer,
  type Clock,
  checkOptions,
  rule,
  silentTelemetry,
  systemClock,
  type Telemetry,
  type TelemetryEvent,
} from '@mabeam/foundation'
import {
  type AnomalyFinding,
  type AnomalySettings,
  type AnomalyState,
  anomalyDefaults,
  anomalyStep,
  newSeries,
  type Trend,
} from './anomaly-step.ts'
import { IntervalSeries } from './interval-series.ts'
import { checkKinds } from './mapping-rules.ts'
import type { MeasurementKinds } from './measurement.ts'

/** What is unusual, in which series. */
export type AnomalyAlert = AnomalyFinding & {
  /** The metric: `foundation.actor-crashed` (events an interval), `dspx.call-completed.latencyMs` (mean of an interval). */
  readonly series: string
  /** By the clock for people. */
  readonly atMs: number
}

export interface AnomalyOptions extends Partial<AnomalySettings> {
  /** Told of every alert, in the turn of the timer; what it throws is dropped. */
  readonly onAlert: (alert: AnomalyAlert) => void
  /** @default systemClock */
  readonly clock?: Clock
  /** How much time one value of a series stands for. @default 10_000 */
  readonly intervalMs?: number
  /** Series watched; events beyond are one series, `scope.other-events`. @default 200 */
  readonly seriesMax?: number
  /** As in the other ports. @default {} */
  readonly measurementKinds?: MeasurementKinds
  /** Where alerts are told as events of their own. @default silentTelemetry */
  readonly telemetry?: Telemetry
}

export const anomalyTelemetryDefaults = {
  ...anomalyDefaults,
  clock: systemClock,
  intervalMs: 10_000,
  seriesMax: 200,
  measurementKinds: {},
  telemetry: silentTelemetry,
} as const satisfies Required<Omit<AnomalyOptions, 'onAlert'>>

/** How a series is doing. */
export interface SeriesTrend {
  readonly series: string
  readonly trend: Trend
  readonly alarmed: boolean
  /** The last values, oldest first; one an interval. */
  readonly values: readonly number[]
}

export interface AnomalyTelemetry extends Telemetry, AsyncDisposable {
  /** All series, ordered by name. */
  trends(): readonly SeriesTrend[]
}

/**
 * A telemetry port that makes series of events, a value an interval, and tells of values that are far from the usual and of
 * trends: see `anomalyStep`. Merge it with the port that keeps metrics.
 *
 * *Delivery*: each alert once; nothing that happens between two ends of intervals is missed. *Runs in* the emitter's turn to
 * count, in that of a timer to judge. Disposing of it ends the timer and is safe twice. Bounded by `seriesMax` and `windowSize`.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 * @example await using watch = anomalyTelemetry({ onAlert: (alert) => console.warn(alert.series, alert.type) })
 */
export function anomalyTelemetry(options: AnomalyOptions): AnomalyTelemetry {
  checkOptions('anomalyTelemetry', options, {
    onAlert: rule.fn(),
    clock: rule.optional(rule.object()),
    intervalMs: rule.optional(rule.int(1)),
    seriesMax: rule.optional(rule.int(1)),
    measurementKinds: rule.optional(rule.object()),
    telemetry: rule.optional(rule.object()),
    windowSize: rule.optional(rule.int(3, 1_000)),
    samplesMin: rule.optional(rule.int(2, options.windowSize ?? anomalyDefaults.windowSize)),
    score: rule.optional(rule.number(0)),
    scoreEnd: rule.optional(rule.number(0, options.score ?? anomalyDefaults.score)),
    rowMin: rule.optional(rule.int(1)),
    deviationMin: rule.optional(rule.number(Number.MIN_VALUE)),
    deviationShareMin: rule.optional(rule.number(0)),
    trendScore: rule.optional(rule.number(0)),
  })
  checkKinds('anomalyTelemetry', options.measurementKinds)
  return new Anomalies({ ...anomalyTelemetryDefaults, ...options })
}

class Anomalies implements AnomalyTelemetry {
  readonly #settings: Required<AnomalyOptions>
  readonly #intervals: IntervalSeries
  readonly #states = new Map<string, AnomalyState>()
  #cancel: CancelTimer | undefined
  #sinceMs: number
  /** Intervals that have ended. */
  #ended = 0

  constructor(settings: Required<AnomalyOptions>) {
    this.#settings = settings
    this.#intervals = new IntervalSeries(settings.measurementKinds, settings.seriesMax)
    this.#sinceMs = settings.clock.monotonicMs()
    this.#schedule()
  }

  get enabled(): boolean {
    return this.#cancel !== undefined
  }

  emit(event: TelemetryEvent): void {
    if (this.enabled) this.#intervals.add(event)
  }

  trends(): readonly SeriesTrend[] {
    const all = [...this.#states].map(([series, { trend, alarmed, values }]) => ({ series, trend, alarmed, values }))
    return all.sort((a, b) => (a.series < b.series ? -1 : 1))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(): void {
    const { clock, intervalMs } = this.#settings
    this.#cancel = clock.setTimer(intervalMs, () => this.#end(), { unref: true })
  }

  #end(): void {
    const { clock, intervalMs } = this.#settings
    const nowMs = clock.monotonicMs()
    // A process that was busy or asleep ends it late: what happened is spread over the time it took.
    const share = Math.max(1, (nowMs - this.#sinceMs) / intervalMs)
    this.#sinceMs = nowMs
    this.#schedule()
    for (const { series, value, fromZero } of this.#intervals.end(share)) {
      const before = this.#states.get(series) ?? this.#begun(fromZero)
      const [state, findings] = anomalyStep(before, value, this.#settings)
      this.#states.set(series, state)
      for (const finding of findings) this.#tell({ ...finding, series, atMs: clock.nowMs() })
    }
    this.#ended++
  }

  /** What never happened before happened 0 times in all intervals until now: the first flood is one too. */
  #begun(fromZero: boolean): AnomalyState {
    const before = fromZero ? Math.min(this.#ended, this.#settings.windowSize) : 0
    return { ...newSeries, values: new Array<number>(before).fill(0) }
  }

  #tell(alert: AnomalyAlert): void {
    const { onAlert, telemetry } = this.#settings
    try {
      onAlert(alert)
    } catch {
      // The port tells nobody's errors but its own; the other alerts are still owed.
    }
    const { series } = alert
    if (!telemetry.enabled) return
    if (alert.type === 'trend-changed') {
      const metadata = { series, trend: alert.trend }
      telemetry.emit({ name: 'scope.trend-changed', measurements: { slope: alert.slope }, metadata })
      return
    }
    const { type, value, usual, score } = alert
    telemetry.emit({ name: `scope.${type}`, measurements: { value, usual, score }, metadata: { series } })
  }
}

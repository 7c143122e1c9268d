/** A telemetry port that keeps metrics itself and writes them for Prometheus: no SDK, no server of its own. */

import { checkOptions, rule, type Telemetry, type TelemetryEvent } from '@mabeam/foundation'
import { AttributeLimits, type SeriesAttributes } from './attribute-limits.ts'
import { type EventMetric, EventMetrics, otherEvents } from './event-metrics.ts'
import {
  exposition,
  expositionType,
  type Family,
  type FamilyType,
  familyName,
  labelsOf,
  type Series,
} from './exposition.ts'
import { checkKinds } from './mapping-rules.ts'
import { boundsOf, unitOf } from './measurement.ts'
import { type MetricOptions, metricDefaults, metricRules } from './metric-options.ts'

export interface PrometheusOptions extends MetricOptions {
  /** Before the name of every metric. @default 'mabeam_' */
  readonly prefix?: string
}

export const prometheusDefaults = {
  ...metricDefaults,
  prefix: 'mabeam_',
} as const satisfies Required<PrometheusOptions>

/** What any server makes of a request, as data. */
export interface MetricsResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

export interface PrometheusTelemetry extends Telemetry {
  /** All metrics in the text format 0.0.4, ordered by name. */
  text(): string
  /** The answer to `GET /metrics`, or to `HEAD`; 404 and 405 for all else. */
  respond(request: { readonly method?: string | undefined; readonly url?: string | undefined }): MetricsResponse
}

/**
 * A telemetry port whose metrics Prometheus can fetch. Every event moves the counter `<prefix><event>_total`; its measurements
 * move counters, gauges and histograms, in base units (seconds, bytes).
 *
 * *Delivery*: counted at once. *Runs in* the emitter's turn; never throws. What it keeps is bounded by the options.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 * @example const prometheus = prometheusTelemetry(); createServer((req, res) => { const { status, headers, body } =
 *   prometheus.respond(req); res.writeHead(status, headers).end(body) }).listen(9464)
 */
export function prometheusTelemetry(options: PrometheusOptions = {}): PrometheusTelemetry {
  checkOptions('prometheusTelemetry', options, { ...metricRules, prefix: rule.optional(prefixRule) })
  checkKinds('prometheusTelemetry', options.measurementKinds)
  return new Prometheus({ ...prometheusDefaults, ...options })
}

const prefixRule = {
  ...rule.any(),
  expected: 'a text of letters, digits and _ that does not begin with a digit',
  test: (value: unknown) => typeof value === 'string' && /^([a-zA-Z_][a-zA-Z0-9_]*)?$/.test(value),
}

interface KeptSeries {
  readonly labels: Series['labels']
  value: number
  readonly counts: number[] | undefined
}

interface KeptFamily {
  readonly name: string
  readonly help: string
  readonly type: FamilyType
  readonly toBase: number
  /** In the unit of the measurement, and in base units. */
  readonly bounds: readonly number[]
  readonly boundsInBase: readonly number[]
  readonly series: Map<string, KeptSeries>
}

class Prometheus implements PrometheusTelemetry {
  readonly enabled = true
  readonly #prefix: string
  readonly #metrics: EventMetrics
  readonly #limits: AttributeLimits
  readonly #families = new Map<string, KeptFamily>()
  /** Names of samples that are taken: those of a histogram end in `_bucket`, `_sum` and `_count`. */
  readonly #taken = new Set<string>()

  constructor(settings: Required<PrometheusOptions>) {
    this.#prefix = settings.prefix
    this.#metrics = new EventMetrics(settings.measurementKinds, settings.metricsMax)
    this.#limits = new AttributeLimits(settings)
  }

  emit(event: TelemetryEvent): void {
    let attributes: SeriesAttributes | undefined
    this.#metrics.each(event, (metric, value) => {
      attributes ??= metric.name === otherEvents ? noAttributes : this.#limits.of(event)
      let family = this.#families.get(metric.name)
      if (family === undefined) {
        family = this.#newFamily(event.name, metric)
        this.#families.set(metric.name, family)
      }
      moved(family, seriesOf(family, attributes), value)
    })
  }

  text(): string {
    const families = [...this.#families.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    return exposition(families.map(shownFamily))
  }

  respond({ method = 'GET', url = '/' }: { readonly method?: string | undefined; readonly url?: string | undefined }) {
    const path = url.replace(/^https?:\/\/[^/]*/, '').replace(/[?#].*$/, '')
    if (path !== '/metrics') return plain(404, 'expected /metrics\n')
    if (method !== 'GET' && method !== 'HEAD') return plain(405, 'expected GET\n', { allow: 'GET, HEAD' })
    return { status: 200, headers: { 'content-type': expositionType }, body: method === 'HEAD' ? '' : this.text() }
  }

  #newFamily(event: string, { name, measurement, kind }: EventMetric): KeptFamily {
    const type = kind === 'distribution' ? 'histogram' : kind === 'level' ? 'gauge' : 'counter'
    const { toBase } = unitOf(measurement ?? '')
    const bounds = type === 'histogram' ? boundsOf(measurement ?? '') : []
    const boundsInBase = bounds.map((bound) => Number((bound * toBase).toPrecision(6)))
    const what = name === otherEvents ? 'events beyond the limit of metrics' : `events ${event}`
    const help = measurement === undefined ? what : `${measurement} of ${what}`
    const wanted = this.#prefix + familyName(name === otherEvents ? otherEvents : event, measurement, kind)
    return { name: this.#freeName(wanted, type), help, type, toBase, bounds, boundsInBase, series: new Map() }
  }

  /** Two events may have the same name in Prometheus' letters: the second gets a number. */
  #freeName(wanted: string, type: FamilyType): string {
    for (let n = 1; ; n++) {
      const name = n === 1 ? wanted : wanted.replace(/(_total)?$/, `_${n}$1`)
      const endings = type === 'histogram' ? ['', '_bucket', '_sum', '_count'] : ['']
      const names = endings.map((ending) => name + ending)
      if (names.some((one) => this.#taken.has(one))) continue
      for (const one of names) this.#taken.add(one)
      return name
    }
  }
}

const noAttributes: SeriesAttributes = { key: '', values: {} }

function seriesOf({ series, bounds, type }: KeptFamily, { key, values }: SeriesAttributes): KeptSeries {
  let kept = series.get(key)
  if (kept === undefined) {
    const counts = type === 'histogram' ? new Array<number>(bounds.length + 1).fill(0) : undefined
    kept = { labels: labelsOf(values), value: 0, counts }
    series.set(key, kept)
  }
  return kept
}

function moved({ type, toBase, bounds }: KeptFamily, series: KeptSeries, value: number): void {
  if (type === 'gauge') series.value = value * toBase
  else series.value += value * toBase
  if (series.counts === undefined) return
  const bucket = bounds.findIndex((bound) => value <= bound)
  const at = bucket === -1 ? bounds.length : bucket
  series.counts[at] = (series.counts[at] ?? 0) + 1
}

function shownFamily({ name, help, type, boundsInBase, series }: KeptFamily): Family {
  const shown = [...series.values()].map(({ labels, value, counts }) => ({
    labels,
    value,
    ...(counts !== undefined && { buckets: { bounds: boundsInBase, counts } }),
  }))
  return { name, help, type, series: shown }
}

function plain(status: number, body: string, more: { readonly [name: string]: string } = {}): MetricsResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...more }, body }
}

/** Foundation's telemetry port on OpenTelemetry: every event a metric, what went wrong a log record, what took time a span. */

import { type Clock, checkOptions, rule, systemClock, type Telemetry, type TelemetryEvent } from '@mabeam/foundation'
import {
  createNoopMeter,
  diag,
  type Logger,
  logs,
  type Meter,
  metrics,
  ProxyTracerProvider,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { AttributeLimits } from './attribute-limits.ts'
import { BridgeLogs } from './bridge-logs.ts'
import { BridgeMetrics } from './bridge-metrics.ts'
import { BridgeSpans } from './bridge-spans.ts'
import { EventMetrics } from './event-metrics.ts'
import { checkKinds, checkSeverities } from './mapping-rules.ts'
import { type MetricOptions, metricDefaults, metricRules } from './metric-options.ts'
import type { Severities } from './severity.ts'
import { type SpanPair, spanPairs } from './span-rule.ts'
import { otelContext } from './telemetry-context.ts'

export interface OpenTelemetryBridgeOptions extends MetricOptions {
  /** Where spans go. @default that of the global provider, when one is registered */
  readonly tracer?: Tracer
  /** Where metrics go. @default that of the global provider, when one is registered */
  readonly meter?: Meter
  /** Where log records go. @default that of the global provider */
  readonly logger?: Logger
  /** Times of spans and records, and their rate. @default systemClock */
  readonly clock?: Clock
  /** How grave an event is, by its name or by the verb that ends it, over the table of `severities`. @default {} */
  readonly severities?: Severities
  /** What begins and ends as a span, besides our own. @default [] */
  readonly spanPairs?: readonly SpanPair[]
  /** Log records a second; further ones are counted (`stats().logsSuppressed`) and left out. @default 100 */
  readonly logsPerSecMax?: number
  /** Spans begun and not ended; further ones are counted (`stats().spansRefused`) and not begun. @default 1_000 */
  readonly openSpansMax?: number
}

export const bridgeDefaults = {
  ...metricDefaults,
  clock: systemClock,
  severities: {},
  spanPairs: [],
  logsPerSecMax: 100,
  openSpansMax: 1_000,
} as const satisfies Required<Omit<OpenTelemetryBridgeOptions, 'tracer' | 'meter' | 'logger'>>

/** What the bridge did since it was made. */
export interface BridgeStats {
  readonly events: number
  /** Events at which the SDK threw: a part of what they tell is lost. The first is told to OpenTelemetry's `diag`. */
  readonly failed: number
  /** Metrics that found no room (`metricsMax`). */
  readonly metricsRefused: number
  /** Attribute values that `other` took the place of. */
  readonly attributesOther: number
  readonly logsSuppressed: number
  readonly spansOpen: number
  readonly spansRefused: number
}

export interface OpenTelemetryBridge extends Telemetry, AsyncDisposable {
  stats(): BridgeStats
}

const scopeName = '@mabeam/scope'

/**
 * A telemetry port that hands events to an OpenTelemetry SDK, which the user brings, configures, flushes and shuts down.
 *
 * Every event moves a counter of its name, known or not; each of its measurements moves a metric `event.measurement`. Log
 * records and spans carry the trace of foundation's `currentContext()`; spans are made only where there is one.
 *
 * *Delivery*: as that of the SDK; nothing waits and nothing throws. *Runs in* the emitter's turn. `enabled` is false when no
 * SDK listens or the bridge is disposed of, which ends the spans that are open and is safe twice.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 * @example await using telemetry = openTelemetryBridge(); await using node = await startNode({ telemetry })
 */
export function openTelemetryBridge(options: OpenTelemetryBridgeOptions = {}): OpenTelemetryBridge {
  checkOptions('openTelemetryBridge', options, {
    ...metricRules,
    tracer: rule.optional(rule.object()),
    meter: rule.optional(rule.object()),
    logger: rule.optional(rule.object()),
    clock: rule.optional(rule.object()),
    severities: rule.optional(rule.object()),
    spanPairs: rule.optional(rule.array()),
    logsPerSecMax: rule.optional(rule.int(0)),
    openSpansMax: rule.optional(rule.int(0)),
  })
  checkKinds('openTelemetryBridge', options.measurementKinds)
  checkSeverities('openTelemetryBridge', options.severities)
  return new Bridge(options)
}

class Bridge implements OpenTelemetryBridge {
  readonly #metricNames: EventMetrics
  readonly #limits: AttributeLimits
  readonly #metrics: BridgeMetrics | undefined
  readonly #logger: Logger
  readonly #logs: BridgeLogs
  readonly #spans: BridgeSpans | undefined
  #closed = false
  #events = 0
  #failed = 0

  constructor(options: OpenTelemetryBridgeOptions) {
    const settings = { ...bridgeDefaults, ...options }
    this.#metricNames = new EventMetrics(settings.measurementKinds, settings.metricsMax)
    this.#limits = new AttributeLimits(settings)
    const meter = options.meter ?? metrics.getMeter(scopeName)
    if (meter !== createNoopMeter()) this.#metrics = new BridgeMetrics(meter, this.#metricNames, this.#limits)
    this.#logger = options.logger ?? logs.getLogger(scopeName)
    this.#logs = new BridgeLogs(this.#logger, settings)
    const tracer = options.tracer ?? globalTracer()
    const pairs = [...spanPairs, ...settings.spanPairs]
    if (tracer !== undefined) this.#spans = new BridgeSpans(tracer, { ...settings, pairs })
  }

  get enabled(): boolean {
    if (this.#closed) return false
    return this.#metrics !== undefined || this.#spans !== undefined || this.#logger.enabled()
  }

  emit(event: TelemetryEvent): void {
    if (this.#closed) return
    this.#events++
    let context: ReturnType<typeof otelContext>
    const failures = this.#failed
    this.#attempt(() => {
      context = otelContext()
    })
    this.#attempt(() => this.#metrics?.record(event, context))
    this.#attempt(() => this.#logs.record(event, context))
    this.#attempt(() => this.#spans?.record(event, context))
    if (this.#failed > failures) this.#failed = failures + 1
  }

  stats(): BridgeStats {
    return {
      events: this.#events,
      failed: this.#failed,
      metricsRefused: this.#metricNames.others,
      attributesOther: this.#limits.others,
      logsSuppressed: this.#logs.suppressed,
      spansOpen: this.#spans?.open ?? 0,
      spansRefused: this.#spans?.refused ?? 0,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#attempt(() => this.#spans?.close())
  }

  /** Each part by itself: a logger that throws takes no metric with it. */
  #attempt(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      if (this.#failed === 0) diag.error(`${scopeName}: an event could not be handed on`, thrown)
      this.#failed++
    }
  }
}

/** Undefined while no provider is registered. */
function globalTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider()
  return provider instanceof ProxyTracerProvider ? provider.getDelegateTracer(scopeName) : provider.getTracer(scopeName)
}

/** Events that tell of a stretch of time as OpenTelemetry spans, in the trace of whoever emits. */

import type { Clock, TelemetryEvent } from '@mabeam/foundation'
import { type Context, type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import { logAttributesOf } from './bridge-logs.ts'
import { type Severities, severityOf } from './severity.ts'
import { durationMsOf, type SpanPair, spanKeyOf } from './span-rule.ts'

export interface BridgeSpansSettings {
  readonly clock: Clock
  readonly severities: Severities
  readonly pairs: readonly SpanPair[]
  /** Spans begun and not ended. */
  readonly openSpansMax: number
}

export class BridgeSpans {
  readonly #tracer: Tracer
  readonly #settings: BridgeSpansSettings
  readonly #begins = new Map<string, SpanPair>()
  readonly #ends = new Map<string, SpanPair>()
  readonly #open = new Map<string, Span>()
  #refused = 0

  constructor(tracer: Tracer, settings: BridgeSpansSettings) {
    this.#tracer = tracer
    this.#settings = settings
    for (const pair of settings.pairs) {
      this.#begins.set(pair.begin, pair)
      for (const end of pair.ends) this.#ends.set(end, pair)
    }
  }

  get open(): number {
    return this.#open.size
  }

  /** Beginnings that found no room. */
  get refused(): number {
    return this.#refused
  }

  /** Without a trace nothing begins; what has begun ends in any case. */
  record(event: TelemetryEvent, context: Context | undefined): void {
    const ended = this.#ends.get(event.name)
    if (ended !== undefined) this.#end(spanKeyOf(ended, event), event)
    if (context === undefined) return
    const begun = this.#begins.get(event.name)
    if (begun !== undefined) this.#begin(begun, event, context)
    const durationMs = begun === undefined && ended === undefined ? durationMsOf(event) : undefined
    if (durationMs === undefined) return
    const endTime = this.#settings.clock.nowMs()
    const startTime = endTime - durationMs
    const span = this.#tracer.startSpan(event.name, { startTime, attributes: logAttributesOf(event) }, context)
    this.#judge(span, event)
    span.end(endTime)
  }

  /** Ends what is open, marked as not ended by itself. */
  close(): void {
    const endTime = this.#settings.clock.nowMs()
    for (const span of this.#open.values()) {
      span.setAttribute('unfinished', true)
      span.end(endTime)
    }
    this.#open.clear()
  }

  #begin(pair: SpanPair, event: TelemetryEvent, context: Context): void {
    const key = spanKeyOf(pair, event)
    // One that began again without an end: the end was lost on the way.
    this.#end(key, undefined)
    if (this.#open.size >= this.#settings.openSpansMax) {
      this.#refused++
      return
    }
    const startTime = this.#settings.clock.nowMs()
    const attributes = logAttributesOf(event)
    this.#open.set(key, this.#tracer.startSpan(pair.span, { startTime, attributes }, context))
  }

  #end(key: string, event: TelemetryEvent | undefined): void {
    const span = this.#open.get(key)
    if (span === undefined) return
    this.#open.delete(key)
    if (event === undefined) span.setAttribute('unfinished', true)
    else {
      span.setAttributes(logAttributesOf(event))
      this.#judge(span, event)
    }
    span.end(this.#settings.clock.nowMs())
  }

  #judge(span: Span, event: TelemetryEvent): void {
    const severity = severityOf(event, this.#settings.severities)
    if (severity !== 'error' && severity !== 'warn') return
    const { message, code } = event.metadata
    const why = [message, code].find((one) => typeof one === 'string')
    span.setStatus({ code: SpanStatusCode.ERROR, ...(why !== undefined && { message: String(why) }) })
  }
}

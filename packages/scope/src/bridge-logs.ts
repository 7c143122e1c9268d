/** Events that something went wrong as OpenTelemetry log records, at a bounded rate. */

import type { Clock, Json, TelemetryEvent } from '@mabeam/foundation'
import { type Attributes, type Context, type Logger, SeverityNumber } from '@opentelemetry/api'
import { type Severities, type Severity, severityOf } from './severity.ts'

const numbers: Readonly<Record<Exclude<Severity, 'none'>, SeverityNumber>> = {
  error: SeverityNumber.ERROR,
  warn: SeverityNumber.WARN,
  info: SeverityNumber.INFO,
}

export interface BridgeLogsSettings {
  readonly clock: Clock
  readonly severities: Severities
  /** Records a second; further ones are counted and left out. */
  readonly logsPerSecMax: number
}

export class BridgeLogs {
  readonly #logger: Logger
  readonly #settings: BridgeLogsSettings
  #windowMs = Number.NEGATIVE_INFINITY
  #inWindow = 0
  #suppressed = 0

  constructor(logger: Logger, settings: BridgeLogsSettings) {
    this.#logger = logger
    this.#settings = settings
  }

  get suppressed(): number {
    return this.#suppressed
  }

  record(event: TelemetryEvent, context: Context | undefined): void {
    const severity = severityOf(event, this.#settings.severities)
    if (severity === 'none') return
    if (!this.#mayLog()) {
      this.#suppressed++
      return
    }
    this.#logger.emit({
      eventName: event.name,
      timestamp: this.#settings.clock.nowMs(),
      severityNumber: numbers[severity],
      severityText: severity.toUpperCase(),
      body: sentenceOf(event),
      attributes: logAttributesOf(event),
      ...(context !== undefined && { context }),
    })
  }

  #mayLog(): boolean {
    const atMs = this.#settings.clock.monotonicMs()
    if (atMs - this.#windowMs >= 1_000) {
      this.#windowMs = atMs
      this.#inWindow = 0
    }
    this.#inWindow++
    return this.#inWindow <= this.#settings.logsPerSecMax
  }
}

/** `actor-crashed: counter#12: the row has no label`, as far as the event says it. */
function sentenceOf({ name, metadata }: TelemetryEvent): string {
  const { message, failure, reason, detail } = metadata
  const why = [message, failure, detail, reason].find((one) => typeof one === 'string' && one !== '')
  return why === undefined ? name : `${name}: ${String(why)}`
}

/** All an event says: what is no text, number or truth as JSON. */
export function logAttributesOf({ metadata, measurements }: TelemetryEvent): Attributes {
  const attributes: Attributes = {}
  for (const [key, value] of Object.entries(metadata)) {
    const plain = plainOf(value)
    if (plain !== undefined) attributes[key] = plain
  }
  for (const [key, value] of Object.entries(measurements)) attributes[key] = value
  return attributes
}

function plainOf(value: Json | undefined): string | number | boolean | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'object' ? JSON.stringify(value) : value
}

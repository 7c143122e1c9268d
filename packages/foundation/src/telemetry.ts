/** The telemetry port: what every layer emits through. An interface and nothing else, so that libraries need no exporter. */

import { type Json, messageOf } from './errors.ts'

/** One event of the catalogue (`events.md` of each package). Measurements carry their unit in the name. */
export interface TelemetryEvent {
  /** `package.noun-verb`, such as `foundation.actor-restarted`. */
  readonly name: string
  readonly measurements: { readonly [name: string]: number }
  readonly metadata: { readonly [name: string]: Json }
}

/** *Delivery*: at most once, in order of emission. *Runs in* the emitter's turn: must not block and must not throw. */
export interface Telemetry {
  /** False lets an emitter skip building the event. */
  readonly enabled: boolean
  emit(event: TelemetryEvent): void
}

/** Nobody listens: the default. */
export const silentTelemetry: Telemetry = { enabled: false, emit() {} }

/**
 * The same port, whose faults reach nobody else: what it throws is warned of once, as a warning of the process, and what it was
 * told then is lost.
 */
export function guardedTelemetry(port: Telemetry, warn: (sentence: string) => void): Telemetry {
  let warned = false
  return {
    get enabled() {
      return port.enabled
    },
    emit(event) {
      try {
        port.emit(event)
      } catch (thrown) {
        if (!warned) warn(`the telemetry port threw at ${event.name}: ${messageOf(thrown)}; it must not`)
        warned = true
      }
    },
  }
}

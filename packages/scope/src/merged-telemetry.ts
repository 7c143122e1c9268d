/** Several telemetry ports as one, and one that hears only some events. */

import type { Telemetry, TelemetryEvent } from '@mabeam/foundation'

/**
 * A port that tells all of `ports`, in that order: each what it would hear alone. One that throws keeps nothing from the others.
 *
 * *Delivery*: as that of each. *Runs in* the emitter's turn. `enabled` while one of them is.
 * @example const telemetry = mergeTelemetry(openTelemetryBridge(), prometheus)
 */
export function mergeTelemetry(...ports: readonly Telemetry[]): Telemetry {
  return {
    get enabled() {
      return ports.some((port) => port.enabled)
    },
    emit(event) {
      for (const port of ports) handOn(port, event)
    },
  }
}

/**
 * A port that tells `port` the events for which `predicate` is true. A predicate that throws lets the event through: better
 * one too many than one lost.
 *
 * *Runs in* the emitter's turn, as does `predicate`: it must not block.
 * @example filterTelemetry(bridge, (event) => !event.name.startsWith('foundation.actor-'))
 */
export function filterTelemetry(port: Telemetry, predicate: (event: TelemetryEvent) => boolean): Telemetry {
  return {
    get enabled() {
      return port.enabled
    },
    emit(event) {
      if (passes(predicate, event)) handOn(port, event)
    },
  }
}

function handOn(port: Telemetry, event: TelemetryEvent): void {
  try {
    if (port.enabled) port.emit(event)
  } catch {
    // The contract of a port says that it does not throw: the fault is its own, and the emitter must not die of it.
  }
}

function passes(predicate: (event: TelemetryEvent) => boolean, event: TelemetryEvent): boolean {
  try {
    return predicate(event)
  } catch {
    return true
  }
}

/** A telemetry port that keeps what it is told, for tests to look at. */

import type { Telemetry, TelemetryEvent } from '../telemetry.ts'

export interface CollectedTelemetry extends Telemetry {
  readonly events: readonly TelemetryEvent[]
  /** The events of one name, in order. */
  named(name: string): readonly TelemetryEvent[]
}

/** @example const telemetry = collectTelemetry(); …; expect(telemetry.named('foundation.actor-crashed')).toHaveLength(1) */
export function collectTelemetry(): CollectedTelemetry {
  const events: TelemetryEvent[] = []
  return {
    enabled: true,
    events,
    emit: (event) => void events.push(event),
    named: (name) => events.filter((event) => event.name === name),
  }
}

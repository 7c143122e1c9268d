/** What a host tells of its agreements. */

import type { Json } from '@mabeam/foundation'
import type { HostNode } from './host-options.ts'

type EventName =
  | 'agreement-decided'
  | 'agreement-undecided'
  | 'evidence-found'
  | 'member-suspected'
  | 'message-refused'
  | 'member-expelled'
  | 'member-readmitted'

export class HostTelemetry {
  readonly #node: HostNode

  constructor(node: HostNode) {
    this.#node = node
  }

  emit(
    event: EventName,
    measurements: { readonly [name: string]: number },
    more: { readonly [name: string]: Json },
  ): void {
    const { telemetry, system, name: node } = this.#node
    if (telemetry.enabled)
      telemetry.emit({ name: `coordination.${event}`, measurements, metadata: { system, node, ...more } })
  }
}

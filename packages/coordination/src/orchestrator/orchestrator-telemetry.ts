/** What an orchestrator tells through the telemetry port of its node. */

import type { Node, TelemetryEvent, WireError } from '@mabeam/foundation'
import type { DirectiveResult, Violation } from './directive.ts'

/** Whose. */
export interface ToldDirective {
  readonly directive: string
  readonly kind: string
}

export class OrchestratorTelemetry {
  readonly #node: Node
  readonly #orchestrator: string

  constructor(node: Node, orchestrator: string) {
    this.#node = node
    this.#orchestrator = orchestrator
  }

  turned(
    event: 'coordinated' | 'adapted',
    of: ToldDirective,
    result: DirectiveResult & { readonly tookMs: number },
  ): void {
    const changes = result.type === 'applied' ? result.changes.length : 0
    const measurements = { durationMs: result.tookMs, changes }
    this.#emit(`directive-${event}`, of, { measurements, metadata: { outcome: result.type } })
  }

  refused(of: ToldDirective, { constraint, got }: Violation): void {
    this.#emit('directive-refused', of, { measurements: { count: 1 }, metadata: { constraint, got } })
  }

  failed({ step, ...of }: ToldDirective & { readonly step: string }, { code, message }: Failure): void {
    this.#emit('directive-failed', of, { measurements: { count: 1 }, metadata: { step, code, message } })
  }

  #emit(
    event: 'directive-coordinated' | 'directive-adapted' | 'directive-refused' | 'directive-failed',
    of: ToldDirective,
    { measurements, metadata }: Pick<TelemetryEvent, 'measurements' | 'metadata'>,
  ): void {
    const { telemetry, name: node } = this.#node
    if (!telemetry.enabled) return
    const { directive, kind } = of
    const whose = { node, orchestrator: this.#orchestrator, directive, kind }
    telemetry.emit({ name: `coordination.${event}`, measurements, metadata: { ...whose, ...metadata } })
  }
}

type Failure = Pick<WireError, 'code' | 'message'>

/** The trace of whoever emits, as OpenTelemetry knows it: what metrics, logs and spans are linked by. */

import { currentContext, printTraceparent, type Trace } from '@mabeam/foundation'
import { type Context, createTraceState, ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api'

/** The context of the span of whoever emits, of foundation's own flow and not of OpenTelemetry's; undefined without a trace. */
export function otelContext(): Context | undefined {
  const current = currentContext()?.trace
  return current === undefined ? undefined : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(current))
}

function spanContextOf(span: Trace) {
  const { tracestate } = printTraceparent(span)
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    traceFlags: span.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  }
}

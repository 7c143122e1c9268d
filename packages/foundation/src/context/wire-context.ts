/** A context as it is sent to another node: W3C headers, the time left, and the user's data. */

import type { Clock } from '../clock.ts'
import type { Json } from '../errors.ts'
import { currentFlow } from './async-context.ts'
import { type Baggage, parseBaggage, printBaggage } from './baggage.ts'
import { type Context, contextLimits, deadlineIn } from './context.ts'
import { parseTraceparent, printTraceparent } from './trace.ts'

/** Plain data. Absent parts are not there. */
export interface WireContext {
  readonly traceparent?: string
  readonly tracestate?: string
  readonly baggage?: string
  /** What was left of the deadline when it was sent: clocks of two nodes differ, so the way itself is not counted. */
  readonly leftMs?: number
  readonly user?: Json
}

/** What to send of `context`, that of whoever runs now unless given; undefined when there is nothing. */
export function contextToWire(context: Context | undefined = currentFlow()): WireContext | undefined {
  if (context === undefined) return undefined
  const { trace, baggage, deadline, user } = context
  return {
    ...(trace !== undefined && printTraceparent(trace)),
    ...(baggage.size > 0 && { baggage: printBaggage(baggage) }),
    ...(deadline !== undefined && { leftMs: deadline.leftMs }),
    ...(user !== undefined && { user }),
  }
}

/**
 * The context that was sent, its deadline on `clock`. Parts that break their grammar or limit are ignored, since a
 * message must not be lost for its trace; undefined when nothing is left. Enter it with `enterContext`.
 */
export function contextFromWire(wire: unknown, clock: Clock): Context | undefined {
  if (typeof wire !== 'object' || wire === null) return undefined
  const { traceparent, tracestate, baggage: header, leftMs, user: sent } = wire as { readonly [key: string]: unknown }
  const state = typeof tracestate === 'string' ? tracestate : ''
  const trace = typeof traceparent === 'string' ? parseTraceparent(traceparent, state) : undefined
  const baggage: Baggage = (typeof header === 'string' ? parseBaggage(header) : undefined) ?? new Map()
  const deadline = typeof leftMs === 'number' && Number.isFinite(leftMs) ? deadlineIn(clock, leftMs) : undefined
  const user = isSmallJson(sent) ? sent : undefined
  if (trace === undefined && baggage.size === 0 && deadline === undefined && user === undefined) return undefined
  return { trace, baggage, deadline, user }
}

function isSmallJson(value: unknown): value is Json {
  if (value === undefined) return false
  try {
    return (JSON.stringify(value)?.length ?? Number.POSITIVE_INFINITY) <= contextLimits.userLengthMax
  } catch {
    return false
  }
}

/**
 * Which trace work belongs to, and which step of it this is: `traceparent` and `tracestate` of W3C Trace Context. Pure.
 *
 * Source: W3C Trace Context (Recommendation, 23 November 2021), 3.2; the random flag is of level 2 and kept.
 */

import type { Random } from '../random.ts'
import { parseTraceState, printTraceState, type TraceStateMember } from './trace-state.ts'

/** A span of a trace. */
export interface Trace {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string
  /** 16 hexadecimal digits, not all zero. */
  readonly spanId: string
  /** The span that caused this one, where it is known. Not sent. */
  readonly parentSpanId?: string | undefined
  /** Whether whoever began the trace records it. */
  readonly sampled: boolean
  /** Whether the trace id is random in its last 56 bits. */
  readonly random: boolean
  /** What tracing vendors keep along the trace, newest first. */
  readonly state: readonly TraceStateMember[]
}

const sampledFlag = 1
const randomFlag = 2

/** The first span of a new trace. @example withContext({ trace: newTrace(node.random) }, () => counter.call('add', 2)) */
export function newTrace(random: Random, options: { readonly sampled?: boolean } = {}): Trace {
  const traceId = hexDigits(random, 4)
  return { traceId, spanId: hexDigits(random, 2), sampled: options.sampled ?? true, random: true, state: [] }
}

/** A span that `trace` caused. */
export function childSpan(trace: Trace, random: Random): Trace {
  const { traceId, spanId: parentSpanId, sampled, random: isRandom, state } = trace
  return { traceId, spanId: hexDigits(random, 2), parentSpanId, sampled, random: isRandom, state }
}

/**
 * The span that headers name, or undefined for a `traceparent` that breaks the grammar: a new trace is to be begun then.
 * A `tracestate` that breaks its own is ignored alone. Versions to come are read as far as they are known.
 *
 * @example parseTraceparent('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
 */
export function parseTraceparent(traceparent: string, tracestate = ''): Trace | undefined {
  const found = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(traceparent)
  if (found === null) return undefined
  const [, version, traceId = '', spanId = '', flags = '', rest] = found
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  const bits = Number.parseInt(flags, 16)
  const state = parseTraceState(tracestate) ?? []
  return { traceId, spanId, sampled: (bits & sampledFlag) !== 0, random: (bits & randomFlag) !== 0, state }
}

/** The headers of a span; no `tracestate` when it is empty. */
export function printTraceparent(trace: Trace): { readonly traceparent: string; readonly tracestate?: string } {
  const bits = (trace.sampled ? sampledFlag : 0) + (trace.random ? randomFlag : 0)
  const traceparent = `00-${trace.traceId}-${trace.spanId}-0${bits}`
  return trace.state.length === 0 ? { traceparent } : { traceparent, tracestate: printTraceState(trace.state) }
}

/** A table: the digits of a number beyond 31 bits take as long to print as all the rest of a call. */
const digitsOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => (byte + 256).toString(16).slice(1))

/** 8 digits a word, not all zero. */
function hexDigits(random: Random, words: number): string {
  let digits = ''
  let any = 0
  for (let i = 0; i < words; i++) {
    const word = random.int(2 ** 32)
    any += word
    for (let shift = 24; shift >= 0; shift -= 8) digits += digitsOfByte[(word >>> shift) & 255]
  }
  return any === 0 ? hexDigits(random, words) : digits
}

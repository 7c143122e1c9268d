/**
 * What flows with work, without being passed by hand: through awaits, calls, casts, timers, channels and nodes. Its trace
 * says what it belongs to, its deadline bounds every call made under it, baggage and user are the user's own.
 */

import { type Clock, systemClock } from '../clock.ts'
import type { Json } from '../errors.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import type { Random } from '../random.ts'
import { currentAsyncContext, currentFlow, runInContext } from './async-context.ts'
import { type Baggage, type BaggageEntry, baggageFault } from './baggage.ts'
import { childSpan, parseTraceparent, printTraceparent, type Trace } from './trace.ts'
import { isTraceStateMember, traceStateLimits } from './trace-state.ts'

/** A moment on a clock of this process. */
export interface ContextDeadline {
  /** Milliseconds left; 0 or less when it has passed. */
  readonly leftMs: number
}

/** Whoever runs now can read it; nobody can change it. */
export interface Context {
  readonly trace: Trace | undefined
  readonly baggage: Baggage
  readonly deadline: ContextDeadline | undefined
  readonly user: Json | undefined
}

export interface ContextOptions {
  /** A span, or a `traceparent` header. @default the one around */
  readonly trace?: Trace | string
  /** By name; added to what is there around. @default {} */
  readonly baggage?: Baggage | { readonly [key: string]: string }
  /** How long what is done under it may take, from now; the one around may be shorter and then holds. @default none */
  readonly deadlineMs?: number
  /** What the deadline is measured by; that of the node in tests. @default systemClock */
  readonly clock?: Clock
  /** On whose behalf, as plain data of at most `userLengthMax` characters of JSON. @default the one around */
  readonly user?: Json
}

export const contextLimits = { userLengthMax: 8_192 } as const

const noBaggage: Baggage = new Map<string, BaggageEntry>([])

/**
 * Runs `run` with that context, on top of the one around. What `run` sets in motion has it too: promises, timers, calls
 * and casts to actors, channel messages. Each hop to an actor or a subscriber is a span of its own in the same trace.
 *
 * Throws `foundation/invalid-option`. *Runs in* the caller's turn.
 *
 * @example await withContext({ user: { id: 'u1' }, deadlineMs: 2_000 }, () => counter.call('add', 2))
 */
export function withContext<T>(options: ContextOptions, run: () => T): T {
  checkOptions('withContext', options, {
    trace: rule.optional(rule.any()),
    baggage: rule.optional(rule.object()),
    deadlineMs: rule.optional(rule.number(0)),
    clock: rule.optional(rule.object()),
    user: rule.optional(rule.any()),
  })
  const around = currentFlow()
  const context: Context = {
    trace: options.trace === undefined ? around?.trace : checkedTrace(options.trace),
    baggage: mergedBaggage(around?.baggage ?? noBaggage, options.baggage),
    deadline: earlier(around?.deadline, options),
    user: options.user === undefined ? around?.user : checkedUser(options.user),
  }
  return runInContext({ work: currentAsyncContext()?.work, flow: context }, run)
}

/** The context of whoever runs now; undefined when there is none. */
export function currentContext(): Context | undefined {
  return currentFlow()
}

/** Runs `run` in a context that came along with a message, and in no other. */
export function enterContext<T>(context: Context | undefined, run: () => T): T {
  return runInContext(context === undefined ? undefined : { flow: context }, run)
}

/** The same context one hop further: a span of its own in the same trace. */
export function childContext(context: Context, random: Random): Context {
  return context.trace === undefined ? context : { ...context, trace: childSpan(context.trace, random) }
}

/** The same context without its deadline, for what goes on when the work that had it is long done. */
export function withoutDeadline(context: Context | undefined): Context | undefined {
  return context?.deadline === undefined ? context : { ...context, deadline: undefined }
}

/** The smaller of `timeoutMs` and what the context has left; 0 or less when its deadline has passed. */
export function boundedByContext(timeoutMs: number, context: Context | undefined): number {
  return context?.deadline === undefined ? timeoutMs : Math.min(timeoutMs, context.deadline.leftMs)
}

/** A deadline `leftMs` from now. */
export function deadlineIn(clock: Clock, leftMs: number): ContextDeadline {
  const dueMs = clock.monotonicMs() + leftMs
  return {
    get leftMs() {
      return dueMs - clock.monotonicMs()
    },
  }
}

function earlier(around: ContextDeadline | undefined, options: ContextOptions): ContextDeadline | undefined {
  if (options.deadlineMs === undefined) return around
  if (around !== undefined && around.leftMs <= options.deadlineMs) return around
  return deadlineIn(options.clock ?? systemClock, options.deadlineMs)
}

function checkedTrace(given: Trace | string): Trace {
  if (typeof given === 'string') {
    const parsed = parseTraceparent(given)
    if (parsed === undefined) throw invalidOption('withContext', 'trace', 'a traceparent header or a span', given)
    return parsed
  }
  // What can be printed and read back is what another node gets.
  const ok = typeof given === 'object' && given !== null && Array.isArray(given.state)
  if (!ok || parseTraceparent(printTraceparent({ ...given, state: [] }).traceparent) === undefined) {
    throw invalidOption('withContext', 'trace', 'a traceparent header or a span', given)
  }
  if (given.state.length > traceStateLimits.membersMax || !given.state.every(isTraceStateMember)) {
    throw invalidOption(
      'withContext',
      'trace.state',
      `at most ${traceStateLimits.membersMax} valid members`,
      given.state,
    )
  }
  return given
}

function mergedBaggage(around: Baggage, given: ContextOptions['baggage']): Baggage {
  if (given === undefined) return around
  const merged = new Map(around)
  if (given instanceof Map) for (const [key, entry] of given as Baggage) merged.set(key, entry)
  else for (const [key, value] of Object.entries(given)) merged.set(key, { value: String(value) })
  const fault = baggageFault(merged)
  if (fault !== undefined) throw invalidOption('withContext', 'baggage', fault, [...merged.keys()])
  return merged
}

/** A copy that nobody else holds: what another node would get. */
function checkedUser(user: Json): Json {
  const expected = `plain data of at most ${contextLimits.userLengthMax} characters of JSON`
  let text: string | undefined
  try {
    text = JSON.stringify(user)
  } catch {
    text = undefined
  }
  if (text === undefined || text.length > contextLimits.userLengthMax) {
    throw invalidOption('withContext', 'user', expected, user)
  }
  return JSON.parse(text) as Json
}

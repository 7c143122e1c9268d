/**
 * Leaves an instance alone that fails too often, as a pure step: closed while enough calls succeed, open for a while when
 * they don't, then half-open, when a few calls show whether it is well again.
 *
 * Source: Nygard, Release It!, 2007, chapter 5. Differs: opens by the share of failures inside a window, not by a row of them.
 */

import { rule } from '../options.ts'

export interface BreakerOptions {
  /** Opens when so large a share of the calls inside the window failed. @default 0.5 */
  readonly failureShare?: number
  /** Fewer calls inside the window never open it. @default 10 */
  readonly callsMin?: number
  /** @default 10_000 */
  readonly windowMs?: number
  /** How long it stays open. @default 5_000 */
  readonly openMs?: number
  /** Calls let through while half-open; it closes when all of them succeed. @default 3 */
  readonly trialCalls?: number
}

export const breakerDefaults = {
  failureShare: 0.5,
  callsMin: 10,
  windowMs: 10_000,
  openMs: 5_000,
  trialCalls: 3,
} as const satisfies Required<BreakerOptions>

export const breakerRules = {
  failureShare: rule.optional(rule.number(0.01, 1)),
  callsMin: rule.optional(rule.int(1)),
  windowMs: rule.optional(rule.number(1)),
  openMs: rule.optional(rule.number(1)),
  trialCalls: rule.optional(rule.int(1)),
}

export interface BreakerState {
  readonly phase: 'closed' | 'open' | 'half-open'
  /** Since when. */
  readonly sinceMs: number
  /** Grows with each change of phase: results of calls let through before it do not count. */
  readonly turn: number
  /** Calls let through while half-open, and those of them that succeeded. */
  readonly trials: number
  readonly trialsPassed: number
  /** Results inside the window, in tenths of it; the newest last. */
  readonly slots: readonly Slot[]
}

interface Slot {
  readonly slot: number
  readonly passed: number
  readonly failed: number
}

export type BreakerEvent =
  /** May a call go through? */
  | { readonly type: 'ask'; readonly atMs: number }
  /** A call that was let through in `turn` ended. */
  | { readonly type: 'ended'; readonly hasFailed: boolean; readonly turn: number; readonly atMs: number }
  /** A call that was let through in `turn` was given up by its caller: it says nothing of the instance. */
  | { readonly type: 'given-up'; readonly turn: number; readonly atMs: number }

export interface BreakerDecision {
  readonly state: BreakerState
  /** Of an ask: whether the call goes through. */
  readonly isAllowed: boolean
}

/** The decision as a function: what tests and their mutants pass around. */
export type BreakerStep = (
  state: BreakerState,
  event: BreakerEvent,
  options: Required<BreakerOptions>,
) => BreakerDecision

export const newBreaker: BreakerState = {
  phase: 'closed',
  sinceMs: 0,
  turn: 0,
  trials: 0,
  trialsPassed: 0,
  slots: [],
}

const slotsPerWindow = 10

/**
 * One decision.
 *
 * Ensures: while open nothing goes through; while half-open never more than `trialCalls` do; it never opens on fewer
 * than `callsMin` calls inside the window.
 */
export const breakerStep: BreakerStep = (state, event, options) => {
  if (event.type === 'ask') return onAsk(state, event.atMs, options)
  if (event.turn !== state.turn) return { state, isAllowed: false }
  if (event.type === 'given-up') {
    const trials = state.phase === 'half-open' ? state.trials - 1 : state.trials
    return { state: { ...state, trials }, isAllowed: false }
  }
  return { state: onEnded(state, event, options), isAllowed: false }
}

/** Whether an ask would be allowed, without asking. */
export function breakerAllows(state: BreakerState, atMs: number, options: Required<BreakerOptions>): boolean {
  return onAsk(state, atMs, options).isAllowed
}

function onAsk(state: BreakerState, atMs: number, options: Required<BreakerOptions>): BreakerDecision {
  if (state.phase === 'closed') return { state, isAllowed: true }
  if (state.phase === 'open') {
    if (atMs - state.sinceMs < options.openMs) return { state, isAllowed: false }
    return { state: { ...entered(state, 'half-open', atMs), trials: 1 }, isAllowed: true }
  }
  if (state.trials < options.trialCalls) return { state: { ...state, trials: state.trials + 1 }, isAllowed: true }
  return { state, isAllowed: false }
}

function onEnded(
  state: BreakerState,
  event: Extract<BreakerEvent, { type: 'ended' }>,
  options: Required<BreakerOptions>,
): BreakerState {
  if (state.phase === 'half-open') {
    if (event.hasFailed) return entered(state, 'open', event.atMs)
    const trialsPassed = state.trialsPassed + 1
    return trialsPassed >= options.trialCalls ? entered(state, 'closed', event.atMs) : { ...state, trialsPassed }
  }
  const slots = counted(state.slots, event, options.windowMs)
  const failed = slots.reduce((sum, one) => sum + one.failed, 0)
  const calls = slots.reduce((sum, one) => sum + one.failed + one.passed, 0)
  if (calls >= options.callsMin && failed / calls >= options.failureShare) return entered(state, 'open', event.atMs)
  return { ...state, slots }
}

function counted(
  slots: readonly Slot[],
  event: Extract<BreakerEvent, { type: 'ended' }>,
  windowMs: number,
): readonly Slot[] {
  const slot = Math.floor((event.atMs * slotsPerWindow) / windowMs)
  const kept = slots.filter((one) => slot - one.slot < slotsPerWindow)
  const last = kept.at(-1)
  const into = last?.slot === slot ? last : { slot, passed: 0, failed: 0 }
  const next = event.hasFailed ? { ...into, failed: into.failed + 1 } : { ...into, passed: into.passed + 1 }
  return [...(into === last ? kept.slice(0, -1) : kept), next]
}

function entered(state: BreakerState, phase: BreakerState['phase'], atMs: number): BreakerState {
  return { phase, sinceMs: atMs, turn: state.turn + 1, trials: 0, trialsPassed: 0, slots: [] }
}

/**
 * Rates as a pure step: two buckets that fill by the minute, one of requests and one of tokens, a bound of calls at once, and a
 * pause when the provider asks for one. It decides about the call at the head of the queue; the queue is first come, first served.
 *
 * Source: Turner, IEEE Communications 24(10), 1986 (token bucket as a meter). Differs: the tokens of a call are a guess when it
 * begins and are corrected when it has ended, so that a bucket may be below zero for a while. What was guessed too high is given back but
 * for what would have spilled, had it been in the bucket all the while.
 */

import { leastRoom, type RoomSince, withLess, withRoom } from './room-since.ts'

/** What is bounded. `Infinity` is no bound. */
export interface RateBounds {
  readonly requestsPerMinute: number
  readonly tokensPerMinute: number
  readonly concurrencyMax: number
  /** The part of a minute's allowance that may be used at once after a pause. */
  readonly burstShare: number
}

export interface RateState {
  readonly requests: number
  readonly tokens: number
  readonly running: number
  readonly atMs: number
  /** Nobody begins before. */
  readonly pausedUntilMs: number
  /** Counts events. */
  readonly turn: number
  /** How much room the bucket of tokens had, at turns while calls run. */
  readonly room: RoomSince | undefined
}

export type RateEvent =
  /** The call at the head of the queue wants to begin; it is likely to take so many tokens. */
  | { readonly type: 'ask'; readonly tokens: number; readonly atMs: number }
  /** A call that began at `turn` with the guess `guessed` took `tokens`. */
  | {
      readonly type: 'ended'
      readonly turn: number
      readonly guessed: number
      readonly tokens: number
      readonly atMs: number
    }
  /** The provider asks to be left alone. */
  | { readonly type: 'pause'; readonly forMs: number; readonly atMs: number }

export type RateDecision =
  | { readonly type: 'begin'; readonly turn: number }
  /** Not yet: ask again after so long, if it is known, or when a call has ended. */
  | { readonly type: 'wait'; readonly delayMs: number | undefined }
  | { readonly type: 'noted' }

/** The decision as a function: what tests and their mutants pass around. */
export type RateStep = (state: RateState, event: RateEvent, bounds: RateBounds) => readonly [RateState, RateDecision]

/** Full buckets, nobody running. */
export function newRateState(bounds: RateBounds, atMs: number): RateState {
  return {
    requests: requestBurst(bounds),
    tokens: tokenBurst(bounds),
    running: 0,
    atMs,
    pausedUntilMs: 0,
    turn: 0,
    room: undefined,
  }
}

/**
 * One decision.
 *
 * Ensures: never more than `concurrencyMax` run; in any time `t` at most `burst + t * rate` requests begin, and of tokens the same
 * but for the last call and what was guessed too low; a call that is bigger than the bucket begins when the bucket is full.
 */
export const rateStep: RateStep = (before, event, bounds) => {
  const state = filled(before, event.atMs, bounds)
  switch (event.type) {
    case 'ask': {
      if (state.running >= bounds.concurrencyMax) return [state, { type: 'wait', delayMs: undefined }]
      const needed = Math.min(event.tokens, tokenBurst(bounds))
      const delayMs = Math.max(
        state.pausedUntilMs - state.atMs,
        untilMs(1 - state.requests, bounds.requestsPerMinute),
        untilMs(needed - state.tokens, bounds.tokensPerMinute),
      )
      if (delayMs > 0) return [state, { type: 'wait', delayMs }]
      const tokens = state.tokens - event.tokens
      const { turn } = state
      const begun = { ...state, requests: state.requests - 1, tokens, running: state.running + 1 }
      return [begun, { type: 'begin', turn }]
    }
    case 'ended': {
      const back = Math.min(event.guessed - event.tokens, leastRoom(state.room, event.turn + 1))
      const room = back > 0 ? withLess(state.room, event.turn + 1, back) : state.room
      const running = state.running - 1
      return [
        { ...state, tokens: state.tokens + back, running, room: running > 0 ? room : undefined },
        { type: 'noted' },
      ]
    }
    case 'pause': {
      const pausedUntilMs = Math.max(state.pausedUntilMs, event.atMs + event.forMs)
      return [{ ...state, pausedUntilMs }, { type: 'noted' }]
    }
  }
}

function filled(state: RateState, atMs: number, bounds: RateBounds): RateState {
  const minutes = Math.max(0, atMs - state.atMs) / 60_000
  const requests = gained(state.requests, minutes * bounds.requestsPerMinute, requestBurst(bounds))
  const tokens = gained(state.tokens, minutes * bounds.tokensPerMinute, tokenBurst(bounds))
  const turn = state.turn + 1
  const space = tokenBurst(bounds) - tokens
  // Of an unbounded bucket there is no room to speak of.
  const room = state.running > 0 && space < Number.POSITIVE_INFINITY ? withRoom(state.room, turn, space) : state.room
  return { ...state, requests, tokens, atMs: Math.max(atMs, state.atMs), turn, room }
}

/** An unbounded bucket stays full: nothing times no minutes is no number. */
function gained(held: number, gain: number, burst: number): number {
  return burst === Number.POSITIVE_INFINITY ? burst : Math.min(burst, held + gain)
}

function requestBurst({ requestsPerMinute, burstShare }: RateBounds): number {
  return burstOf(requestsPerMinute, burstShare)
}

function tokenBurst({ tokensPerMinute, burstShare }: RateBounds): number {
  return burstOf(tokensPerMinute, burstShare)
}

/** No share of what is unbounded is still unbounded: infinity times nothing is no number, and a bound by it would bound nothing. */
function burstOf(perMinute: number, share: number): number {
  return perMinute === Number.POSITIVE_INFINITY ? perMinute : Math.max(1, perMinute * share)
}

/** How long it takes for `missing` to flow in. What sums of fractions leave a hair short is there. */
function untilMs(missing: number, perMinute: number): number {
  return missing <= 1e-9 ? 0 : (missing * 60_000) / perMinute
}

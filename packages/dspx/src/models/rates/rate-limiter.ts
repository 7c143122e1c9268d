/** A rate limiter: the queue of calls to one provider, account or server, carried out on a clock. */

import { type CancelTimer, type Clock, checkOptions, definedOptions, rule, systemClock } from '@mabeam/foundation'
import { tooManyWaiting } from '../errors.ts'
import { newRateState, type RateBounds, type RateEvent, type RateState, rateStep } from './rate-step.ts'

/** What a provider allows. */
export interface RateLimitOptions {
  /** @default no limit */
  readonly requestsPerMinute?: number
  /** Tokens in and out. @default no limit */
  readonly tokensPerMinute?: number
  /** Calls at once; a stream is one until it has ended. @default no limit */
  readonly concurrencyMax?: number
  /** The part of a minute's allowance that may be used at once after a pause: 1 is all of it. @default 1 */
  readonly burstShare?: number
  /** Calls that wait for their turn; one more is refused. @default 100_000 */
  readonly waitingMax?: number
  /** The longest that one wish of the provider makes everybody wait. @default 120_000 */
  readonly pauseMaxMs?: number
  /** @default systemClock */
  readonly clock?: Clock
}

export const rateLimitDefaults = {
  requestsPerMinute: Number.POSITIVE_INFINITY,
  tokensPerMinute: Number.POSITIVE_INFINITY,
  concurrencyMax: Number.POSITIVE_INFINITY,
  burstShare: 1,
  waitingMax: 100_000,
  pauseMaxMs: 120_000,
  clock: systemClock,
} as const satisfies Required<RateLimitOptions>

/** Shared by all models that one allowance counts together. */
export interface RateLimiter {
  /** Calls that run. */
  readonly running: number
  /** Calls that wait. */
  readonly waiting: number
  /**
   * Resolves when it is this call's turn: first come, first served.
   *
   * Throws: `dspx/too-many-waiting`; `signal.reason`.
   */
  begin(tokens: number, signal?: AbortSignal): Promise<RateTurn>
  /** Nobody begins before the time has passed, at most `pauseMaxMs`: what a provider asked for. */
  pause(forMs: number): void
}

/** A call that runs. */
export interface RateTurn {
  /** It has ended and took so many tokens. The second time it does nothing. */
  end(tokens: number): void
}

interface Waiting {
  readonly tokens: number
  readonly grant: (turn: RateTurn) => void
}

/**
 * A rate limiter.
 *
 * @example const limiter = createRateLimiter({ requestsPerMinute: 500, tokensPerMinute: 200_000 })
 */
export function createRateLimiter(options: RateLimitOptions): RateLimiter {
  checkOptions('createRateLimiter', options, {
    requestsPerMinute: rule.optional(rule.number(1e-3)),
    tokensPerMinute: rule.optional(rule.number(1)),
    concurrencyMax: rule.optional(rule.int(1)),
    burstShare: rule.optional(rule.number(0, 1)),
    waitingMax: rule.optional(rule.int(0)),
    pauseMaxMs: rule.optional(rule.number(0)),
    clock: rule.optional(rule.having('setTimer', 'monotonicMs')),
  })
  return new QueuedLimiter({ ...rateLimitDefaults, ...definedOptions(options) })
}

class QueuedLimiter implements RateLimiter {
  readonly #bounds: RateBounds
  readonly #waitingMax: number
  readonly #pauseMaxMs: number
  readonly #clock: Clock
  #state: RateState
  /** In order of arrival; a set, so that who gives up leaves it at once. */
  readonly #queue = new Set<Waiting>()
  #cancelTimer: CancelTimer | undefined

  constructor({ clock, waitingMax, pauseMaxMs, ...bounds }: Required<RateLimitOptions>) {
    this.#bounds = bounds
    this.#waitingMax = waitingMax
    this.#pauseMaxMs = pauseMaxMs
    this.#clock = clock
    this.#state = newRateState(bounds, clock.monotonicMs())
  }

  get running(): number {
    return this.#state.running
  }

  get waiting(): number {
    return this.#queue.size
  }

  async begin(tokens: number, signal?: AbortSignal): Promise<RateTurn> {
    signal?.throwIfAborted()
    if (this.#queue.size === 0) {
      const decision = this.#step({ type: 'ask', tokens, atMs: this.#clock.monotonicMs() })
      if (decision.type === 'begin') return this.#turn(tokens, decision.turn)
    }
    if (this.#queue.size >= this.#waitingMax) throw tooManyWaiting('rate limiter', this.#waitingMax)
    const turn = Promise.withResolvers<RateTurn>()
    const waiting: Waiting = { tokens, grant: turn.resolve }
    this.#queue.add(waiting)
    const onAbort = () => {
      if (!this.#queue.delete(waiting)) return
      turn.reject(signal?.reason)
      this.#serve()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    if (this.#queue.size === 1) this.#serve()
    try {
      return await turn.promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  pause(forMs: number): void {
    this.#step({ type: 'pause', forMs: Math.min(forMs, this.#pauseMaxMs), atMs: this.#clock.monotonicMs() })
    this.#serve()
  }

  #step(event: RateEvent) {
    const [state, decision] = rateStep(this.#state, event, this.#bounds)
    this.#state = state
    return decision
  }

  #turn(guessed: number, turn: number): RateTurn {
    let isRunning = true
    return {
      end: (tokens) => {
        if (!isRunning) return
        isRunning = false
        this.#step({ type: 'ended', turn, guessed, tokens, atMs: this.#clock.monotonicMs() })
        this.#serve()
      },
    }
  }

  /** Lets those at the head begin, and sets a timer for the first who cannot yet. No timer stays when nobody waits. */
  #serve(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    for (const one of this.#queue) {
      const decision = this.#step({ type: 'ask', tokens: one.tokens, atMs: this.#clock.monotonicMs() })
      if (decision.type === 'begin') {
        this.#queue.delete(one)
        one.grant(this.#turn(one.tokens, decision.turn))
        continue
      }
      const delayMs = decision.type === 'wait' ? decision.delayMs : undefined
      if (delayMs !== undefined) this.#cancelTimer = this.#clock.setTimer(delayMs, () => this.#serve())
      return
    }
  }
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newRateState, type RateBounds, type RateStep, rateStep } from './rate-step.ts'

/** Where requests bind, and where tokens do. */
const bounds: RateBounds = { requestsPerMinute: 6, tokensPerMinute: 600, concurrencyMax: 3, burstShare: 0.5 }
const looser: RateBounds = { ...bounds, requestsPerMinute: 60 }

const history: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('ask' as const),
        tokens: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 100, max: 150 })),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('end' as const), took: fc.integer({ min: 0, max: 150 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('later' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('pause' as const), forMs: fc.integer({ min: 1, max: 5_000 }) }),
    },
  ),
  { maxLength: 120 },
)

type Happening =
  | { readonly type: 'ask'; readonly tokens: number }
  | { readonly type: 'end'; readonly took: number }
  | { readonly type: 'later'; readonly ms: number }
  | { readonly type: 'pause'; readonly forMs: number }

/** The bucket is full again when a call says that it took nothing: there is nothing to give back. */
const spilled: Happening[] = [
  { type: 'ask', tokens: 100 },
  { type: 'later', ms: 10_000 },
  { type: 'ask', tokens: 100 },
  { type: 'end', took: 0 },
  { type: 'ask', tokens: 100 },
  { type: 'ask', tokens: 101 },
]

/** What the laws say of a step; throws at the first that does not hold. */
function checkLaws(step: RateStep): void {
  checkLawsWithin(step, bounds)
  checkLawsWithin(step, looser)
}

function checkLawsWithin(step: RateStep, bounds: RateBounds): void {
  fc.assert(
    fc.property(history, (events) => {
      let atMs = 1_000
      let state = newRateState(bounds, atMs)
      let pausedUntilMs = 0
      const running: number[] = []
      const begun: { readonly atMs: number; readonly turn: number; tokens: number }[] = []
      for (const event of events) {
        if (event.type === 'later') atMs += event.ms
        else if (event.type === 'pause') {
          state = step(state, { ...event, atMs }, bounds)[0]
          pausedUntilMs = Math.max(pausedUntilMs, atMs + event.forMs)
        } else if (event.type === 'end') {
          const one = running.shift()
          if (one === undefined) continue
          const call = begun[one] as (typeof begun)[number]
          const tokens = Math.min(event.took, call.tokens)
          state = step(state, { type: 'ended', turn: call.turn, guessed: call.tokens, tokens, atMs }, bounds)[0]
          call.tokens = tokens
        } else {
          const [next, decision] = step(state, { ...event, atMs }, bounds)
          state = next
          if (decision.type === 'begin') {
            expect(atMs).toBeGreaterThanOrEqual(pausedUntilMs)
            running.push(begun.length)
            begun.push({ atMs, turn: decision.turn, tokens: event.tokens })
            expect(running.length).toBeLessThanOrEqual(bounds.concurrencyMax)
            checkWindows(begun, atMs, bounds)
          } else if (decision.type === 'wait' && decision.delayMs !== undefined) {
            // A hair before the time there is no turn; at it there is.
            const early = step(state, { ...event, atMs: atMs + decision.delayMs * 0.9 }, bounds)[1]
            expect(early.type).toBe('wait')
            const due = step(state, { ...event, atMs: atMs + decision.delayMs + 1e-3 }, bounds)[1]
            expect(due.type).toBe('begin')
          } else if (decision.type === 'wait') expect(running.length).toBe(bounds.concurrencyMax)
        }
      }
    }),
    { numRuns: 300, examples: [[spilled]] },
  )
}

/** In no window that ends now have more begun than the burst and what flowed in. */
function checkWindows(
  begun: readonly { readonly atMs: number; readonly tokens: number }[],
  nowMs: number,
  { requestsPerMinute, tokensPerMinute, burstShare }: RateBounds,
): void {
  let requests = 0
  let tokens = 0
  for (const one of [...begun].reverse()) {
    requests += 1
    tokens += one.tokens
    const minutes = (nowMs - one.atMs) / 60_000
    expect(requests).toBeLessThanOrEqual((burstShare + minutes) * requestsPerMinute + 1e-6)
    expect(tokens).toBeLessThanOrEqual((burstShare + minutes) * tokensPerMinute + 1e-6)
  }
}

describe('rateStep', () => {
  test('keeps both rates in every window, the bound of calls at once, and pauses; waits no longer than it must', () => {
    checkLaws(rateStep)
  })

  const mutants: { readonly [name: string]: RateStep } = {
    'forgets requests': (state, event, most) => rateStep({ ...state, requests: 100 }, event, most),
    'forgets tokens': (state, event, most) => rateStep({ ...state, tokens: 300 }, event, most),
    'forgets who runs': (state, event, most) => rateStep({ ...state, running: 0 }, event, most),
    'lets one more run': (state, event, most) => rateStep(state, event, { ...most, concurrencyMax: 4 }),
    'forgets a pause': (state, event, most) => rateStep({ ...state, pausedUntilMs: 0 }, event, most),
    'gives a guess back twice': (state, event, most) =>
      rateStep(state, event.type === 'ended' ? { ...event, guessed: event.guessed * 2 } : event, most),
    'gives back what would have spilled': (state, event, most) => rateStep({ ...state, room: undefined }, event, most),
    'waits twice as long': (state, event, most) => {
      const [next, decision] = rateStep(state, event, most)
      const isTimed = decision.type === 'wait' && decision.delayMs !== undefined
      return isTimed ? [next, { type: 'wait', delayMs: decision.delayMs * 2 }] : [next, decision]
    },
  }

  test.each(Object.entries(mutants))('the laws catch a step that %s', (_, mutant) => {
    expect(() => checkLaws(mutant)).toThrow()
  })

  test('a call that is bigger than the bucket begins when the bucket is full', () => {
    const full = newRateState(bounds, 0)
    const [after, first] = rateStep(full, { type: 'ask', tokens: 5_000, atMs: 0 }, bounds)
    expect(first.type).toBe('begin')
    const [, second] = rateStep(after, { type: 'ask', tokens: 1, atMs: 0 }, bounds)
    expect(second).toEqual({ type: 'wait', delayMs: (4_701 * 60_000) / 600 })
  })

  test('no bounds are no waits', () => {
    const none = { requestsPerMinute: Infinity, tokensPerMinute: Infinity, concurrencyMax: Infinity, burstShare: 1 }
    let state = newRateState(none, 0)
    for (let i = 0; i < 100; i++) {
      const [next, decision] = rateStep(state, { type: 'ask', tokens: 1e9, atMs: 0 }, none)
      expect(decision.type).toBe('begin')
      state = next
    }
  })
})

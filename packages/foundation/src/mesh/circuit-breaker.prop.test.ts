import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { type ContractCase, failingCases } from '../testing/index.ts'
import { type BreakerState, type BreakerStep, breakerDefaults, breakerStep, newBreaker } from './circuit-breaker.ts'

const options = breakerDefaults

/** Calls of one instance, and what went through. */
class Calls {
  state: BreakerState = newBreaker
  atMs = 1_000
  readonly #step: BreakerStep
  constructor(step: BreakerStep) {
    this.#step = step
  }
  /** The turn to end it with; undefined when it was kept. */
  ask(): number | undefined {
    const { state, isAllowed } = this.#step(this.state, { type: 'ask', atMs: this.atMs }, options)
    this.state = state
    return isAllowed ? state.turn : undefined
  }
  end(turn: number, hasFailed: boolean): void {
    this.state = this.#step(this.state, { type: 'ended', hasFailed, turn, atMs: this.atMs }, options).state
  }
  giveUp(turn: number): void {
    this.state = this.#step(this.state, { type: 'given-up', turn, atMs: this.atMs }, options).state
  }
  /** Whether it went through. */
  call(hasFailed: boolean): boolean {
    const turn = this.ask()
    if (turn !== undefined) this.end(turn, hasFailed)
    return turn !== undefined
  }
  open(): void {
    for (let i = 0; i < options.callsMin; i++) assert.ok(this.call(true))
  }
}

function breakerLaws(step: BreakerStep): readonly ContractCase[] {
  const law = (name: string, check: (calls: Calls) => void): ContractCase => ({
    name,
    run: async () => check(new Calls(step)),
  })
  return [
    law('it opens at callsMin calls of which failureShare failed, not one call before', (calls) => {
      for (let i = 1; i < options.callsMin; i++) assert.ok(calls.call(i % 2 === 0))
      assert.equal(calls.state.phase, 'closed')
      assert.ok(calls.call(true))
      assert.equal(calls.call(true), false)
    }),
    law('fewer failures than failureShare never open it', (calls) => {
      for (let i = 0; i < 1_000; i++) {
        assert.ok(calls.call(i % 5 === 4))
        calls.atMs += 37
      }
    }),
    law('while open nothing goes through, whatever ends meanwhile', (calls) => {
      const late = [calls.ask(), calls.ask(), calls.ask()]
      calls.open()
      for (let i = 0; i < options.openMs; i += 50) {
        assert.equal(calls.call(false), false)
        const turn = late.pop()
        if (turn !== undefined) calls.end(turn, false)
        calls.atMs += 50
      }
    }),
    law('after openMs at most trialCalls go through at once, and when all succeed it is closed', (calls) => {
      calls.open()
      calls.atMs += options.openMs
      const turns = Array.from({ length: 10 }, () => calls.ask()).filter((turn) => turn !== undefined)
      assert.equal(turns.length, options.trialCalls)
      for (const [i, turn] of turns.entries()) {
        assert.equal(calls.state.phase, 'half-open', `after ${i}`)
        calls.end(turn, false)
      }
      for (let i = 0; i < 20; i++) assert.ok(calls.call(false))
    }),
    law('one trial that fails opens it again, for openMs anew', (calls) => {
      calls.open()
      calls.atMs += options.openMs
      assert.ok(calls.call(true))
      assert.equal(calls.call(false), false)
      calls.atMs += options.openMs - 1
      assert.equal(calls.call(false), false)
      calls.atMs += 1
      assert.ok(calls.call(false))
    }),
    law('what began before it opened does not close it, nor open it again', (calls) => {
      for (const hasFailed of [false, true]) {
        const late = Array.from({ length: 5 }, () => calls.ask())
        calls.open()
        calls.atMs += options.openMs
        const trials = [calls.ask(), calls.ask(), calls.ask()]
        for (const turn of late) calls.end(turn ?? assert.fail(), hasFailed)
        assert.equal(calls.state.phase, 'half-open')
        for (const turn of trials) calls.end(turn ?? assert.fail(), false)
        assert.equal(calls.state.phase, 'closed')
      }
    }),
    law('a trial given up makes room for another', (calls) => {
      calls.open()
      calls.atMs += options.openMs
      for (let i = 0; i < 20; i++) {
        const turn = calls.ask()
        assert.ok(turn !== undefined)
        calls.giveUp(turn)
      }
    }),
    law('failures older than the window are forgotten', (calls) => {
      for (let round = 0; round < 20; round++) {
        for (let i = 1; i < options.callsMin; i++) assert.ok(calls.call(true))
        calls.atMs += options.windowMs * 1.1
      }
    }),
    law('what it keeps is bounded, however many calls there are', (calls) => {
      const random = seededRandom(5)
      for (let i = 0; i < 5_000; i++) {
        calls.call(random.next() < 0.4)
        calls.atMs += random.int(500)
        assert.ok(calls.state.slots.length <= 10 && calls.state.trials <= options.trialCalls)
      }
    }),
  ]
}

describe('breakerStep keeps the laws', () => {
  for (const { name, run } of breakerLaws(breakerStep)) test(name, run)
})

describe('the laws notice', () => {
  const on =
    (change: (state: BreakerState) => BreakerState): BreakerStep =>
    (state, event, given) =>
      breakerStep(change(state), event, given)
  const mutants: Record<string, BreakerStep> = {
    'an open breaker that lets calls through': (state, event, given) => {
      const decision = breakerStep(state, event, given)
      return event.type === 'ask' ? { ...decision, isAllowed: true } : decision
    },
    'late results that count': (state, event, given) =>
      breakerStep(state, event.type === 'ask' ? event : { ...event, turn: state.turn }, given),
    'trials without bound': on((state) => ({ ...state, trials: 0 })),
    'one trial that closes it': (state, event, given) =>
      breakerStep(state, event, event.type === 'ended' ? { ...given, trialCalls: 1 } : given),
    'a failed trial that is forgiven': (state, event, given) =>
      breakerStep(
        state,
        event.type === 'ended' && state.phase === 'half-open' ? { ...event, hasFailed: false } : event,
        given,
      ),
    'a window without end': (state, event, given) => breakerStep(state, event, { ...given, windowMs: 1e12 }),
    'opened by one call fewer': (state, event, given) =>
      breakerStep(state, event, { ...given, callsMin: given.callsMin - 1 }),
    'opened by failures in numbers, not in share': (state, event, given) =>
      breakerStep(state, event, { ...given, failureShare: 0.1 }),
    'never opened': (state, event, given) => breakerStep(state, event, { ...given, callsMin: 1e9 }),
    'a trial given up that is lost': (state, event, given) =>
      event.type === 'given-up' ? { state, isAllowed: false } : breakerStep(state, event, given),
    'opened for ever': on((state) => (state.phase === 'open' ? { ...state, sinceMs: 1e12 } : state)),
  }
  for (const [name, mutant] of Object.entries(mutants)) {
    test(name, async () => {
      expect(await failingCases(breakerLaws(mutant))).not.toEqual([])
    })
  }
})

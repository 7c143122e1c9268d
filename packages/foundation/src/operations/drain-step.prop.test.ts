import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DrainCommand, type DrainEvent, type DrainStep, drainStep, notDraining } from './drain-step.ts'

/** Events without their time, which grows along the run. */
type Move =
  | { readonly type: 'drain'; readonly forMs: number }
  | { readonly type: 'undrain' }
  | { readonly type: 'left'; readonly nothing: boolean }
  | { readonly type: 'gone'; readonly waiter: number }

const moves: fc.Arbitrary<readonly (readonly [number, Move])[]> = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 40 }),
    fc.oneof(
      fc.record({ type: fc.constant('drain' as const), forMs: fc.integer({ min: 0, max: 100 }) }),
      fc.record({ type: fc.constant('undrain' as const) }),
      fc.record({ type: fc.constant('left' as const), nothing: fc.boolean() }),
      fc.record({ type: fc.constant('gone' as const), waiter: fc.integer({ min: 1, max: 10 }) }),
    ),
  ),
  { maxLength: 40 },
)

/** Runs the moves and checks every law on the way; throws where one is broken. */
function checkLaws(step: DrainStep, run: readonly (readonly [number, Move])[]): void {
  let state = notDraining
  let atMs = 0
  let waiters = 0
  let told = false
  let announced = false
  const waiting = new Map<number, number>()
  const take = (event: DrainEvent): readonly DrainCommand[] => {
    const [next, commands] = step(state, event)
    state = next
    return commands
  }
  for (const [laterMs, move] of run) {
    atMs += laterMs
    const event = eventOf(move, atMs, waiters + 1)
    if (event.type === 'drain') waiting.set(++waiters, event.untilMs)
    if (event.type === 'gone') waiting.delete(event.waiter)
    for (const command of take(event)) {
      if (command.type === 'parts-drain' || command.type === 'parts-undrain') {
        const draining = command.type === 'parts-drain'
        expect(told, 'parts were told twice').toBe(!draining)
        told = draining
      } else if (command.type === 'announce') {
        expect(announced, 'others were told twice').toBe(!command.draining)
        announced = command.draining
      } else if (command.type === 'answer') {
        expect(waiting.delete(command.waiter), 'answered who does not wait').toBe(true)
        const nothing = event.type === 'left' && event.nothing
        expect(command.done, 'done is said with something left').toBe(nothing)
      } else expect(command.afterMs).toBeGreaterThanOrEqual(0)
    }
    expect(told, 'parts and others differ').toBe(announced)
    expect(told).toBe(state.phase !== 'serving')
    if (event.type === 'undrain') expect(waiting.size, 'somebody waits for what was taken back').toBe(0)
    if (event.type === 'left' && state.phase !== 'serving') {
      for (const untilMs of waiting.values()) expect(untilMs, 'waits longer than it wanted').toBeGreaterThan(atMs)
      if (event.nothing) expect(waiting.size, 'waits though nothing is left').toBe(0)
      expect(state.phase).toBe(event.nothing ? 'drained' : 'draining')
    }
    expect([...state.waiting.keys()].sort()).toEqual([...waiting.keys()].sort())
  }
}

function eventOf(move: Move, atMs: number, waiter: number): DrainEvent {
  if (move.type === 'drain') return { type: 'drain', waiter, untilMs: atMs + move.forMs, atMs }
  if (move.type === 'left') return { ...move, atMs }
  return move.type === 'undrain' ? { type: 'undrain', atMs } : move
}

const isLawful = (step: DrainStep) => () =>
  fc.assert(
    fc.property(moves, (run) => checkLaws(step, run)),
    { numRuns: 500, seed: 4 },
  )

describe('drainStep', () => {
  test('tells parts and others once, and answers whoever waits once and in time', isLawful(drainStep))
})

describe('the laws of draining find', () => {
  const mutants: { readonly [bug: string]: DrainStep } = {
    'a second drain that begins anew': (state, event) =>
      event.type === 'drain'
        ? [
            drainStep(state, event)[0],
            [{ type: 'announce', draining: true }, { type: 'parts-drain' }] satisfies DrainCommand[],
          ]
        : drainStep(state, event),
    'a drain that nobody is answered to': (state, event) => {
      const [next, commands] = drainStep(state, event)
      return [next, commands.filter(({ type }) => type !== 'answer')]
    },
    'a deadline that is not looked at': (state, event) =>
      event.type === 'left' && !event.nothing ? drainStep(state, { ...event, atMs: -1 }) : drainStep(state, event),
    'done that is said at the deadline': (state, event) => {
      const [next, commands] = drainStep(state, event)
      return [next, commands.map((one) => (one.type === 'answer' ? { ...one, done: true } : one))]
    },
    'an undrain that leaves the others thinking': (state, event) => {
      const [next, commands] = drainStep(state, event)
      return [next, event.type === 'undrain' ? commands.filter(({ type }) => type !== 'announce') : commands]
    },
    'a drained node that forgets that it is': (state, event) => {
      const [next, commands] = drainStep(state, event)
      return [next.phase === 'drained' ? { ...next, phase: 'serving' } : next, commands]
    },
  }
  for (const [bug, step] of Object.entries(mutants)) {
    test(`${bug}`, () => expect(isLawful(step)).toThrow())
  }
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Change, newPlan, type PlanEnding, type PlanEvent, type PlanStep, planStep } from './change-plan.ts'

/** What is changed: who runs, and what is set. */
type World = { readonly running: Set<string>; readonly values: Map<string, unknown> }

interface Case {
  readonly changes: readonly Change[]
  /** Whether the change that fails was done all the same, or in part. */
  readonly halfDone: boolean
  /** The change that fails, and the undoing that fails; none: beyond the end. */
  readonly fails: number
  readonly undoFails: number
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    stops: fc.subarray(['a', 'b', 'c']),
    starts: fc.subarray(['x', 'y', 'z']),
    sets: fc.subarray(['p', 'q']),
    order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    halfDone: fc.boolean(),
    fails: fc.nat(10),
    undoFails: fc.nat(20),
  })
  .map(({ stops, starts, sets, order, ...rest }) => {
    const all: Change[] = [
      ...stops.map((id) => ({ type: 'stop', id }) as const),
      ...starts.map((id) => ({ type: 'start', id }) as const),
      ...sets.map((parameter) => ({ type: 'set', parameter, value: 1 }) as const),
    ]
    const changes = all.map((change, i) => ({ change, at: order[i] ?? 0 })).sort((a, b) => a.at - b.at)
    return { changes: changes.map(({ change }) => change), ...rest }
  })

const newWorld = (): World => ({
  running: new Set(['a', 'b', 'c']),
  values: new Map([
    ['p', 0],
    ['q', 0],
  ]),
})
const flat = ({ running, values }: World) => ({ running: [...running].sort(), values: [...values].sort() })

function put({ running, values }: World, change: Change, done: boolean): void {
  if (change.type === 'set') values.set(change.parameter, done ? change.value : 0)
  else if ((change.type === 'start') === done) running.add(change.id)
  else running.delete(change.id)
}

/** Carries a plan out on a world, and says what was broken: nothing, where all laws hold. */
function brokenBy(step: PlanStep, { changes, halfDone, fails, undoFails }: Case): string | undefined {
  const world = newWorld()
  const before = flat(world)
  const undone: Change[] = []
  const done: Change[] = []
  let room = world.running.size
  let state = newPlan(changes)
  let event: PlanEvent = { type: 'begin' }
  let ending: PlanEnding | undefined
  let failed = false
  for (let turn = 0; turn <= 2 * changes.length + 2; turn++) {
    const [next, command] = step(state, event)
    state = next
    if (command === undefined) return 'it says nothing'
    if (command.type === 'finish') {
      ending = command.ending
      break
    }
    if (command.type === 'do') {
      if (failed) return 'it goes on after a failure'
      const isFailing = done.length === fails
      failed = isFailing
      if (!isFailing || halfDone) put(world, command.change, true)
      done.push(command.change)
      event = isFailing ? { type: 'failed', message: 'no' } : { type: 'done' }
      if (changes.length > 0 && world.running.size > Math.max(room, 3)) {
        const stopsLeft = changes.some((one) => one.type === 'stop' && !done.includes(one))
        if (stopsLeft) return 'it starts before it has made room'
      }
      room = Math.max(room, world.running.size)
    } else {
      const isFailing = undone.length === undoFails
      if (!isFailing) put(world, command.change, false)
      undone.push(command.change)
      event = isFailing ? { type: 'failed', message: 'stuck' } : { type: 'done' }
    }
  }
  if (ending === undefined) return 'it never ends'
  if (step(state, { type: 'done' })[1] !== undefined) return 'it goes on after its end'
  if (ending.type === 'applied') {
    if (fails < changes.length) return 'it says applied of what failed'
    return done.length === changes.length && undone.length === 0 ? undefined : 'it left something out'
  }
  if (fails >= changes.length) return 'it failed without a failure'
  if (ending.failed !== done.at(-1)) return 'it names another failure'
  if (String(undone) !== String([...done].reverse()) || undone.length !== done.length)
    return 'it undoes in another order'
  if (undone.some((change, i) => change !== done[done.length - 1 - i])) return 'it undoes something else'
  if (undoFails < undone.length) {
    return ending.type === 'half-done' && ending.left[0] === undone[undoFails] ? undefined : 'it hides what is left'
  }
  if (ending.type !== 'rolled-back') return 'it says that something is left'
  return JSON.stringify(flat(world)) === JSON.stringify(before) ? undefined : 'what was is not restored'
}

/** What a step breaks in the first of 500 cases in which it breaks something. */
function firstBroken(step: PlanStep): string | undefined {
  let broken: string | undefined
  const property = fc.property(cases, (one) => {
    broken ??= brokenBy(step, one)
  })
  fc.assert(property, { seed: 7, numRuns: 500 })
  return broken
}

describe('planStep', () => {
  test('does each change once, and restores what was, or says what is left, where one fails', () => {
    expect(firstBroken(planStep)).toBeUndefined()
  })

  test('with nothing to do is applied at once', () => {
    expect(planStep(newPlan([]), { type: 'begin' })[1]).toEqual({
      type: 'finish',
      ending: { type: 'applied', changes: [] },
    })
  })

  const mutants: { readonly [bug: string]: PlanStep } = {
    'goes on after a failure': (state, event) =>
      planStep(state, state.phase === 'doing' && event.type === 'failed' ? { type: 'done' } : event),
    'does not undo what failed itself': (state, event) => {
      const [next, command] = planStep(state, event)
      const isFirst = state.phase === 'doing' && next.phase === 'undoing'
      return isFirst ? planStep(next, { type: 'done' }) : [next, command]
    },
    'undoes in the order of doing': (state, event) => {
      const [next, command] = planStep(state, event)
      if (command?.type !== 'undo') return [next, command]
      const length = state.changes.indexOf(state.failed?.change ?? next.failed?.change ?? command.change) + 1
      return [next, { type: 'undo', change: state.changes[length - 1 - next.at] ?? command.change }]
    },
    'forgets what could not be undone': (state, event) => {
      const [next, command] = planStep(state, event)
      return [{ ...next, left: [] }, command]
    },
    'gives up undoing at the first that fails': (state, event) => {
      if (state.phase !== 'undoing' || event.type !== 'failed') return planStep(state, event)
      return planStep({ ...state, at: 0 }, event)
    },
    'leaves the last change out': (state, event) => planStep({ ...state, changes: state.changes.slice(0, -1) }, event),
    'starts before it stops': (state, event) => {
      const rank = { start: 0, stop: 1, set: 2 }
      const changes = [...state.changes].sort((a, b) => rank[a.type] - rank[b.type])
      return planStep({ ...state, changes }, event)
    },
    'ends twice': (state, event) =>
      planStep(state.phase === 'over' ? { ...state, phase: 'doing', at: 99 } : state, event),
  }
  for (const [bug, mutant] of Object.entries(mutants)) {
    test(`the law finds one that ${bug}`, () => {
      expect(firstBroken(mutant)).toBeTypeOf('string')
    })
  }
})

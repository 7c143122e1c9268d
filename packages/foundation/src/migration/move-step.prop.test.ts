import { describe, expect, test } from 'vitest'
import { failingCases, type MoveSteps, migrationContract } from '../testing/index.ts'
import { type ArrivalStep, arrivalStep } from './arrival-step.ts'
import { type MoveStep, moveStep, newMove, openingsMax } from './move-step.ts'

const right: MoveSteps = { move: moveStep, arrival: arrivalStep }

describe('a move', () => {
  for (const { name, run } of migrationContract(right)) test(name, run)

  test('is told to begin so often, and no more', () => {
    let [state, commands] = moveStep({ ...newMove, phase: 'offering' }, { type: 'ready' })
    for (let told = 1; told <= openingsMax; told++) {
      expect(commands.at(-1)).toEqual({ type: 'target-open' })
      expect(state.openings).toBe(told)
      ;[state, commands] = moveStep(state, { type: 'unopened' })
      if (told < openingsMax) {
        expect(commands).toEqual([{ type: 'wait' }])
        ;[state, commands] = moveStep(state, { type: 'due' })
      }
    }
    expect(commands).toEqual([{ type: 'snapshot-drop' }, { type: 'move-done' }])
  })
})

/** Without commands of that type where `when` holds. */
function without(step: MoveStep, type: string, phase?: string): MoveStep {
  return (state, event) => {
    const [next, commands] = step(state, event)
    const kept = phase !== undefined && state.phase !== phase ? commands : commands.filter((one) => one.type !== type)
    return [next, kept]
  }
}

const moveMutants: { readonly [bug: string]: MoveStep } = {
  'what waited is sent before it has loaded': (state, event) => {
    if (state.phase === 'storing' && event.type === 'stored') {
      return [{ ...state, phase: 'offering' }, [{ type: 'actor-leave', to: 'target' }, { type: 'target-offer' }]]
    }
    return moveStep(state, event)
  },
  'it goes on after a failed offer without taking the name back': (state, event) => {
    if (state.phase === 'offering' && event.type === 'failed') {
      return [{ ...state, phase: 'over' }, [{ type: 'actor-release' }, { type: 'move-failed', thrown: event.thrown }]]
    }
    return moveStep(state, event)
  },
  'not to know is taken for having the name': (state, event) =>
    moveStep(state, event.type === 'taken-back' && event.owner === 'unknown' ? { ...event, owner: 'self' } : event),
  'it goes on though the other one has settled': (state, event) =>
    moveStep(state, event.type === 'taken-back' && event.owner === 'target' ? { ...event, owner: 'self' } : event),
  'the actor is forgotten standing still': without(moveStep, 'actor-release'),
  'the mailbox is forgotten': without(moveStep, 'actor-leave'),
  'the other one is not told to begin': without(moveStep, 'target-open'),
  'it gives up when nobody knows': without(moveStep, 'wait', 'taking-back'),
  'ready is believed after it was taken back': (state, event) =>
    state.phase === 'taking-back' && event.type === 'ready'
      ? moveStep({ ...state, phase: 'offering' }, event)
      : moveStep(state, event),
  'it ends though it is not known whether it has the name': (state, event) => {
    if (state.phase === 'taking-back' && event.type === 'taken-back' && event.owner === 'unknown') {
      return [{ ...state, phase: 'over' }, [{ type: 'move-failed', thrown: state.failure }]]
    }
    return moveStep(state, event)
  },
}

const arrivalMutants: { readonly [bug: string]: ArrivalStep } = {
  'it is loaded before the compare-and-set': (state, event) =>
    state.phase === 'claiming' && event.type === 'start'
      ? [{ phase: 'loading' }, [{ type: 'actor-load' }, { type: 'name-claim' }]]
      : arrivalStep(state, event),
  'it begins as soon as it has loaded': (state, event) =>
    state.phase === 'loading' && event.type === 'loaded'
      ? [{ phase: 'open' }, [{ type: 'source-answer' }, { type: 'actor-open' }]]
      : arrivalStep(state, event),
  'it begins by itself without settling the name': (state, event) =>
    state.phase === 'waiting' && event.type === 'due'
      ? [{ phase: 'open' }, [{ type: 'actor-open' }]]
      : arrivalStep(state, event),
  'it runs on after a lost compare-and-set': (state, event) =>
    arrivalStep(
      state,
      state.phase === 'settling' && event.type === 'written' && event.outcome === 'refused'
        ? { ...event, outcome: 'done' }
        : event,
    ),
  'not to know is taken for having settled': (state, event) =>
    arrivalStep(
      state,
      state.phase === 'settling' && event.type === 'written' && event.outcome === 'unknown'
        ? { ...event, outcome: 'done' }
        : event,
    ),
  'a refused claim is loaded all the same': (state, event) =>
    arrivalStep(
      state,
      state.phase === 'claiming' && event.type === 'written' && event.outcome === 'refused'
        ? { ...event, outcome: 'done' }
        : event,
    ),
  'it waits for ever for a node that is gone': (state, event) =>
    state.phase === 'waiting' && event.type === 'due' ? [state, []] : arrivalStep(state, event),
  'it does not say that it could not load': (state, event) => {
    const [next, commands] = arrivalStep(state, event)
    return [next, event.type === 'failed' ? commands.filter((one) => one.type !== 'source-refuse') : commands]
  },
}

describe('the laws notice', () => {
  for (const [bug, move] of Object.entries(moveMutants)) {
    test(bug, async () => expect(await failingCases(migrationContract({ ...right, move }))).not.toEqual([]))
  }
  for (const [bug, arrival] of Object.entries(arrivalMutants)) {
    test(bug, async () => expect(await failingCases(migrationContract({ ...right, arrival }))).not.toEqual([]))
  }
})

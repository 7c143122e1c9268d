/** Carries out what `change-plan.ts` decides, one change after the other. */

import { assert, messageOf } from '@mabeam/foundation'
import { type Change, newPlan, type PlanEnding, type PlanEvent, planStep } from './change-plan.ts'

/** What changes things. */
export interface ChangeHands {
  /** Resolves when it is so. */
  carryOut(change: Change): Promise<void>
  /** As it was before; also of what was not carried out, or only in part. */
  undo(change: Change): Promise<void>
}

/** Resolves with how it ended; never rejects. */
export async function runChanges(changes: readonly Change[], hands: ChangeHands): Promise<PlanEnding> {
  let state = newPlan(changes)
  let event: PlanEvent = { type: 'begin' }
  for (;;) {
    const [next, command] = planStep(state, event)
    assert(command !== undefined, 'a plan that is under way always says what is next')
    if (command.type === 'finish') return command.ending
    state = next
    const work = command.type === 'do' ? hands.carryOut(command.change) : hands.undo(command.change)
    event = await work.then(
      () => ({ type: 'done' }) as const,
      (thrown: unknown) => ({ type: 'failed', message: messageOf(thrown) }) as const,
    )
  }
}

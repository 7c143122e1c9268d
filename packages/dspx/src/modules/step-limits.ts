/** What ends the steps of a module before their number does: a budget, and prompts that a model finds too long. */

import { isMabeamError } from '@mabeam/foundation'
import { currentRun } from '../programs/run-context.ts'

/** Whether the one call that is left is needed for the answer. */
export function isLastCall(): boolean {
  const budget = currentRun()?.budget
  return budget !== undefined && budget.limits.calls - budget.spent.calls - budget.reserved.calls === 1
}

/** A prompt that the model finds too long is asked again with half of the trajectory, up to three times. */
export async function shorterWhereTooLong<T>(allowedChars: number, ask: (charsMax: number) => Promise<T>): Promise<T> {
  for (let halvings = 0; ; halvings++) {
    try {
      return await ask(Math.max(100, Math.floor(allowedChars / 2 ** halvings)))
    } catch (thrown) {
      const isTooLong = isMabeamError(thrown) && thrown.data.reason === 'context-too-long'
      if (!isTooLong || halvings === 3) throw thrown
    }
  }
}

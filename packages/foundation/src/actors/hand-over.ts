/** Leaving a place to another: the state is saved between two messages, and those after it are for the next holder. */

import type { RunningActor } from './running-actor.ts'

/**
 * Resolves with what `save` of its definition gives, when it has been asked to stop by `stop`. Calls that wait reject with
 * `foundation/actor-moved`. Rejects, having stopped nothing, with what `save` throws and when the actor ends before.
 */
export function handOver(actor: RunningActor, stop: () => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    actor.control({
      type: 'task',
      run() {
        try {
          const saved = actor.definition.save?.(actor.state)
          actor.attachments.stopReason ??= { type: 'moved' }
          stop()
          resolve(saved)
        } catch (thrown) {
          reject(thrown)
        }
      },
      ended: (told) => reject(told()),
    })
  })
}

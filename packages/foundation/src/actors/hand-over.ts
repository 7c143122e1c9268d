/** Leaving for another node: the state is saved between two messages, and those after it are for whoever goes on from there. */

import type { Message } from './call-message.ts'
import type { RunningActor } from './running-actor.ts'

/** How an actor that was saved ends here. */
export interface Leaving {
  /** Asks it to stop. */
  stop(): void
  /** Takes what waits, in order, in the turn in which it ends. */
  mail(waiting: readonly Message[]): void
}

/** An actor that stands still between two messages; those that come wait. One of `leave` and `release` is to be called, once. */
export interface HeldActor {
  /** What `save` of its definition gave, else its state. */
  readonly saved: unknown
  /** It goes on as if nothing had been. */
  release(): void
  leave(leaving: Leaving): void
}

/**
 * Resolves when it stands still. Rejects, with the actor as it was, with what `save` throws, with `signal.reason`, and when the
 * actor ends before.
 */
export function holdActor(actor: RunningActor, signal?: AbortSignal): Promise<HeldActor> {
  const { promise, resolve, reject } = Promise.withResolvers<HeldActor>()
  const hold = async () => {
    try {
      signal?.throwIfAborted()
      const { save } = actor.definition
      const saved = save === undefined ? actor.state : await save(actor.state)
      signal?.throwIfAborted()
      const { promise: over, resolve: release } = Promise.withResolvers<void>()
      resolve({ saved, release, leave: (leaving) => leave(actor, leaving, release) })
      await over
    } catch (thrown) {
      reject(thrown)
    }
  }
  actor.control({ type: 'task', run: hold, ended: (told) => reject(told()) })
  return promise
}

/** Resolves with what it saved when it has been asked to stop. Rejects, having stopped nothing, as `holdActor` does. */
export async function handOver(actor: RunningActor, leaving: Leaving): Promise<unknown> {
  const held = await holdActor(actor)
  held.leave(leaving)
  return held.saved
}

function leave(actor: RunningActor, { stop, mail }: Leaving, release: () => void): void {
  if (actor.alive) {
    actor.attachments.stopReason ??= { type: 'moved' }
    actor.attachments.mail = mail
    stop()
  } else mail([])
  release()
}

/** The actor that holds the place of an orchestrator which runs once in a system: who has it coordinates, under its fencing token. */

import { defineActor, fromWireError, toWireError, type WireError } from '@mabeam/foundation'
import type { DirectiveTurn } from './directive.ts'

/** What the orchestrator of a node is told, and asked. */
export interface StewardDoor {
  /** This node has the place, until `signal` aborts. */
  held(fence: number, signal: AbortSignal): void
  coordinate(what: SystemRequest, signal: AbortSignal): Promise<readonly DirectiveTurn[]>
}

export interface SystemRequest {
  readonly id?: string
  readonly given?: unknown
}

interface StewardState {
  readonly door: StewardDoor
}

type Reply = { readonly turns: readonly DirectiveTurn[] } | { readonly failed: WireError }

export const Steward = defineActor(import.meta.url, {
  name: 'orchestrator-steward',
  version: 1,
  init: (door: StewardDoor, { fence = 0, signal }): StewardState => {
    door.held(fence, signal)
    return { door }
  },
  calls: {
    coordinate: {
      run: async (s: StewardState, what: SystemRequest, { signal }): Promise<readonly [StewardState, Reply]> => {
        try {
          return [s, { turns: await s.door.coordinate(what, signal) }]
        } catch (thrown) {
          // A caller that gives up is told so; whatever else is a reply, not a crash.
          if (signal.aborted) throw signal.reason
          return [s, { failed: toWireError(thrown) }]
        }
      },
    },
  },
})

export function turnsOf(reply: Reply): readonly DirectiveTurn[] {
  if ('failed' in reply) throw fromWireError(reply.failed)
  return reply.turns
}

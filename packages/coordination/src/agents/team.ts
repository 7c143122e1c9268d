/** Who takes part in sessions: some agents of a system, asked by whoever holds the team. */

import type { ActorRef, Node } from '@mabeam/foundation'
import type { Participant } from '../sessions/protocol.ts'

/** An agent: any actor with calls named as requests are. */
export interface TeamMember extends Participant {
  readonly actor: ActorRef
}

export interface Team {
  readonly node: Node
  readonly members: readonly TeamMember[]
}

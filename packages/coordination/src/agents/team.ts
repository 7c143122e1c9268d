/** Who takes part in sessions: some agents of a system, asked by whoever holds the team. */

import { type ActorRef, type Node, show } from '@mabeam/foundation'
import { invalidTeam } from '../errors/session-errors.ts'
import type { Participant } from '../sessions/protocol.ts'

/** An agent: any actor with calls named as requests are. */
export interface TeamMember extends Participant {
  readonly actor: ActorRef
}

export interface Team {
  readonly node: Node
  readonly members: readonly TeamMember[]
}

/** Throws `coordination/invalid-team` for what was not made by `agents`, and for a team of nobody, as a registry may find one. */
export function checkTeam(team: Team): void {
  const members: unknown = team?.members
  if (!Array.isArray(members) || typeof team.node !== 'object') throw invalidTeam('what agents() gives', show(team))
  if (members.length === 0) throw invalidTeam('at least one agent', 'a team of nobody')
}

/** How a team is put together. */

import type { ActorRef, Node } from '@mabeam/foundation'
import { membersMax } from '../byzantine/committee.ts'
import { invalidTeam } from '../errors/session-errors.ts'
import { nameRule } from './asked-text.ts'
import type { Team, TeamMember } from './team.ts'

/** An actor that can be asked, of whatever definition. */
export type AgentRef = Pick<ActorRef, 'address' | 'toJSON'> & { call(...given: never): Promise<unknown> }

/**
 * A name: of this node if one is registered under it by then, else of the system, looked up at each request. A reference: it is known by
 * its name, else by `node/id`. Or with an id of its own and what it can do.
 */
export type TeamEntry =
  | string
  | AgentRef
  | { readonly id: string; readonly actor: AgentRef | string; readonly capabilities?: readonly string[] }

/**
 * A team of agents, who need not run yet: who does not is absent when it is asked.
 *
 * Throws `coordination/invalid-team` for nobody, more than `membersMax` (10,000), two of one id, and what is no agent.
 *
 * @example const team = agents(node, ['north', 'south', { id: 'boss', actor: 'east', capabilities: ['tie-break'] }])
 */
export function agents(node: Node, members: readonly TeamEntry[]): Team {
  if (!Array.isArray(members) || members.length === 0) throw invalidTeam('an array of agents', 'none')
  if (members.length > membersMax) throw invalidTeam(`at most ${membersMax} agents`, `${members.length}`)
  const taken = new Set<string>()
  const all = members.map((entry) => {
    const member = memberOf(node, entry)
    if (taken.has(member.id)) throw invalidTeam('each agent once', `${JSON.stringify(member.id)} twice`)
    taken.add(member.id)
    return member
  })
  return Object.freeze({ node, members: Object.freeze(all) })
}

function memberOf(node: Node, entry: TeamEntry): TeamMember {
  if (typeof entry === 'string') return { id: checkedId(entry), capabilities: [], actor: node.named(entry) }
  if (isRef(entry)) return { id: checkedId(idOf(entry)), capabilities: [], actor: entry as unknown as ActorRef }
  const { id, actor, capabilities = [] } = entry ?? {}
  if (typeof actor !== 'string' && !isRef(actor)) {
    throw invalidTeam('a name, a reference to an actor, or { id, actor, capabilities }', shown(entry))
  }
  if (!Array.isArray(capabilities) || !capabilities.every((one) => typeof one === 'string')) {
    throw invalidTeam(`capabilities of ${shown(id)} that are words`, shown(capabilities))
  }
  const ref = typeof actor === 'string' ? node.named(checkedId(actor)) : (actor as unknown as ActorRef)
  return { id: checkedId(id), capabilities: Object.freeze([...capabilities]), actor: ref }
}

function isRef(value: unknown): value is AgentRef {
  return (
    typeof value === 'object' &&
    value !== null &&
    'call' in value &&
    typeof value.call === 'function' &&
    'address' in value &&
    typeof value.address === 'object' &&
    value.address !== null
  )
}

function idOf({ address: { name, node, id } }: AgentRef): string {
  return name ?? `${node}/${id}`
}

function checkedId(id: unknown): string {
  if (!nameRule.test(id)) throw invalidTeam('an id of 1 to 1024 characters other than __proto__', shown(id))
  return id as string
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : value === null ? 'null' : typeof value
}

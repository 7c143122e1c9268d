/** Markets among agents, by kind: `market(team, { kind, … })`. */

import { unknownName } from '@mabeam/foundation'
import type { Team } from '../agents/team.ts'
import type { OutcomeOf, Protocol, SpecOf } from '../sessions/protocol.ts'
import { runSession } from '../sessions/run-session.ts'
import type { SessionOptions, SessionResult } from '../sessions/session.ts'
import { fisher } from './protocols/fisher.ts'

/** The protocols of markets by kind. */
export const marketProtocols = { fisher } as const

export type MarketKind = keyof typeof marketProtocols
type MarketProtocol<K extends MarketKind> = (typeof marketProtocols)[K]

/** What is traded and how, and options of the session, in one object. */
export type MarketSpec<K extends MarketKind> = { readonly kind: K } & SpecOf<MarketProtocol<K>> & SessionOptions

/**
 * Runs one market and resolves with what came of it and what it took. Who does not answer in time takes no part.
 *
 * Rejects with `foundation/unknown-name` for a kind that there is not, with what the protocol has against the specification, and as
 * sessions do: `coordination/session-cancelled`, `signal.reason`.
 * @example const { type, prices } = await market(team, { kind: 'fisher', goods: ['cpu', 'gpu', 'ram'] })
 */
export async function market<K extends MarketKind>(
  team: Team,
  spec: MarketSpec<K>,
): Promise<SessionResult<OutcomeOf<MarketProtocol<K>>>> {
  const { kind, ...rest } = spec
  if (!Object.hasOwn(marketProtocols, kind))
    throw unknownName('market', 'kind', String(kind), Object.keys(marketProtocols))
  // A table loses which specification goes with which protocol.
  const protocol: Protocol = marketProtocols[kind]
  return (await runSession(team, protocol, rest)) as SessionResult<OutcomeOf<MarketProtocol<K>>>
}

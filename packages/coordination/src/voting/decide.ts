/** How a team decides: the kind says by which rules, everything else stands beside it in the same object. */

import type { Team } from '../agents/team.ts'
import { kindOfSession } from '../sessions/kind-of-session.ts'
import type { Protocol } from '../sessions/protocol.ts'
import { startSession } from '../sessions/run-session.ts'
import type { Session, SessionOptions, SessionResult } from '../sessions/session.ts'
import { type DecisionKind, type DecisionKinds, decisionProtocols } from './decision-kinds.ts'

/** What is to be decided, and by which rules; and how the session is to be run. */
export type DecisionSpec<V> = {
  readonly [K in DecisionKind]: { readonly kind: K } & DecisionKinds<V>[K]['spec'] & SessionOptions
}[DecisionKind]

/**
 * Lets a team decide, and resolves to what comes of it: that nothing was decided is an outcome too, with its reason. With
 * `kind: 'byzantine'`, and where the policy of an adaptive decision names it, answers are agreed on by all (`integrity`).
 *
 * Rejects with `foundation/unknown-name` for a kind that there is not, with what the kind's protocol refuses, with
 * `coordination/session-cancelled`, and with `signal.reason`.
 *
 * @example
 *   const decision = await decide(team, { kind: 'majority', options: ['ship', 'wait'], deadlineMs: 5_000 })
 *   if (decision.type === 'decided') console.log(decision.value, decision.margin)
 */
export async function decide<const V, K extends DecisionKind>(
  team: Team,
  spec: DecisionSpec<V> & { readonly kind: K },
): Promise<SessionResult<DecisionKinds<V>[K]['outcome']>> {
  const session = await startDecision<V, K>(team, spec)
  return await session.result
}

/**
 * The same, and resolves as soon as it has begun, to the session: for telling it something while it runs, watching or cancelling it.
 *
 * @example const session = await startDecision(team, { kind: 'weighted', options, weights }); session.feedback({ type: 'weights', weights: { north: 0 } })
 */
export async function startDecision<const V, K extends DecisionKind>(
  team: Team,
  spec: DecisionSpec<V> & { readonly kind: K },
): Promise<Session<DecisionKinds<V>[K]['outcome']>> {
  const { kind, rest } = kindOfSession<DecisionKind>('decide', spec, decisionProtocols)
  const protocol: Protocol = decisionProtocols[kind]
  return await startSession<Protocol<unknown, unknown, unknown, DecisionKinds<V>[K]['outcome']>>(team, protocol, rest)
}

/** The short way to a session: what is agreed on and how stand in one object. */

import { checkTeam, type Team } from '../agents/team.ts'
import { coordination } from '../coordination.ts'
import type { OutcomeOf, Protocol, SpecOf } from './protocol.ts'
import type { Session, SessionOptions, SessionResult } from './session.ts'
import { splitOptions, withSessionOptions } from './session-options.ts'

/**
 * Starts a session on the team's node. Keys that are options of sessions are the session's, but for `ownOptions` of the protocol; all
 * others are the protocol's, which refuses those it does not know. Rejects as `start` of `Coordination` throws.
 *
 * @example const session = await startSession(team, barrier, { label: 'loaded', deadlineMs: 5_000 }); session.feedback(…)
 */
export async function startSession<P extends Protocol>(
  team: Team,
  protocol: P,
  given: SpecOf<P> & SessionOptions,
): Promise<Session<OutcomeOf<P>>> {
  const { spec, options } = splitOptions(given, protocol.ownOptions)
  checkTeam(team)
  const here = await coordination(team.node)
  try {
    return here.start(team, protocol, { spec: spec as SpecOf<P>, options })
  } catch (thrown) {
    throw withSessionOptions(protocol.name, thrown)
  }
}

/**
 * The same, and waits for what comes of it. Rejects also with `coordination/protocol-failed`, `coordination/session-cancelled` and
 * `signal.reason`.
 *
 * @example const { type } = await runSession(team, barrier, { label: 'loaded', needed: 3 }) // 'passed' or 'broken', or 'undecided'
 */
export async function runSession<P extends Protocol>(
  team: Team,
  protocol: P,
  given: SpecOf<P> & SessionOptions,
): Promise<SessionResult<OutcomeOf<P>>> {
  const session = await startSession(team, protocol, given)
  return await session.result
}

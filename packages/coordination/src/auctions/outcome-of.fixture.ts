/** What comes of an auction among scripted bidders. */

import type { Protocol } from '../sessions/protocol.ts'
import { type ProtocolRunOptions, runProtocol } from '../testing/protocol-run.ts'

/** Who takes part where nobody is named. */
export const trio: readonly string[] = ['north', 'south', 'east']

export async function outcomeOf<Spec>(
  protocol: Protocol<Spec>,
  options: Omit<ProtocolRunOptions<Spec>, 'participants'> & { participants?: readonly string[] },
) {
  return (await runProtocol(protocol, { participants: trio, ...options })).outcome
}

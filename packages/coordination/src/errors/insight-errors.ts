/** Errors of insight: one factory a code. */

import { MabeamError } from '@mabeam/foundation'

/** No session of that id has ended on this node, or it is too long ago: `historyMax` of `coordination` says how many are kept. */
export function unknownSession(session: string): MabeamError {
  const sentence = `session ${JSON.stringify(session)}: no such session is among those that ended and are remembered`
  return new MabeamError('coordination/unknown-session', sentence, { data: { session } })
}

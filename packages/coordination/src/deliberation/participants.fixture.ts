/** Participants of tests, and what a protocol has against what it is asked to do with them. */

import { isMabeamError } from '@mabeam/foundation'
import type { Protocol } from '../sessions/protocol.ts'

export function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, place) => `p${place}`)
}

/** The code of the error, or `fine`. */
export function refusalOf(protocol: Protocol, spec: object, count: number): string {
  try {
    protocol.check(
      spec,
      names(count).map((id) => ({ id, capabilities: [] })),
    )
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    return thrown.code
  }
  return 'fine'
}

/** Errors of conflicts: one factory a code. */

import { MabeamError } from '@mabeam/foundation'

/** A claim that says nothing that could be told from others, or of what there can't be. */
export function invalidClaim(place: number, expected: string, got: unknown): MabeamError {
  const sentence = `claims.${place}: expected ${expected}, got ${String(got)}`
  return new MabeamError('coordination/invalid-claim', sentence, { data: { place, expected, got: String(got) } })
}

/** A stored record of resolutions that is none. */
export function invalidRecord(expected: string, cause?: unknown): MabeamError {
  return new MabeamError('coordination/invalid-record', `record of resolutions: expected ${expected}`, {
    data: { expected },
    cause,
  })
}

/** A strategy that names whom or what is not in the conflict: its bug, or that of a function it was given. */
export function strategyFailed(strategy: string, found: string, cause?: unknown): MabeamError {
  return new MabeamError('coordination/strategy-failed', `strategy "${strategy}": ${found}`, {
    data: { strategy, found },
    cause,
  })
}

/** Errors of markets: one factory a code. */

import { MabeamError } from '@mabeam/foundation'

/** Numbers that are no market: a table of the wrong shape, or with what is negative, infinite or no number. */
export function invalidMarket(owner: string, what: string, expected: string, got: unknown): MabeamError {
  const sentence = `${owner}: ${what}: expected ${expected}, got ${String(got)}`
  return new MabeamError('coordination/invalid-market', sentence, {
    data: { owner, what, expected, got: String(got) },
  })
}

/** More than is computed in one go. */
export function marketTooLarge(owner: string, what: string, max: number, got: number): MabeamError {
  const sentence = `${owner}: ${what}: expected at most ${max}, got ${got}`
  return new MabeamError('coordination/market-too-large', sentence, { data: { owner, what, max, got } })
}

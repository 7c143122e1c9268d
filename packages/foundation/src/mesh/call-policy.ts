/** What a failed call to one instance means: whether it may be tried elsewhere, and whether it speaks against the instance. */

import { isMabeamError } from '../errors.ts'

/** The call was refused or never arrived: nothing was done. */
const neverBegun: ReadonlySet<string> = new Set([
  'foundation/no-responders',
  'foundation/no-such-actor',
  'foundation/mailbox-full',
  'foundation/node-stopped',
])

/** True when the call surely was not begun. */
function wasNeverBegun(thrown: unknown): boolean {
  return isMabeamError(thrown) && neverBegun.has(thrown.code)
}

/**
 * Whether another instance may be asked: when this one surely did not begin, or when the failure may pass and the caller
 * says, by an idempotency key, that doing it twice is as doing it once. All else may have been done.
 */
export function mayTryElsewhere(thrown: unknown, isIdempotent: boolean): boolean {
  return wasNeverBegun(thrown) || (isIdempotent && isMabeamError(thrown) && thrown.retryable)
}

/** Whether a failure speaks against the instance; a refused input or an answer that says no does not. */
export function speaksAgainst(thrown: unknown): boolean {
  return !isMabeamError(thrown) || thrown.retryable || wasNeverBegun(thrown)
}

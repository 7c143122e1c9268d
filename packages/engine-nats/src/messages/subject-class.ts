/** Which connection a subject goes over: what holds a system together does not wait behind its data. */

import type { LinkRole } from '../connection/link.ts'

/** Membership, signs of life and the channels' own control priority; `${system}` is the first word. */
const control = /^[^.]+\.(member|session|channel(-reply)?\.control)\./

export function roleOf(subject: string): LinkRole {
  return control.test(subject) ? 'control' : 'data'
}

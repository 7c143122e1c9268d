/** Errors of the runtime of agreements: one factory a code. */

import { MabeamError } from '@mabeam/foundation'

/** The host was closed, with its node or before it. */
export function hostClosed(node: string): MabeamError {
  return new MabeamError('coordination/host-closed', `replica host of node ${node}: it is closed`, { data: { node } })
}

/** So many agreements are under way at once already. */
export function agreementsLimit(node: string, agreementsMax: number): MabeamError {
  const sentence = `replica host of node ${node}: ${agreementsMax} agreements are under way, which is all it takes`
  return new MabeamError('coordination/agreements-limit', sentence, { retryable: true, data: { node, agreementsMax } })
}

/** A way of authentication that can't be had for members who are where these are. */
export function modeUnavailable(mode: string, why: string): MabeamError {
  const sentence = `mode ${JSON.stringify(mode)}: ${why}`
  return new MabeamError('coordination/mode-unavailable', sentence, { data: { mode, why } })
}

/** A change of who may take part that cannot be asked for. */
export function invalidChange(expected: string, got: string): MabeamError {
  return new MabeamError('coordination/invalid-change', `change of members: expected ${expected}, got ${got}`, {
    data: { expected, got },
  })
}

/** The members did not decide on a change in time: who may take part is as it was, as far as is known here. */
export function changeUndecided(change: string, member: string): MabeamError {
  const sentence = `${change} of ${JSON.stringify(member)}: not decided in time; it may still be`
  return new MabeamError('coordination/change-undecided', sentence, { retryable: true, data: { change, member } })
}

/** Errors of auctions: one factory a code. */

import { MabeamError, messageOf } from '@mabeam/foundation'

/** An auction that nobody could win, or that more would take part in than it takes bids. */
export function auctionMembers(owner: string, expected: string, got: number): MabeamError {
  const sentence = `${owner}: expected ${expected}, got ${got}`
  return new MabeamError('coordination/auction-members', sentence, { data: { owner, expected, got } })
}

/** A problem of who wins that no auction gives. */
export function invalidWinnerProblem(expected: string): MabeamError {
  return new MabeamError('coordination/invalid-winner-problem', `winner problem: expected ${expected}`, {
    data: { expected },
  })
}

/** A solver answered, and its answer is none: it is not used. */
export function solverWrong(solver: string, found: string): MabeamError {
  const sentence = `solver ${solver}: its answer is refused: ${found}`
  return new MabeamError('coordination/solver-wrong', sentence, { data: { solver, found } })
}

/** A solver that stopped without an answer. */
export function solverFailed(solver: string, cause: unknown): MabeamError {
  const sentence = `solver ${solver} failed: ${messageOf(cause)}`
  return new MabeamError('coordination/solver-failed', sentence, { retryable: true, data: { solver }, cause })
}

/** More problems wait for a solver than it takes. */
export function solverBusy(solver: string, waitingMax: number): MabeamError {
  const sentence = `solver ${solver}: ${waitingMax} problems are waiting already`
  return new MabeamError('coordination/solver-busy', sentence, { retryable: true, data: { solver, waitingMax } })
}

/** A solver that has been closed. */
export function solverClosed(solver: string): MabeamError {
  return new MabeamError('coordination/solver-closed', `solver ${solver} is closed`, { data: { solver } })
}

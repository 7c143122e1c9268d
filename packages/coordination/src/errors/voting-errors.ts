/** Errors of votes: one factory a code. */

import { MabeamError } from '@mabeam/foundation'

/** Weights that all are 0: nobody could decide anything. */
export function noWeight(owner: string): MabeamError {
  return new MabeamError('coordination/no-weight', `${owner}: weights: expected one above 0 at least, got none`, {
    data: { owner },
  })
}

/** A participant of whom nothing says how much its vote weighs. */
export function weightMissing(owner: string, participant: string): MabeamError {
  const sentence = `${owner}: weights: expected a weight for each participant, got none for ${JSON.stringify(participant)}`
  return new MabeamError('coordination/weight-missing', sentence, { data: { owner, participant } })
}

/** A vote of nobody. */
export function noVoters(owner: string): MabeamError {
  return new MabeamError('coordination/no-voters', `${owner}: expected one participant at least, got none`, {
    data: { owner },
  })
}

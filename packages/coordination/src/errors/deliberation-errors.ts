/** Errors of refinement, hierarchy and adaptation: one factory a code. */

import { MabeamError } from '@mabeam/foundation'

/** Fewer take part than what is asked for can be had of. */
export function tooFewParticipants(owner: string, participantsMin: number, participants: number): MabeamError {
  const sentence = `${owner}: participants: expected at least ${participantsMin}, got ${participants}`
  return new MabeamError('coordination/too-few-participants', sentence, {
    data: { owner, participants, participantsMin },
  })
}

/** Who delegates to whom ends where it began. */
export function cyclicDelegation(cycle: readonly string[]): MabeamError {
  const sentence = `delegations: expected a chain that ends, got ${cycle.map((id) => JSON.stringify(id)).join(' → ')}`
  return new MabeamError('coordination/cyclic-delegation', sentence, { data: { cycle } })
}

/** A cluster that is, over others, a part of itself. */
export function cyclicHierarchy(cycle: readonly string[]): MabeamError {
  const sentence = `hierarchy: expected a tree, got ${cycle.map((id) => JSON.stringify(id)).join(' → ')}`
  return new MabeamError('coordination/cyclic-hierarchy', sentence, { data: { cycle } })
}

/** A hierarchy that is no tree over all participants, for another reason. */
export function invalidHierarchy(at: string, expected: string): MabeamError {
  const sentence = `hierarchy: ${JSON.stringify(at)}: expected ${expected}`
  return new MabeamError('coordination/invalid-hierarchy', sentence, { data: { at, expected } })
}

/** The votes of a session as they come in: each participant once. A value: adding gives a new box. */

import type { Answer } from '../sessions/protocol.ts'
import type { UnitWeights } from './unit-weights.ts'
import type { VoteStanding } from './vote-standing.ts'

/** What somebody did: the place of an option, or none of them. */
export type Choice = number | 'abstained' | 'absent' | 'spoiled'

export interface CastVote {
  /** The place of the participant. */
  readonly voter: number
  readonly choice: Choice
  /** From 0 to 1; 1 where nothing was said. */
  readonly confidence: number
}

/** What a box needs to know of its vote. */
export interface BoxSetup {
  /** Places by participant. */
  readonly places: ReadonlyMap<string, number>
  /** Places by option. */
  readonly optionPlaces: ReadonlyMap<string, number>
  /** `scale`: a vote counts by its confidence, and with the rest of its weight as abstained. */
  readonly confidence: 'ignore' | 'scale'
}

export interface BallotBox {
  readonly weights: UnitWeights
  /** In the order in which they came. */
  readonly votes: readonly CastVote[]
  readonly standing: VoteStanding
}

export function emptyBox(setup: BoxSetup, weights: UnitWeights): BallotBox {
  const total = weights.totalUnits
  const counts = Array.from({ length: setup.optionPlaces.size }, () => 0)
  return { weights, votes: [], standing: { counts, cast: 0, present: 0, remaining: total, total } }
}

/**
 * With those answers to `vote`. An answer that names none of the options is spoiled: it is not present, since nobody knows what it
 * meant. `option: null` abstains: it is present, and cast for nothing.
 */
export function withAnswers(setup: BoxSetup, box: BallotBox, answers: readonly Answer[]): BallotBox {
  const added: CastVote[] = []
  for (const answer of answers) {
    const voter = setup.places.get(answer.from)
    if (voter !== undefined) added.push({ voter, ...choiceOf(setup, answer as Answer<'vote'>) })
  }
  return { ...box, votes: box.votes.concat(added), standing: counted(setup, box, added) }
}

/** The same votes, weighed anew. */
export function reweighed(setup: BoxSetup, { votes }: BallotBox, weights: UnitWeights): BallotBox {
  const empty = emptyBox(setup, weights)
  return { weights, votes, standing: counted(setup, empty, votes) }
}

function choiceOf({ optionPlaces }: BoxSetup, answer: Answer<'vote'>): Omit<CastVote, 'voter'> {
  if ('absent' in answer) return { choice: 'absent', confidence: 1 }
  const { option, confidence = 1 } = answer.value
  if (option === null) return { choice: 'abstained', confidence }
  return { choice: optionPlaces.get(option) ?? 'spoiled', confidence }
}

function counted(setup: BoxSetup, box: BallotBox, added: readonly CastVote[]): VoteStanding {
  const { standing, weights } = box
  const counts = standing.counts.slice()
  let { cast, present, remaining } = standing
  for (const { voter, choice, confidence } of added) {
    const units = weights.units[voter] ?? 0
    remaining -= units
    if (choice === 'absent' || choice === 'spoiled') continue
    present += units
    if (choice === 'abstained') continue
    const countedUnits = setup.confidence === 'scale' ? Math.floor(units * confidence) : units
    counts[choice] = (counts[choice] ?? 0) + countedUnits
    cast += countedUnits
  }
  return { counts, cast, present, remaining, total: standing.total }
}

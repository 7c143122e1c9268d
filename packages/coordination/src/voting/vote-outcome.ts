/** What comes of a vote, with the figures that it stands by. */

import type { EndReason } from '../sessions/protocol.ts'
import type { BallotBox, CastVote, Choice } from './ballot-box.ts'
import type { BallotPaper } from './ballot-paper.ts'
import { finalVerdict, soundAgainst, type Verdict, type VoteRule } from './vote-standing.ts'

/** Voters, and what they weigh together. */
export interface Counted {
  readonly votes: number
  readonly weight: number
}

/** The counts of a vote. Those not heard of when it ended are in none of them. */
export interface VoteTally {
  /** Of each option, in the order of the options. */
  readonly counts: readonly ({ readonly option: string } & Counted)[]
  /** Said that they choose none; also what is left of the weight of those who are less than sure. */
  readonly abstained: Counted
  /** Did not answer, for whatever reason. */
  readonly absent: Counted
  /** Named none of the options. */
  readonly spoiled: Counted
  /** The weight of all participants. */
  readonly totalWeight: number
}

/** Who chose what. */
export interface NamedVote {
  readonly from: string
  readonly option: string
  /** From 0 to 1; 1 where nothing was said. */
  readonly confidence: number
}

export interface VoteFigures {
  /** The share of the winner, or of who was first, among what was cast for options; 0 where nothing was. */
  readonly support: number
  /** Its lead over the next, of the same. */
  readonly margin: number
  /** The share of all weight that voted or abstained. */
  readonly turnout: number
  /** Whether it ended before all had answered, since nothing could change it any more. */
  readonly early: boolean
  readonly tally: VoteTally
  /** Of those who chose an option, in the order in which they were heard. */
  readonly votes: readonly NamedVote[]
}

/** A decision, and how firm it is. */
export interface Firm extends VoteFigures {
  readonly option: string
  /** The most weight that could have voted otherwise without another outcome, as far as had been heard. */
  readonly soundAgainst: number
}

/** An option won. */
export interface Decided<V> extends Firm {
  readonly type: 'decided'
  readonly value: V
}

/** The proposal was put down: `reject` won. */
export interface Rejected<V> extends Firm {
  readonly type: 'rejected'
  readonly proposal: V
}

/** Nothing won. */
export interface Undecided extends VoteFigures {
  readonly type: 'undecided'
  /** Why it can't be, or could not before the session had to end. */
  readonly reason: 'tie' | 'no-quorum' | 'below-threshold' | EndReason
}

export type VoteOutcome<V> = Decided<V> | Rejected<V> | Undecided

/** What an outcome is made of. */
export interface Ending {
  readonly paper: BallotPaper<unknown>
  readonly rule: VoteRule
  readonly ids: readonly string[]
  readonly box: BallotBox
}

/** The outcome of a verdict that was reached before all had answered. */
export function earlyOutcome(ending: Ending, verdict: Verdict): VoteOutcome<unknown> {
  return outcomeOf(ending, verdict, true)
}

/** The outcome of what is there. `ended`: why no more can come, of a session that had to end; who had not answered is absent. */
export function finalOutcome(ending: Ending, ended?: EndReason): VoteOutcome<unknown> {
  const outcome = outcomeOf(ending, finalVerdict(ending.rule, ending.box.standing), false)
  if (ended === undefined || outcome.type !== 'undecided') return outcome
  return { ...outcome, reason: ended }
}

function outcomeOf(ending: Ending, verdict: Verdict, early: boolean): VoteOutcome<unknown> {
  const { paper, rule, box } = ending
  const { counts, cast, present, total } = box.standing
  const winner = verdict.type === 'decided' ? verdict.option : counts.indexOf(Math.max(0, ...counts))
  const next = counts.reduce((most, count, option) => (option === winner ? most : Math.max(most, count)), 0)
  const figures: VoteFigures = {
    support: cast === 0 ? 0 : (counts[winner] ?? 0) / cast,
    margin: cast === 0 ? 0 : ((counts[winner] ?? 0) - next) / cast,
    turnout: present / total,
    early,
    tally: tallyOf(ending),
    votes: box.votes.flatMap((vote) => namedVote(ending, vote)),
  }
  if (verdict.type === 'undecided') return { type: 'undecided', reason: verdict.reason, ...figures }
  const firm: Firm = {
    option: paper.options[winner] ?? '',
    soundAgainst: soundAgainst(rule, box.standing) / box.weights.unitsPerWeight,
    ...figures,
  }
  const value = paper.values[winner]
  const isRejected = paper.isProposal && firm.option === 'reject'
  return isRejected ? { type: 'rejected', proposal: value, ...firm } : { type: 'decided', value, ...firm }
}

function tallyOf({ paper, box }: Ending): VoteTally {
  const { units, totalUnits, unitsPerWeight } = box.weights
  const { counts, cast, present } = box.standing
  const votes = paper.options.map(() => 0)
  const others: { [choice in Exclude<Choice, number>]: { votes: number; units: number } } = {
    abstained: { votes: 0, units: 0 },
    absent: { votes: 0, units: 0 },
    spoiled: { votes: 0, units: 0 },
  }
  for (const { voter, choice } of box.votes) {
    if (typeof choice === 'number') {
      votes[choice] = (votes[choice] ?? 0) + 1
      continue
    }
    others[choice].votes++
    others[choice].units += units[voter] ?? 0
  }
  const weightOf = (some: { votes: number; units: number }): Counted => ({
    votes: some.votes,
    weight: some.units / unitsPerWeight,
  })
  return {
    counts: paper.options.map((option, at) => ({
      option,
      ...weightOf({ votes: votes[at] ?? 0, units: counts[at] ?? 0 }),
    })),
    abstained: weightOf({ votes: others.abstained.votes, units: present - cast }),
    absent: weightOf(others.absent),
    spoiled: weightOf(others.spoiled),
    totalWeight: totalUnits / unitsPerWeight,
  }
}

function namedVote({ paper, ids }: Ending, { voter, choice, confidence }: CastVote): readonly NamedVote[] {
  if (typeof choice !== 'number') return []
  return [{ from: ids[voter] ?? '', option: paper.options[choice] ?? '', confidence }]
}

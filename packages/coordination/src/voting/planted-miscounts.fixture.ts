/** Bugs that anybody could write in counting votes, each with the law that finds it. */

import { bordaCount } from './borda.ts'
import {
  earliestAmongEquals,
  earliestAmongWeights,
  exactShares,
  exactWeights,
  faithfulWeights,
  firmAsSaid,
  monotone,
  neutral,
  soundWithTraitors,
} from './counting-laws.fixture.ts'
import { hedgeStep } from './hedge.ts'
import { instantRunoff } from './instant-runoff.ts'
import { logOddsWeight } from './log-odds.ts'
import { discountedWeights } from './model-families.ts'
import type { RankedBallot, RankedCount, RankedVerdict } from './ranked-ballots.ts'
import {
  ballotsAreAlike,
  bordaGivesAllPoints,
  condorcetLoserLoses,
  condorcetWinnerWins,
  firstOfMostWins,
  optionsAreAlike,
  orderOnlyBreaksTies,
  schulzeByDefinition,
} from './ranked-laws.fixture.ts'
import { schulze } from './schulze.ts'
import { reaches, shareOf } from './share.ts'
import { unitWeights } from './unit-weights.ts'
import { earlyVerdict, finalVerdict, soundAgainst, type VoteRule, type VoteStanding } from './vote-standing.ts'
import { type Law, sumOf, type VotingArithmetic } from './voting-laws.fixture.ts'
import { cappedWeights } from './weight-caps.ts'
import {
  absentKeepTheirShare,
  capsByDefinition,
  driftRegret,
  familiesByDefinition,
  hedgeRegret,
  logOddsDecideBest,
} from './weight-laws.fixture.ts'

/** As it is. */
export const votingArithmetic: VotingArithmetic = {
  finalVerdict,
  earlyVerdict,
  soundAgainst,
  reaches,
  shareOf,
  unitWeights,
  instantRunoff,
  bordaCount,
  schulze,
  cappedWeights,
  discountedWeights,
  hedgeStep,
  logOddsWeight,
}

export interface PlantedMiscount {
  readonly law: Law
  readonly arithmetic: VotingArithmetic
}

const planted = (law: Law, change: Partial<VotingArithmetic>): PlantedMiscount => ({
  law,
  arithmetic: { ...votingArithmetic, ...change },
})

/** An early verdict that sees another rule or another standing than there is. */
const misseeing = (
  law: Law,
  rule: (rule: VoteRule, standing: VoteStanding) => VoteRule,
  standing: (standing: VoteStanding, rule: VoteRule) => VoteStanding = (one) => one,
) => planted(law, { earlyVerdict: (r, s) => earlyVerdict(rule(r, s), standing(s, r)) })

const sameRule = (rule: VoteRule) => rule

/** A final verdict that sees another standing than there is. */
const finallySeeing = (law: Law, standing: (standing: VoteStanding) => VoteStanding) =>
  planted(law, { finalVerdict: (rule, s) => finalVerdict(rule, standing(s)) })

const counting: { readonly [bug: string]: PlantedMiscount } = {
  'ends as soon as somebody leads': planted(earliestAmongEquals, { earlyVerdict: finalVerdict }),
  'forgets what has not been heard of yet': misseeing(earliestAmongEquals, sameRule, (s) => ({ ...s, remaining: 0 })),
  'takes a lead of all that remains for enough': misseeing(earliestAmongEquals, sameRule, (s) => ({
    ...s,
    remaining: s.remaining > 1 ? s.remaining - 1 : s.remaining,
  })),
  'waits for one more than it has to': misseeing(earliestAmongEquals, sameRule, (s) => ({
    ...s,
    remaining: s.remaining > 0 ? s.remaining + 1 : 0,
  })),
  'never ends early': planted(earliestAmongEquals, { earlyVerdict: () => undefined }),
  'forgets the quorum when it ends early': misseeing(earliestAmongWeights, (r) => ({ ...r, quorum: undefined })),
  'forgets the threshold when it ends early': misseeing(earliestAmongWeights, (r) => ({ ...r, threshold: undefined })),
  'takes a threshold of votes cast for one of all': misseeing(earliestAmongEquals, (r) => ({ ...r, of: 'all' })),
  'takes a threshold of all for one of votes cast': misseeing(earliestAmongEquals, (r) => ({ ...r, of: 'cast' })),
  'counts a vote twice that weighs the most': misseeing(earliestAmongWeights, sameRule, (s) => {
    const most = Math.max(...s.counts)
    return { ...s, counts: s.counts.map((count) => (count === most ? count + 1 : count)) }
  }),
  'forgets that there are traitors': misseeing(soundWithTraitors, (r) => ({ ...r, traitorUnits: 0 })),
  'takes traitors that can switch for some that are voided': misseeing(soundWithTraitors, (r) => ({
    ...r,
    traitorsCan: 'be-voided',
  })),
  'takes traitors that are voided for some that can switch': misseeing(soundWithTraitors, (r) => ({
    ...r,
    traitorsCan: 'switch',
  })),
  'says the whole lead is firm': planted(firmAsSaid, {
    soundAgainst: (_, { counts }) => {
      const [first = 0, second = 0] = counts.toSorted((a, b) => b - a)
      return first - second - 1
    },
  }),
  'says that one more could lie': planted(firmAsSaid, { soundAgainst: (r, s) => soundAgainst(r, s) + 1 }),
  'a tie goes to the first option': planted(neutral, {
    finalVerdict: (r, s) => finalVerdict({ ...r, priority: r.priority ?? s.counts.map((_, at) => at) }, s),
  }),
  'the last option is not counted': finallySeeing(neutral, (s) => ({ ...s, counts: s.counts.with(-1, 0) })),
  'the fewest votes win': finallySeeing(monotone, (s) => {
    const most = Math.max(...s.counts)
    return { ...s, counts: s.counts.map((count) => most - count) }
  }),
  'shares are multiplied in floating point': planted(exactShares, {
    reaches: ({ numerator, denominator, isStrict }, part, whole) => {
      const needed = (numerator / denominator) * whole
      return isStrict ? part > needed : part >= needed
    },
  }),
  'as much is taken for more': planted(exactShares, {
    reaches: (share, part, whole) => reaches({ ...share, isStrict: false }, part, whole),
  }),
  'shares are taken as hundredths': planted(exactShares, {
    shareOf: (owner, key, given) => {
      const share = shareOf(owner, key, given)
      const hundredths = Math.round((100 * share.numerator) / share.denominator)
      return { ...share, numerator: hundredths, denominator: 100 }
    },
  }),
  'weights are added in floating point': planted(exactWeights, {
    unitWeights: (_, __, weights) => ({ units: weights, totalUnits: sumOf(weights), unitsPerWeight: 1 }),
  }),
  'weights are cut to hundredths': planted(faithfulWeights, {
    unitWeights: (_, __, weights) => {
      const units = weights.map((weight) => Math.floor(weight * 100))
      return { units, totalUnits: sumOf(units), unitsPerWeight: 100 }
    },
  }),
}

/** A method that sees other ballots than there are. */
const reading =
  (method: (count: RankedCount) => RankedVerdict, ballot: (ballot: RankedBallot, options: number) => RankedBallot) =>
  (count: RankedCount) =>
    method({ ...count, ballots: count.ballots.map((one) => ballot(one, count.options)) })

const firstOnly = (ballot: RankedBallot) => ({ ...ballot, ranking: ballot.ranking.slice(0, 1) })
const backwards = (ballot: RankedBallot) => ({ ...ballot, ranking: ballot.ranking.toReversed() })
const filledUp = ({ ranking, units }: RankedBallot, options: number) => {
  const others = Array.from({ length: options }, (_, option) => option).filter((option) => !ranking.includes(option))
  return { ranking: [...ranking, ...others], units }
}

const ranking: { readonly [bug: string]: PlantedMiscount } = {
  'a runoff of first places only': planted(condorcetLoserLoses, { instantRunoff: reading(instantRunoff, firstOnly) }),
  'a runoff that reads ballots backwards': planted(firstOfMostWins, {
    instantRunoff: reading(instantRunoff, backwards),
  }),
  'a runoff that fills up ballots in the order of options': planted(optionsAreAlike, {
    instantRunoff: reading(instantRunoff, filledUp),
  }),
  'a runoff that counts each kind of ballot once': planted(ballotsAreAlike, {
    instantRunoff: (count) => instantRunoff({ ...count, ballots: count.ballots.map((one) => ({ ...one, units: 1 })) }),
  }),
  'Borda gives nothing for those left out': planted(bordaGivesAllPoints, {
    bordaCount: (count) =>
      bordaCount({ ...count, ballots: count.ballots.filter((one) => one.ranking.length === count.options) }),
  }),
  'Borda gives those left out the least': planted(optionsAreAlike, { bordaCount: reading(bordaCount, filledUp) }),
  'an order goes before points': planted(orderOnlyBreaksTies, {
    bordaCount(count) {
      const { priority } = count
      const verdict = bordaCount(count)
      return priority === undefined ? verdict : { ...verdict, winners: [priority.indexOf(0)] }
    },
  }),
  'Schulze without chains': planted(schulzeByDefinition, { schulze: directOnly }),
  'Schulze of first places only': planted(condorcetWinnerWins, { schulze: reading(schulze, firstOnly) }),
  'Schulze that fills up ballots in the order of options': planted(optionsAreAlike, {
    schulze: reading(schulze, filledUp),
  }),
}

/** Who loses no comparison of two; all where there is no such one. */
function directOnly({ options, ballots, priority }: RankedCount): RankedVerdict {
  const { steps, ...verdict } = schulze({ options, ballots, priority })
  const pairs = steps.method === 'schulze' ? steps.pairs : []
  const unbeaten = [...pairs.keys()].filter((one) => {
    return pairs.every((row, other) => (row[one] ?? 0) <= (pairs[one]?.[other] ?? 0))
  })
  return { ...verdict, steps, winners: unbeaten.length === 0 ? [...pairs.keys()] : unbeaten }
}

const weighing: { readonly [bug: string]: PlantedMiscount } = {
  'caps by one pass of clipping': planted(capsByDefinition, {
    cappedWeights(weights, shareMax) {
      const total = sumOf(weights)
      const clipped = weights.map((weight) => Math.min(weight, shareMax * total))
      return clipped.map((weight) => (weight * total) / sumOf(clipped))
    },
  }),
  'what is cut off is lost': planted(capsByDefinition, {
    cappedWeights: (weights, shareMax) => weights.map((weight) => Math.min(weight, shareMax * sumOf(weights))),
  }),
  'what is cut off is shared evenly': planted(capsByDefinition, {
    cappedWeights(weights, shareMax) {
      const total = sumOf(weights)
      const clipped = weights.map((weight) => Math.min(weight, shareMax * total))
      const each = (total - sumOf(clipped)) / weights.length
      return clipped.map((weight) => weight + each)
    },
  }),
  'a family weighs as much as one, however little it correlates': planted(familiesByDefinition, {
    discountedWeights: (weights, families) => discountedWeights(weights, families, 1),
  }),
  'those without a family are one': planted(familiesByDefinition, {
    discountedWeights: (weights, families, correlation) =>
      discountedWeights(
        weights,
        families.map((family) => family ?? 'none'),
        correlation,
      ),
  }),
  'losses make weights grow': planted(hedgeRegret, {
    hedgeStep: (logWeights, losses, rules) => hedgeStep(logWeights, losses, { ...rules, rate: -rules.rate }),
  }),
  'losses change nothing': planted(hedgeRegret, { hedgeStep: (logWeights) => logWeights }),
  'losses count ten times': planted(hedgeRegret, {
    hedgeStep: (logWeights, losses, rules) => hedgeStep(logWeights, losses, { ...rules, rate: 10 * rules.rate }),
  }),
  'nothing drifts': planted(driftRegret, {
    hedgeStep: (logWeights, losses, rules) => hedgeStep(logWeights, losses, { ...rules, drift: 0 }),
  }),
  'who says nothing is taken for right': planted(absentKeepTheirShare, {
    hedgeStep: (logWeights, losses, rules) =>
      hedgeStep(
        logWeights,
        losses.map((loss) => loss ?? 0),
        rules,
      ),
  }),
  'weights are rates': planted(logOddsDecideBest, { logOddsWeight: (rate) => rate }),
  'weights are logarithms of rates': planted(logOddsDecideBest, { logOddsWeight: (rate) => 1 + Math.log(rate) }),
}

export const plantedMiscounts: { readonly [bug: string]: PlantedMiscount } = { ...counting, ...ranking, ...weighing }

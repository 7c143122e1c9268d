/**
 * Who has won, and whether that can still change: the rules of a vote over counts in whole units of weight. Ends a vote as early
 * as can be, and never before.
 *
 * `S(o)` is what option `o` has, `T` what was cast for options, `R` what has not been heard of yet, `W` everything. A completion
 * is any way in which `R` may still vote, abstain or stay away. A verdict while `R > 0` is the same in all completions.
 */

import { reaches, type Share } from './share.ts'

/** Where a vote stands; all in whole units. */
export interface VoteStanding {
  /** By option. */
  readonly counts: readonly number[]
  /** The sum of the counts. */
  readonly cast: number
  /** Cast or abstained. */
  readonly present: number
  /** Not heard of yet. */
  readonly remaining: number
  readonly total: number
}

/** What an option must have to win. */
export interface VoteRule {
  /** `undefined`: more than each other option will do. */
  readonly threshold: Share | undefined
  /** Whether the threshold is of everything (`all`) or of what was cast for options. */
  readonly of: 'all' | 'cast'
  /** What must be present, of everything. */
  readonly quorum: Share | undefined
  /** The place of each option where counts are equal, the lowest wins; `undefined`: then nobody does. */
  readonly priority: readonly number[] | undefined
  /** Units that may belong to traitors, and what these can do to votes already counted. @default 0 */
  readonly traitorUnits: number
  /** Their votes may be found void, or may yet turn into others. */
  readonly traitorsCan: 'be-voided' | 'switch'
}

export type Verdict =
  | { readonly type: 'decided'; readonly option: number }
  | { readonly type: 'undecided'; readonly reason: 'tie' | 'no-quorum' | 'below-threshold' }

/**
 * The verdict if nothing more comes: what remains is absent. Traitors are not thought of, see `soundAgainst`.
 *
 * The reasons in order: no quorum; nobody, or not even the first, has what the threshold asks for; a tie of those that are first.
 */
export function finalVerdict(rule: VoteRule, standing: VoteStanding): Verdict {
  const { counts, cast, present, total } = standing
  if (rule.quorum !== undefined && !reaches(rule.quorum, present, total)) return undecided('no-quorum')
  const first = leaderOf(rule, counts)
  const most = counts[first] ?? 0
  if (most === 0 || !reachesThreshold(rule, most, rule.of === 'all' ? total : cast)) return undecided('below-threshold')
  if (counts.some((count, option) => option !== first && !isLead(rule, most - count, [first, option]))) {
    return undecided('tie')
  }
  return { type: 'decided', option: first }
}

/**
 * The verdict that all completions share, or `undefined` while they do not.
 *
 * Ensures: sound. Without traitors also the earliest there is; with traitors the earliest for `decided` among equal weights.
 * Source: plurality is final iff `S(a) - max S(b) > R`, with `R + F` for traitors of weight F that may be voided and `R + 2F` for those
 * that may switch. A threshold θ of all is reached iff `S(a) >= θW` and out of reach iff `max S + R < θW`; of votes cast, iff
 * `S(a) >= θ(T + R)` and iff `S(a) + R < θ(T + R)`. Differs: together with a quorum, and with an order for ties.
 */
export function earlyVerdict(rule: VoteRule, standing: VoteStanding): Verdict | undefined {
  const first = leaderOf(rule, standing.counts)
  if (isSettled(rule, standing, first)) return { type: 'decided', option: first }
  const { quorum } = rule
  const { present, remaining, total } = standing
  if (quorum !== undefined && !reaches(quorum, present + remaining, total)) return undecided('no-quorum')
  // Whoever has most can win if anybody can: all conditions are easier for it. A tie can't be certain while something remains.
  if (!canReachThreshold(rule, standing, first)) return undecided('below-threshold')
  return remaining === 0 && rule.traitorUnits === 0 ? finalVerdict(rule, standing) : undefined
}

/**
 * The most units that could have voted otherwise, or not at all, without another verdict; nothing remaining is thought of. For
 * a vote that was ended early it is therefore as much as what has been heard of says.
 * Requires: `finalVerdict` is `decided`.
 */
export function soundAgainst(rule: VoteRule, standing: VoteStanding): number {
  const first = leaderOf(rule, standing.counts)
  const heard = { ...standing, remaining: 0 }
  let [holds, fails] = [0, standing.total + 1]
  while (fails - holds > 1) {
    const traitorUnits = Math.floor((holds + fails) / 2)
    if (isSettled({ ...rule, traitorUnits, traitorsCan: 'switch' }, heard, first)) holds = traitorUnits
    else fails = traitorUnits
  }
  return holds
}

/** Most votes, and of those the first in order. */
export function leaderOf({ priority }: Pick<VoteRule, 'priority'>, counts: readonly number[]): number {
  let first = 0
  for (const [option, count] of counts.entries()) {
    const most = counts[first] ?? 0
    const isBefore = count === most && (priority?.[option] ?? 0) < (priority?.[first] ?? 0)
    if (count > most || isBefore) first = option
  }
  return first
}

/** Whether an option wins in all completions, whatever the traitors do. */
function isSettled(rule: VoteRule, standing: VoteStanding, option: number): boolean {
  const { counts, cast, present, remaining, total } = standing
  const { traitorUnits, traitorsCan, quorum, of } = rule
  const worst = (counts[option] ?? 0) - traitorUnits
  if (worst <= 0) return false
  if (quorum !== undefined && !reaches(quorum, Math.max(0, present - traitorUnits), total)) return false
  // Nothing can be cast against the only option.
  const against = counts.length === 1 ? 0 : remaining + (traitorsCan === 'switch' ? traitorUnits : 0)
  const whole = cast - traitorUnits + against
  if (!reachesThreshold(rule, worst, of === 'all' ? total : whole)) return false
  return counts.every((count, other) => other === option || isLead(rule, worst - count - against, [option, other]))
}

/** Whether there is a completion in which an option reaches the threshold. */
function canReachThreshold(rule: VoteRule, standing: VoteStanding, option: number): boolean {
  const { counts, cast, remaining, total } = standing
  const own = counts[option] ?? 0
  const isSwitched = rule.traitorsCan === 'switch'
  const best = own + remaining + (isSwitched ? rule.traitorUnits : 0)
  if (best === 0) return false
  const voided = isSwitched ? 0 : Math.min(rule.traitorUnits, cast - own)
  return reachesThreshold(rule, best, rule.of === 'all' ? total : cast + remaining - voided)
}

function reachesThreshold({ threshold }: VoteRule, part: number, whole: number): boolean {
  return threshold === undefined || reaches(threshold, part, whole)
}

/** Whether a lead is one: where it is 0 the order decides. */
function isLead({ priority }: VoteRule, lead: number, [option, other]: readonly [number, number]): boolean {
  return lead > 0 || (lead === 0 && priority !== undefined && (priority[option] ?? 0) < (priority[other] ?? 0))
}

function undecided(reason: 'tie' | 'no-quorum' | 'below-threshold'): Verdict {
  return { type: 'undecided', reason }
}

/** Instant-runoff voting: whoever is first on the fewest ballots goes, until somebody is first on more than half. */

import { firstOf, type RankedCount, type RankedVerdict, type RunoffRound } from './ranked-ballots.ts'

/**
 * The instant runoff.
 *
 * Each round counts every ballot for the first of its options that is left; a ballot with none left is exhausted. It ends when one has more
 * than half of what is counted, or all that are left are equal. Ties for elimination: of those with the fewest, who had fewest in the
 * round before goes, back to the first; then who is last in `priority`. Without an order those that are tied go together where together
 * they have less than anybody else, since then it makes no difference who is first to go; else it ends as a tie of all that are left.
 * `support` and `margin` are shares of the ballots of the last round that are not exhausted.
 *
 * Ensures: who is first on more than half of the ballots wins; who would lose against each other option alone does not.
 * It is not monotone: to be ranked higher can cost the victory. No runoff of this kind is.
 * Source: Tideman, Collective Decisions and Voting, 2006. Differs: the ties, as said.
 */
export function instantRunoff({ options, ballots, priority }: RankedCount): RankedVerdict {
  let left = Array.from({ length: options }, (_, option) => option)
  const rounds: RunoffRound[] = []
  const cursors = ballots.map(() => 0)
  for (;;) {
    const counts = countsOf({ options, ballots }, cursors, new Set(left))
    const [most, fewest] = extremesOf(left, counts)
    if (most * 2 > totalOf(left, counts) || most === fewest) {
      rounds.push({ counts })
      return verdictOf(rounds, left, priority)
    }
    const goes = eliminatedOf(left, [...rounds.map((round) => round.counts), counts], priority)
    if (goes.length === 0) {
      rounds.push({ counts })
      return { ...verdictOf(rounds, left, undefined), winners: left }
    }
    for (const eliminated of goes) rounds.push({ counts, eliminated })
    left = left.filter((option) => !goes.includes(option))
  }
}

function verdictOf(
  rounds: readonly RunoffRound[],
  left: readonly number[],
  priority: RankedCount['priority'],
): RankedVerdict {
  const counts = rounds.at(-1)?.counts ?? []
  const [most] = extremesOf(left, counts)
  const winners = firstOf(
    left.filter((option) => counts[option] === most),
    priority,
  )
  const next = left.reduce((best, option) => (option === winners[0] ? best : Math.max(best, counts[option] ?? 0)), 0)
  const total = totalOf(left, counts)
  const [support, margin] = total === 0 ? [0, 0] : [most / total, (most - next) / total]
  return { winners, support, margin, steps: { method: 'instant-runoff', rounds } }
}

/** `cursors`: the place on each ballot of the first that was left before; moved on here. */
function countsOf(
  { options, ballots }: Omit<RankedCount, 'priority'>,
  cursors: number[],
  left: ReadonlySet<number>,
): readonly number[] {
  const counts = Array.from({ length: options }, () => 0)
  for (const [at, { ranking, units }] of ballots.entries()) {
    let cursor = cursors[at] ?? 0
    while (cursor < ranking.length && !left.has(ranking[cursor] ?? -1)) cursor++
    cursors[at] = cursor
    const first = ranking[cursor]
    if (first !== undefined) counts[first] = (counts[first] ?? 0) + units
  }
  return counts
}

/** Who goes; nobody where that can't be told. `history`: counts of all rounds so far, this one last. */
function eliminatedOf(
  left: readonly number[],
  history: readonly (readonly number[])[],
  priority: RankedCount['priority'],
): readonly number[] {
  let lowest = left
  for (const counts of history.toReversed()) {
    const [, fewest] = extremesOf(lowest, counts)
    lowest = lowest.filter((option) => counts[option] === fewest)
  }
  if (priority === undefined) return lowest.length === 1 || isNoMatter(left, lowest, history.at(-1) ?? []) ? lowest : []
  return [lowest.reduce((last, one) => ((priority[one] ?? 0) > (priority[last] ?? 0) ? one : last))]
}

/** Whether some have less together than each other option has alone, so that all of them go before it whoever goes first. */
function isNoMatter(left: readonly number[], lowest: readonly number[], counts: readonly number[]): boolean {
  const others = left.filter((option) => !lowest.includes(option))
  return others.every((option) => (counts[option] ?? 0) > totalOf(lowest, counts))
}

function totalOf(left: readonly number[], counts: readonly number[]): number {
  return left.reduce((sum, option) => sum + (counts[option] ?? 0), 0)
}

function extremesOf(left: readonly number[], counts: readonly number[]): readonly [most: number, fewest: number] {
  let [most, fewest] = [0, Number.POSITIVE_INFINITY]
  for (const option of left) {
    most = Math.max(most, counts[option] ?? 0)
    fewest = Math.min(fewest, counts[option] ?? 0)
  }
  return [most, fewest]
}

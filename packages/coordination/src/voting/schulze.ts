/** The Schulze method: whoever wins every comparison of two, or else has the strongest chains of such comparisons. */

import { firstOf, type RankedBallot, type RankedCount, type RankedVerdict, rankedUnits } from './ranked-ballots.ts'

/**
 * The Schulze method, comparing by winning votes: a chain from one option to another is as strong as its weakest step, and who has chains to
 * all others that are no weaker than theirs back wins. `support` is the smallest share of the ballots that rank the winner above
 * some other option; `margin` the smallest lead of its chains over those back. One option alone has all support.
 *
 * Ensures: who beats each other option alone wins; monotone; who is first on more than half of the ballots wins.
 * Cost: cubic in options, and quadratic for each ballot.
 * Source: Schulze, Social Choice and Welfare 36(2), 2011. Differs: ties by a given order instead of by drawn ballots.
 */
export function schulze({ options, ballots, priority }: RankedCount): RankedVerdict {
  const pairs = pairsOf(options, ballots)
  const paths = strongestPaths(pairs)
  const every = [...pairs.keys()]
  const at = (rows: readonly (readonly number[])[], from: number, to: number) => rows[from]?.[to] ?? 0
  const winners = firstOf(
    every.filter((one) => every.every((other) => other === one || at(paths, one, other) >= at(paths, other, one))),
    priority,
  )
  const [winner = 0] = winners
  const whole = rankedUnits(ballots)
  let [support, margin] = [whole, whole]
  for (const other of every) {
    if (other === winner) continue
    support = Math.min(support, at(pairs, winner, other))
    margin = Math.min(margin, at(paths, winner, other) - at(paths, other, winner))
  }
  const shares = whole === 0 ? { support: 0, margin: 0 } : { support: support / whole, margin: margin / whole }
  return { winners, ...shares, steps: { method: 'schulze', pairs } }
}

/** `[a][b]`: the units of ballots that rank `a` above `b`. */
function pairsOf(options: number, ballots: readonly RankedBallot[]): readonly (readonly number[])[] {
  const pairs = Array.from({ length: options }, () => Array.from({ length: options }, () => 0))
  const placeOf = new Array<number>(options)
  for (const { ranking, units } of ballots) {
    placeOf.fill(options)
    for (const [place, option] of ranking.entries()) placeOf[option] = place
    for (const better of ranking) {
      const row = pairs[better] ?? []
      for (let worse = 0; worse < options; worse++) {
        if ((placeOf[worse] ?? 0) > (placeOf[better] ?? 0)) row[worse] = (row[worse] ?? 0) + units
      }
    }
  }
  return pairs
}

/** Floyd and Warshall, for the widest path. */
function strongestPaths(pairs: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const won = (from: number, to: number) => {
    const [ahead, behind] = [pairs[from]?.[to] ?? 0, pairs[to]?.[from] ?? 0]
    return ahead > behind ? ahead : 0
  }
  const paths = pairs.map((row, from) => row.map((_, to) => won(from, to)))
  for (const [via, viaRow] of paths.entries()) {
    for (const row of paths) {
      const reach = row[via] ?? 0
      if (reach === 0) continue
      for (let to = 0; to < row.length; to++) {
        const strength = Math.min(reach, viaRow[to] ?? 0)
        if (strength > (row[to] ?? 0)) row[to] = strength
      }
    }
  }
  return paths
}

/** The Borda count: points for how many options one is ranked above. */

import { firstOf, type RankedCount, type RankedVerdict, rankedUnits } from './ranked-ballots.ts'

/**
 * The Borda count: on each ballot the best of `m` options gets `m - 1` points, the next one less, and those left out share what is left
 * evenly. Points are kept doubled, so that they are whole. `support` and `margin` are shares of the most that one could get.
 *
 * Requires: options times all units is at most 2^51.
 * Ensures: monotone: who is ranked higher has no fewer points, and nobody else more. It can pass over who is first on more than half of
 * the ballots, and other options can be brought in to sway it.
 * Source: Borda, 1781; ballots that are not complete by the tournament rule. Differs: none.
 */
export function bordaCount({ options, ballots, priority }: RankedCount): RankedVerdict {
  const doublePoints = Array.from({ length: options }, () => 0)
  for (const { ranking, units } of ballots) {
    if (ranking.length === 0) continue
    const ranked = new Set(ranking)
    for (const [place, option] of ranking.entries()) {
      doublePoints[option] = (doublePoints[option] ?? 0) + 2 * (options - 1 - place) * units
    }
    const shared = (options - ranking.length - 1) * units
    for (const [option, points] of doublePoints.entries()) {
      if (!ranked.has(option)) doublePoints[option] = points + shared
    }
  }
  const most = doublePoints.reduce((best, points) => Math.max(best, points), 0)
  const winners = firstOf(
    [...doublePoints.keys()].filter((option) => doublePoints[option] === most),
    priority,
  )
  const next = doublePoints.reduce((best, points, option) => (option === winners[0] ? best : Math.max(best, points)), 0)
  const whole = 2 * (options - 1) * rankedUnits(ballots)
  const [support, margin] = whole === 0 ? [0, 0] : [most / whole, (most - next) / whole]
  return { winners, support, margin, steps: { method: 'borda', doublePoints } }
}

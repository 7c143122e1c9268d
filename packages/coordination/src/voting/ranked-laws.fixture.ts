/** Laws of ranked methods, each against a plain definition. */

import type { Random } from '@mabeam/foundation'
import type { RankedBallot, RankedCount, RankedVerdict } from './ranked-ballots.ts'
import { drawn, type Law, sumOf, type VotingArithmetic } from './voting-laws.fixture.ts'

type Method = 'instantRunoff' | 'bordaCount' | 'schulze'

function drawnCount(random: Random): RankedCount {
  const options = 2 + random.int(4)
  const inOrder = Array.from({ length: options }, (_, option) => option)
  const kinds = Array.from({ length: 1 + random.int(5) }, (): RankedBallot => {
    const length = random.int(3) === 0 ? random.int(options + 1) : options
    return { ranking: random.shuffle(inOrder).slice(0, length), units: 1 + random.int(6) }
  })
  return { options, ballots: kinds, priority: drawn(random, [undefined, random.shuffle(inOrder)]) }
}

/** Whether a ballot ranks one above another. */
function prefers({ ranking }: RankedBallot, one: number, other: number): boolean {
  const [a, b] = [ranking.indexOf(one), ranking.indexOf(other)]
  return a >= 0 && (b < 0 || a < b)
}

function beats({ ballots }: RankedCount, one: number, other: number): boolean {
  return preferring(ballots, one, other) > preferring(ballots, other, one)
}

function preferring(ballots: readonly RankedBallot[], one: number, other: number): number {
  return sumOf(ballots.map((ballot) => (prefers(ballot, one, other) ? ballot.units : 0)))
}

function optionsOf({ options }: RankedCount): readonly number[] {
  return Array.from({ length: options }, (_, option) => option)
}

const shown = (count: RankedCount, { winners }: RankedVerdict) => `${JSON.stringify(count)} gave ${winners}`

function lawOf(methods: readonly Method[], holds: (count: RankedCount, verdict: RankedVerdict) => boolean): Law {
  return (arithmetic, random) => {
    const count = drawnCount(random)
    for (const method of methods) {
      const verdict = arithmetic[method](count)
      if (!holds(count, verdict)) return `${method}: ${shown(count, verdict)}`
    }
    return undefined
  }
}

const all: readonly Method[] = ['instantRunoff', 'bordaCount', 'schulze']

const isOnly = ({ winners }: RankedVerdict, option: number) => winners.length === 1 && winners[0] === option

export const firstOfMostWins = lawOf(['instantRunoff', 'schulze'], (count, verdict) => {
  const voting = count.ballots.filter(({ ranking }) => ranking.length > 0)
  const total = sumOf(voting.map(({ units }) => units))
  const firsts = (option: number) => sumOf(voting.map(({ ranking, units }) => (ranking[0] === option ? units : 0)))
  const favourite = optionsOf(count).find((option) => firsts(option) * 2 > total)
  return favourite === undefined || isOnly(verdict, favourite)
})

export const condorcetWinnerWins = lawOf(['schulze'], (count, verdict) => {
  const best = optionsOf(count).find((one) => {
    return optionsOf(count).every((other) => other === one || beats(count, one, other))
  })
  return best === undefined || isOnly(verdict, best)
})

export const condorcetLoserLoses = lawOf(['instantRunoff', 'schulze'], (count, verdict) => {
  const worst = optionsOf(count).find((one) => {
    return optionsOf(count).every((other) => other === one || beats(count, other, one))
  })
  return worst === undefined || !isOnly(verdict, worst)
})

export const somebodyWinsAndNobodyElse = lawOf(all, (count, { winners, support, margin }) => {
  const isOrdered = count.priority === undefined || winners.length === 1
  return winners.length >= 1 && isOrdered && support >= 0 && support <= 1 && margin >= 0 && margin <= 1
})

/** Schulze by its definition: chains are listed one by one. */
export const schulzeByDefinition = lawOf(['schulze'], (count, { winners }) => {
  const strength = (from: number, to: number, unused: readonly number[]): number => {
    const direct = beats(count, from, to) ? preferring(count.ballots, from, to) : 0
    return unused.reduce((best, via) => {
      if (!beats(count, from, via)) return best
      const rest = unused.filter((option) => option !== via)
      return Math.max(best, Math.min(preferring(count.ballots, from, via), strength(via, to, rest)))
    }, direct)
  }
  const every = optionsOf(count)
  const between = (one: number, other: number) => every.filter((option) => option !== one && option !== other)
  const winning = every.filter((one) => {
    return every.every((other) => {
      return other === one || strength(one, other, between(one, other)) >= strength(other, one, between(one, other))
    })
  })
  const [first = 0] = winners
  if (count.priority === undefined) return winning.join() === winners.join()
  const places = count.priority
  return winning.includes(first) && winning.every((one) => (places[one] ?? 0) >= (places[first] ?? 0))
})

/** All points are given, on each ballot that ranks something. */
export const bordaGivesAllPoints = lawOf(['bordaCount'], ({ options, ballots }, { steps }) => {
  const units = sumOf(ballots.map((ballot) => (ballot.ranking.length === 0 ? 0 : ballot.units)))
  return steps.method === 'borda' && sumOf(steps.doublePoints) === units * options * (options - 1)
})

/** An order of options is a way to break ties, and nothing more. */
export const orderOnlyBreaksTies: Law = (arithmetic, random) => {
  const count = drawnCount(random)
  for (const method of ['bordaCount', 'schulze', 'instantRunoff'] as const) {
    const free = arithmetic[method]({ ...count, priority: undefined })
    const ordered = arithmetic[method](count)
    if (!free.winners.includes(ordered.winners[0] ?? -1)) return `${method}: ${shown(count, ordered)}`
  }
  return undefined
}

/** Neither the order of ballots matters, nor whether equal ones are given together. */
export const ballotsAreAlike: Law = (arithmetic, random) => {
  const count = drawnCount(random)
  const single = count.ballots.flatMap(({ ranking, units }) =>
    Array.from({ length: units }, () => ({ ranking, units: 1 })),
  )
  const other = { ...count, ballots: random.shuffle(single) }
  for (const method of all) {
    const [one, two] = [arithmetic[method](count), arithmetic[method](other)]
    if (one.winners.join() !== two.winners.join() || one.margin !== two.margin) return `${method}: ${shown(other, two)}`
  }
  return undefined
}

/** Renaming the options renames the winners. */
export const optionsAreAlike: Law = (arithmetic, random) => {
  const count = { ...drawnCount(random), priority: undefined }
  const names = random.shuffle(optionsOf(count))
  const renamed = {
    ...count,
    ballots: count.ballots.map(({ ranking, units }) => ({ ranking: ranking.map((one) => names[one] ?? -1), units })),
  }
  for (const method of all) {
    const expected = arithmetic[method](count).winners.map((one) => names[one] ?? -1)
    const verdict = arithmetic[method](renamed)
    if (expected.toSorted().join() !== verdict.winners.toSorted().join()) return `${method}: ${shown(renamed, verdict)}`
  }
  return undefined
}

/** To rank the winner one place higher does not cost it the victory. Not so in a runoff. */
export const higherIsNoWorse: Law = (arithmetic, random) => {
  const count = drawnCount(random)
  for (const method of ['bordaCount', 'schulze'] as const) {
    const { winners } = arithmetic[method](count)
    const [winner = 0] = winners
    if (winners.length > 1) continue
    const lifted = count.ballots.map((ballot) => lift(ballot, winner, random))
    const verdict = arithmetic[method]({ ...count, ballots: lifted })
    if (!isOnly(verdict, winner)) return `${method}: ${winner} of ${JSON.stringify(count)} lifted: ${verdict.winners}`
  }
  return undefined
}

function lift({ ranking, units }: RankedBallot, option: number, random: Random): RankedBallot {
  const at = ranking.indexOf(option)
  if (at <= 0 || random.int(2) === 0) return { ranking, units }
  return { ranking: ranking.with(at, ranking[at - 1] ?? 0).with(at - 1, option), units }
}

/** Whom two groups choose, both together choose, by Borda. */
export const bordaAddsUp: Law = ({ bordaCount }: VotingArithmetic, random) => {
  const one = { ...drawnCount(random), priority: undefined }
  const other = { ...drawnCount(random), options: one.options, priority: undefined }
  const inRange = other.ballots.map(({ ranking, units }) => ({
    ranking: ranking.filter((o) => o < one.options),
    units,
  }))
  const [a, b] = [bordaCount(one).winners, bordaCount({ ...other, ballots: inRange }).winners]
  const common = a.filter((option) => b.includes(option))
  if (common.length === 0) return undefined
  const both = bordaCount({ ...one, ballots: [...one.ballots, ...inRange] })
  return both.winners.toSorted().join() === common.toSorted().join() ? undefined : shown(one, both)
}

/** Laws of counts: early ends are sound and the earliest there are, shares are exact, and nobody is special. */

import type { Random } from '@mabeam/foundation'
import { shareOf } from './share.ts'
import type { VoteRule, VoteStanding } from './vote-standing.ts'
import { drawn, type Law, sequences, sumOf, type VotingArithmetic, waysToSplit } from './voting-laws.fixture.ts'

const share = (given: Parameters<typeof shareOf>[2]) => shareOf('law', 'share', given)
const thresholds = [undefined, share({ moreThan: 1 / 2 }), share(2 / 3), share(1 / 4), share(1)]
const quorums = [undefined, share(1 / 2), share({ moreThan: 2 / 3 })]

/** A rule for that many options. */
function drawnRule(random: Random, options: number): VoteRule {
  const order = random.shuffle(Array.from({ length: options }, (_, option) => option))
  return {
    threshold: drawn(random, thresholds),
    of: drawn(random, ['all', 'cast']),
    quorum: drawn(random, quorums),
    priority: drawn(random, [undefined, order]),
    traitorUnits: 0,
    traitorsCan: 'switch',
  }
}

/** What came of one way in which a vote may go on: the winner, or -1. */
function winnerOf({ finalVerdict }: VotingArithmetic, rule: VoteRule, standing: VoteStanding): number {
  const verdict = finalVerdict(rule, standing)
  return verdict.type === 'decided' ? verdict.option : -1
}

/** `cells`: what each option has, who abstained, who is absent. Nothing remains. */
function standingOf(cells: readonly number[], options: number, remaining = 0): VoteStanding {
  const counts = cells.slice(0, options)
  const cast = sumOf(counts)
  return { counts, cast, present: cast + (cells[options] ?? 0), remaining, total: sumOf(cells) + remaining }
}

/** What is said of a moment, against all that may become of it. */
function compared(
  arithmetic: VotingArithmetic,
  rule: VoteRule,
  { now, ways }: { readonly now: VoteStanding; readonly ways: Iterable<VoteStanding> },
) {
  const winners = new Set<number>()
  for (const way of ways) winners.add(winnerOf(arithmetic, rule, way))
  const verdict = arithmetic.earlyVerdict(rule, now)
  const [only = -1] = winners
  const said = verdict === undefined ? 'nothing' : verdict.type === 'decided' ? verdict.option : -1
  const really = winners.size > 1 ? 'nothing' : only
  if (said === really) return undefined
  const seen = { threshold: rule.threshold, of: rule.of, quorum: rule.quorum, priority: rule.priority, ...now }
  return `said ${said} where ${really} is true: ${JSON.stringify(seen)}`
}

/** Up to 8 alike, up to 3 options: against all completions. */
export const earliestAmongEquals: Law = (arithmetic, random) => {
  const [voters, options] = [1 + random.int(8), 1 + random.int(3)]
  const rule = drawnRule(random, options)
  for (const cells of waysToSplit(voters, options + 3)) {
    const remaining = cells[options + 2] ?? 0
    const heard = cells.slice(0, options + 2)
    const ways = function* () {
      for (const more of waysToSplit(remaining, options + 2)) {
        yield standingOf(
          heard.map((count, at) => count + (more[at] ?? 0)),
          options,
        )
      }
    }
    const wrong = compared(arithmetic, rule, { now: standingOf(heard, options, remaining), ways: ways() })
    if (wrong !== undefined) return wrong
  }
  return undefined
}

/** Up to 8 of weights of their own: against all completions of one drawn moment. */
export const earliestAmongWeights: Law = (arithmetic, random) => {
  const options = 2 + random.int(2)
  const weights = Array.from({ length: 1 + random.int(8) }, () => random.int(5))
  if (sumOf(weights) === 0) return undefined
  const rule = drawnRule(random, options)
  const pending = random.int(Math.min(5, weights.length) + 1)
  const choices = weights.map(() => random.int(options + 2))
  const cellsOf = (chosen: readonly number[]) => {
    const cells = Array.from({ length: options + 2 }, () => 0)
    for (const [voter, choice] of chosen.entries()) cells[choice] = (cells[choice] ?? 0) + (weights[voter] ?? 0)
    return cells
  }
  const heard = choices.slice(0, weights.length - pending)
  const ways = function* () {
    for (const rest of sequences(pending, options + 2)) yield standingOf(cellsOf([...heard, ...rest]), options)
  }
  const remaining = sumOf(weights.slice(weights.length - pending))
  return compared(arithmetic, rule, { now: standingOf(cellsOf(heard), options, remaining), ways: ways() })
}

/** With traitors among those heard: what is said holds whatever they do, and what is decided is said at once. */
export const soundWithTraitors: Law = (arithmetic, random) => {
  const [voters, options] = [1 + random.int(6), 1 + random.int(3)]
  const traitorsCan = drawn(random, ['be-voided', 'switch'] as const)
  const traitorUnits = 1 + random.int(2)
  const rule = { ...drawnRule(random, options), traitorUnits, traitorsCan }
  const choices = Array.from({ length: voters }, () => random.int(options + 3))
  const pending = choices.filter((choice) => choice === options + 2).length
  const heard = choices.filter((choice) => choice < options + 2)
  const cellsOf = (chosen: readonly number[]) => {
    return Array.from({ length: options + 2 }, (_, cell) => chosen.filter((choice) => choice === cell).length)
  }
  const winners = new Set<number>()
  for (const turned of turnings(heard, { traitorUnits, traitorsCan, options })) {
    for (const more of waysToSplit(pending, options + 2)) {
      const cells = cellsOf(turned).map((count, at) => count + (more[at] ?? 0))
      winners.add(winnerOf(arithmetic, rule, standingOf(cells, options)))
    }
  }
  const now = standingOf(cellsOf(heard), options, pending)
  const verdict = arithmetic.earlyVerdict(rule, now)
  const said = verdict === undefined ? undefined : verdict.type === 'decided' ? verdict.option : -1
  const [only] = winners
  if (said !== undefined && (winners.size > 1 || only !== said)) {
    return `said ${said} though traitors can make it ${[...winners].join(' or ')}: ${JSON.stringify({ ...rule, ...now })}`
  }
  if (said === undefined && winners.size === 1 && only !== -1) {
    return `did not say that ${only} has won: ${JSON.stringify({ ...rule, ...now })}`
  }
  return undefined
}

/** All that up to so many of those heard, who are there and not absent, may turn their votes into. */
function* turnings(
  heard: readonly number[],
  { traitorUnits, traitorsCan, options }: { traitorUnits: number; traitorsCan: string; options: number },
): Generator<readonly number[]> {
  yield heard
  if (traitorUnits === 0) return
  const absent = options + 1
  for (const [at, choice] of heard.entries()) {
    if (choice === absent) continue
    const others = traitorsCan === 'be-voided' ? [absent] : Array.from({ length: options + 2 }, (_, cell) => cell)
    for (const other of others) {
      if (other === choice) continue
      const turned = heard.with(at, other)
      for (const more of turnings(turned, { traitorUnits: traitorUnits - 1, traitorsCan, options })) yield more
    }
  }
}

/** As many could have voted otherwise as is said, and one more could not. */
export const firmAsSaid: Law = (arithmetic, random) => {
  const options = 2 + random.int(2)
  const rule = drawnRule(random, options)
  const heard = Array.from({ length: 1 + random.int(6) }, () => random.int(options + 2))
  const cellsOf = (chosen: readonly number[]) => {
    return Array.from({ length: options + 2 }, (_, cell) => chosen.filter((choice) => choice === cell).length)
  }
  const standing = standingOf(cellsOf(heard), options)
  const winner = winnerOf(arithmetic, rule, standing)
  if (winner === -1) return undefined
  const sound = arithmetic.soundAgainst(rule, standing)
  const holdsAgainst = (traitorUnits: number) => {
    for (const turned of turnings(heard, { traitorUnits, traitorsCan: 'switch', options })) {
      if (winnerOf(arithmetic, rule, standingOf(cellsOf(turned), options)) !== winner) return false
    }
    return true
  }
  if (sound > 3) return undefined
  if (!holdsAgainst(sound)) return `${sound} can turn it: ${JSON.stringify({ ...rule, heard })}`
  return holdsAgainst(sound + 1)
    ? `${sound + 1} can't turn it either: ${JSON.stringify({ ...rule, heard })}`
    : undefined
}

/** Renaming the options renames the winner. */
export const neutral: Law = (arithmetic, random) => {
  const options = 2 + random.int(3)
  const rule = { ...drawnRule(random, options), priority: undefined }
  const cells = Array.from({ length: options + 2 }, () => random.int(5))
  if (sumOf(cells) === 0) return undefined
  const order = random.shuffle(Array.from({ length: options }, (_, option) => option))
  const renamed = [...order.map((option) => cells[option] ?? 0), ...cells.slice(options)]
  const [before, after] = [standingOf(cells, options), standingOf(renamed, options)]
  const winner = winnerOf(arithmetic, rule, after)
  const wasWinner = winnerOf(arithmetic, rule, before)
  return wasWinner === (winner === -1 ? -1 : order[winner]) ? undefined : `${order} of ${cells}: ${winner}`
}

/** More votes for the winner leave it the winner. */
export const monotone: Law = (arithmetic, random) => {
  const options = 2 + random.int(3)
  const rule = drawnRule(random, options)
  const cells = Array.from({ length: options + 2 }, () => random.int(5))
  const winner = winnerOf(arithmetic, rule, standingOf(cells, options))
  if (winner === -1) return undefined
  for (const [from, count] of cells.entries()) {
    if (count === 0 || from === winner) continue
    const more = cells.with(from, count - 1).with(winner, (cells[winner] ?? 0) + 1)
    if (winnerOf(arithmetic, rule, standingOf(more, options)) !== winner) return `${cells}: one more from ${from}`
  }
  return undefined
}

/** `k` of `n` reach k/n and not more than it, though products of floating-point numbers say otherwise. */
export const exactShares: Law = ({ shareOf: shareGiven, reaches }, random) => {
  const whole = 1 + random.int(10_000)
  const part = 1 + random.int(whole)
  const scale = drawn(random, [1, 997, 2 ** 38])
  const atLeast = shareGiven('law', 'share', part / whole)
  if (!reaches(atLeast, part * scale, whole * scale)) return `${part} of ${whole} do not reach ${part / whole}`
  if (reaches(atLeast, part * scale - 1, whole * scale)) return `less than ${part} of ${whole} reach ${part / whole}`
  if (part === whole) return undefined
  const moreThan = shareGiven('law', 'share', { moreThan: part / whole })
  if (reaches(moreThan, part * scale, whole * scale)) return `${part} of ${whole} are more than ${part / whole}`
  return reaches(moreThan, part * scale + 1, whole * scale) ? undefined : `more than ${part} of ${whole} are not more`
}

/** Decimals are added as they are written: what is equal on paper is equal. */
export const exactWeights: Law = ({ unitWeights }, random) => {
  const parts = Array.from({ length: 2 + random.int(6) }, () => random.int(1_000))
  if (sumOf(parts) === 0) return undefined
  const weights = [sumOf(parts) / 1_000, ...parts.map((part) => part / 1_000)]
  const { units, totalUnits } = unitWeights('law', [], weights)
  if (totalUnits !== sumOf(units)) return `${weights}: the sum is not ${totalUnits}`
  return units[0] === sumOf(units.slice(1)) ? undefined : `${weights}: ${units} do not balance`
}

/** Weights of any kind become units in the same order and nearly the same proportion, and what is above 0 stays so. */
export const faithfulWeights: Law = ({ unitWeights }, random) => {
  const scale = drawn(random, [1e-300, 1e-9, 1, 1e12, 1e300])
  const weights = Array.from({ length: 1 + random.int(8) }, () => random.int(4) * random.next() * scale)
  if (sumOf(weights) === 0) return undefined
  const { units, totalUnits } = unitWeights('law', [], weights)
  if (!Number.isSafeInteger(totalUnits) || !units.every((unit) => Number.isSafeInteger(unit))) return `${units}`
  const total = sumOf(weights)
  for (const [at, weight] of weights.entries()) {
    const unit = units[at] ?? 0
    if (Math.abs(unit / totalUnits - weight / total) > 1e-9) return `${weight} of ${weights}: ${unit}`
    if (weight > 0 !== unit > 0) return `${weight} became ${unit}`
  }
  return undefined
}

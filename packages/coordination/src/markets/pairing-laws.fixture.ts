/** What must hold of assignments and matchings, by looking at all that there are. */

import { seededRandom } from '@mabeam/foundation'
import type { Assignment } from './assignment.ts'
import type { StableMatching, TwoSides } from './stable-matching.ts'

function drawnValues(seed: number): number[][] {
  const random = seededRandom(`values ${seed}`)
  const [agents, items] = [1 + random.int(7), 1 + random.int(7)]
  const top = seed % 2 === 0 ? 5 : 1_000
  return Array.from({ length: agents }, () => Array.from({ length: items }, () => random.int(top)))
}

/** Optimal by trying everything, one item an agent, and with prices that prove it. */
export function assignmentViolations(
  solve: (values: readonly (readonly number[])[]) => Assignment,
  seed: number,
): string[] {
  const values = drawnValues(seed)
  const { items, value, prices, gains } = solve(values)
  const broken: string[] = []
  const had = items.filter((item) => item >= 0)
  if (new Set(had).size < had.length) broken.push('an item goes to two')
  const counted = values.reduce((sum, own, agent) => sum + (own[items[agent] as number] ?? 0), 0)
  if (counted !== value) broken.push('says another value than it has')
  if (value !== bestValue(values, 0, new Set())) broken.push('not the best')
  if ([...prices, ...gains].some((one) => !(one >= 0))) broken.push('a price or gain below 0')
  for (const [agent, own] of values.entries()) {
    for (const [item, worth] of own.entries()) {
      if ((gains[agent] as number) < worth - (prices[item] as number))
        broken.push(`agent ${agent} would rather buy ${item}`)
    }
    const item = items[agent] as number
    const net = item < 0 ? 0 : (own[item] as number) - (prices[item] as number)
    if (net !== gains[agent]) broken.push(`agent ${agent} does not gain what it says`)
  }
  for (const [item, price] of prices.entries())
    if (price > 0 && !had.includes(item)) broken.push(`${item} costs, and nobody has it`)
  return broken
}

function bestValue(values: readonly (readonly number[])[], agent: number, taken: ReadonlySet<number>): number {
  const own = values[agent]
  if (own === undefined) return 0
  let best = bestValue(values, agent + 1, taken)
  for (const [item, worth] of own.entries()) {
    if (!taken.has(item)) best = Math.max(best, worth + bestValue(values, agent + 1, new Set(taken).add(item)))
  }
  return best
}

export function drawnSides(seed: number): TwoSides {
  const random = seededRandom(`sides ${seed}`)
  const [proposers, receivers] = [1 + random.int(5), 1 + random.int(4)]
  const wishes = (count: number, others: number) =>
    Array.from({ length: count }, () => {
      const all = random.shuffle(Array.from({ length: others }, (_, at) => at))
      return seed % 2 === 0 ? all : all.slice(0, random.int(others + 1))
    })
  const capacities = Array.from({ length: receivers }, () => random.int(3))
  const sides = { proposers: wishes(proposers, receivers), receivers: wishes(receivers, proposers) }
  return seed % 3 === 0 ? { ...sides, capacities } : sides
}

/** Stable, and no proposer has a better one in any other stable matching: all are looked at. */
export function matchingViolations(solve: (sides: TwoSides) => StableMatching, seed: number): string[] {
  const sides = drawnSides(seed)
  const { receiverOf, proposersOf } = solve(sides)
  const broken: string[] = []
  for (const [receiver, own] of proposersOf.entries()) {
    if (own.some((proposer) => receiverOf[proposer] !== receiver)) broken.push('both sides say different things')
  }
  if (!isStable(sides, receiverOf)) broken.push('not stable')
  const stable = allMatchings(sides).filter((one) => isStable(sides, one))
  for (const [proposer, wanted] of sides.proposers.entries()) {
    const rank = (one: number) => (one < 0 ? wanted.length : wanted.indexOf(one))
    if (stable.some((one) => rank(one[proposer] as number) < rank(receiverOf[proposer] as number))) {
      broken.push(`proposer ${proposer} could have a better one`)
    }
  }
  return broken
}

function allMatchings({ proposers }: TwoSides): number[][] {
  return proposers.reduce<number[][]>(
    (all, wanted) => all.flatMap((one) => [-1, ...wanted].map((receiver) => [...one, receiver])),
    [[]],
  )
}

/** By the definition, word for word. */
function isStable({ proposers, receivers, capacities }: TwoSides, receiverOf: readonly number[]): boolean {
  for (const [receiver, wanted] of receivers.entries()) {
    const own = receiverOf.flatMap((one, proposer) => (one === receiver ? [proposer] : []))
    const room = capacities?.[receiver] ?? 1
    if (own.length > room || own.some((proposer) => !wanted.includes(proposer))) return false
    for (const [proposer, wishes] of proposers.entries()) {
      const at = wishes.indexOf(receiver)
      const has = receiverOf[proposer] as number
      const wouldCome = at >= 0 && (has < 0 || at < wishes.indexOf(has))
      const isPreferred = own.some((one) => wanted.indexOf(proposer) < wanted.indexOf(one))
      if (wouldCome && wanted.includes(proposer) && (own.length < room || isPreferred)) return false
    }
  }
  return true
}

/** What must hold of markets whatever is in them: laws as functions that name what is broken, and markets drawn to break them. */

import { seededRandom } from '@mabeam/foundation'
import type { DemandSide } from './clearing.ts'

const tolerance = 1e-5

/** Agents and goods of several characters: whole and tied worths, sparse ones, equal budgets. */
export function drawnFisherMarket(
  seed: number,
  size?: { readonly agents: number; readonly goods: number },
): DemandSide {
  const random = seededRandom(`fisher ${seed}`)
  const { agents, goods } = size ?? { agents: 1 + random.int(12), goods: 1 + random.int(8) }
  const worth = [
    () => random.next(),
    () => random.int(4),
    () => (random.next() < 0.3 ? 1 + random.int(100) : 0),
    () => 10 ** (4 * random.next()),
  ][seed % 4] as () => number
  const utilities = Array.from({ length: agents }, () => {
    const own: number[] = Array.from({ length: goods }, worth)
    if (!own.some((one) => one > 0)) own[random.int(goods)] = 1
    return own
  })
  const budgets = Array.from({ length: agents }, () => (seed % 3 === 0 ? 10 : 1 + random.int(1_000)))
  return { budgets, utilities }
}

/** The conditions of an equilibrium, each by itself; empty where all hold. */
export function fisherViolations(
  { budgets, utilities }: DemandSide,
  { prices, shares }: { readonly prices: readonly number[]; readonly shares: readonly (readonly number[])[] },
): string[] {
  const broken: string[] = []
  const goods = prices.map((_, good) => good)
  const worthOf = (agent: number, bundle: readonly number[]) =>
    goods.reduce((sum, good) => sum + (utilities[agent]?.[good] ?? 0) * (bundle[good] ?? 0), 0)
  for (const good of goods) {
    const sold = shares.reduce((sum, own) => sum + (own[good] ?? 0), 0)
    const isWanted = utilities.some((own) => (own[good] ?? 0) > 0)
    if (Math.abs(sold - (isWanted ? 1 : 0)) > tolerance) broken.push(`good ${good} is sold ${sold} times`)
    if (isWanted !== (prices[good] as number) > 0) broken.push(`good ${good} costs ${prices[good]}`)
  }
  for (const [agent, budget] of budgets.entries()) {
    const own = shares[agent] ?? []
    if (own.some((share) => !(share >= 0))) broken.push(`agent ${agent} has less than nothing`)
    const spent = goods.reduce((sum, good) => sum + (own[good] ?? 0) * (prices[good] ?? 0), 0)
    if (Math.abs(spent - budget) > tolerance * budget) broken.push(`agent ${agent} spends ${spent} of ${budget}`)
    const perMoney = goods.map((good) =>
      (prices[good] ?? 0) > 0 ? (utilities[agent]?.[good] ?? 0) / (prices[good] ?? 1) : 0,
    )
    const best = Math.max(...perMoney)
    for (const good of goods) {
      const spentOn = (own[good] ?? 0) * (prices[good] ?? 0)
      if (spentOn > 1e-3 * budget && (perMoney[good] ?? 0) < best * 0.99)
        broken.push(`agent ${agent} buys ${good}, not the best`)
    }
    if (worthOf(agent, own) < best * budget * (1 - tolerance)) broken.push(`agent ${agent} forgoes utility`)
    for (const [other, bundle] of shares.entries()) {
      const affordable = worthOf(agent, bundle) * Math.min(1, budget / (budgets[other] as number))
      if (affordable > worthOf(agent, own) * (1 + tolerance)) broken.push(`agent ${agent} envies ${other}`)
    }
  }
  return broken
}

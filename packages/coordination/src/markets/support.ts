/**
 * An equilibrium from who buys what: once it is known which agents buy which goods, prices and spending follow from equations that
 * are solved exactly, up to rounding. It turns a good guess into a result of full precision.
 */

import type { DemandSide } from './clearing.ts'

interface Purchase {
  readonly agent: number
  readonly good: number
  /** About so much is spent on it. */
  readonly spent: number
}

/** Agents are nodes 0 to n - 1, goods n to n + m - 1; each node knows the purchase that leads to its parent. */
interface Forest {
  /** Parents before children. */
  readonly order: readonly number[]
  readonly parent: ReadonlyMap<number, number>
}

/**
 * Prices and shares where exactly these purchases are made. Purchases that close a ring, which there are only where goods are tied, keep
 * about what is spent on them.
 *
 * Requires: each agent and each good in a purchase; utilities > 0 on purchases.   Ensures: prices > 0; shares >= 0 that sum to 1 for each good,
 * and budgets are spent; or `undefined` where these purchases can't be all of an equilibrium.
 */
export function supportEquilibrium(
  market: DemandSide,
  purchases: readonly Purchase[],
): { readonly prices: readonly number[]; readonly shares: readonly (readonly number[])[] } | undefined {
  const agents = market.budgets.length
  const goods = market.utilities[0]?.length ?? 0
  const { tree, rings } = spanning(purchases, agents, goods)
  const forest = rooted(tree, agents, goods)
  const prices = forestPrices(market, forest)
  const left = [...market.budgets, ...prices]
  const shares = market.budgets.map(() => new Array<number>(goods).fill(0))
  const spend = (agent: number, good: number, spent: number) => {
    const own = shares[agent] as number[]
    own[good] = spent / (prices[good] as number)
    left[agent] = (left[agent] as number) - spent
    left[agents + good] = (left[agents + good] as number) - spent
  }
  for (const { agent, good, spent } of rings) spend(agent, good, spent)
  // Leaves first: all that is left of a leaf goes through its one purchase.
  for (const node of forest.order.toReversed()) {
    const parent = forest.parent.get(node)
    if (parent === undefined) continue
    const spent = left[node] as number
    const [agent, good] = node < agents ? [node, parent - agents] : [parent, node - agents]
    if (!(spent >= -1e-9 * (prices[good] as number))) return undefined
    spend(agent, good, Math.max(0, spent))
  }
  return { prices, shares }
}

/** A forest of the largest purchases, and those that would close a ring. */
function spanning(purchases: readonly Purchase[], agents: number, goods: number) {
  const roots = Array.from({ length: agents + goods }, (_, node) => node)
  const rootOf = (node: number): number => {
    let at = node
    while (roots[at] !== at) {
      roots[at] = roots[roots[at] as number] as number
      at = roots[at] as number
    }
    return at
  }
  const tree: Purchase[] = []
  const rings: Purchase[] = []
  for (const purchase of purchases.toSorted((a, b) => b.spent - a.spent)) {
    const one = rootOf(purchase.agent)
    const other = rootOf(agents + purchase.good)
    if (one === other) rings.push(purchase)
    else {
      roots[one] = other
      tree.push(purchase)
    }
  }
  return { tree, rings }
}

function rooted(tree: readonly Purchase[], agents: number, goods: number): Forest {
  const near = Array.from({ length: agents + goods }, (): number[] => [])
  for (const { agent, good } of tree) {
    near[agent]?.push(agents + good)
    near[agents + good]?.push(agent)
  }
  const parent = new Map<number, number>()
  const order: number[] = []
  const seen = new Set<number>()
  for (let root = agents; root < agents + goods; root++) {
    if (seen.has(root)) continue
    seen.add(root)
    let at = order.push(root) - 1
    for (; at < order.length; at++) {
      const node = order[at] as number
      for (const next of near[node] ?? []) {
        if (seen.has(next)) continue
        seen.add(next)
        parent.set(next, node)
        order.push(next)
      }
    }
  }
  return { order, parent }
}

/** In each tree all purchases of an agent are worth the same per money, and prices sum to budgets. */
function forestPrices({ budgets, utilities }: DemandSide, { order, parent }: Forest): number[] {
  const agents = budgets.length
  const prices = new Array<number>((utilities[0] ?? []).length).fill(0)
  /** By agent: worth per money in its tree. */
  const perMoney = new Array<number>(agents).fill(0)
  let members: number[] = []
  let money = 0
  const close = () => {
    const sum = members.reduce((all, good) => all + (prices[good] as number), 0)
    for (const good of members) prices[good] = ((prices[good] as number) * money) / sum
    members = []
    money = 0
  }
  for (const node of order) {
    const from = parent.get(node)
    if (from === undefined) close()
    if (node < agents) {
      const good = (from as number) - agents
      perMoney[node] = (utilities[node]?.[good] as number) / (prices[good] as number)
      money += budgets[node] as number
    } else {
      const good = node - agents
      prices[good] = from === undefined ? 1 : (utilities[from]?.[good] as number) / (perMoney[from] as number)
      members.push(good)
    }
  }
  close()
  return prices
}

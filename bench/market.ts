/**
 * Markets as arithmetic, without sessions: equilibrium prices with what is wrong with them, pairings, and books. Each is drawn anew for
 * each run, from a seed.
 */

import {
  assignment,
  blockingPair,
  type CesPreference,
  cesDemand,
  exchangeEquilibrium,
  fisherEquilibrium,
  kPrice,
  newOrderBook,
  type OrderBook,
  orderBookStep,
  stableMatching,
  tatonnement,
} from '@mabeam/coordination'
import { type Random, seededRandom } from '@mabeam/foundation'
import { median } from '@mabeam/ml'
import type { Bench } from './bench.ts'

interface Done {
  /** What is wrong with it; nothing where it is exact. */
  readonly residual?: number
  readonly iterations?: number
  /** Throws where it is not what it should be; its time does not count. */
  readonly prove?: () => void
}

interface Problem {
  readonly problem: string
  readonly size: string
  readonly runs: number
  /** Draws one, and says how to solve it. */
  readonly draw: (random: Random) => () => Done
}

const problems: readonly Problem[] = [
  { problem: 'fisher', size: '100x50', runs: 15, draw: (random) => fisherOf(random, 100, 50) },
  { problem: 'fisher', size: '500x100', runs: 5, draw: (random) => fisherOf(random, 500, 100) },
  { problem: 'gross-substitutes', size: '500x100', runs: 15, draw: (random) => substitutesOf(random, 500, 100) },
  { problem: 'exchange', size: '100x50', runs: 15, draw: (random) => exchangeOf(random, 100, 50) },
  { problem: 'double-auction', size: '10000x10000', runs: 30, draw: (random) => doubleOf(random, 10_000) },
  { problem: 'order-book', size: '100000', runs: 5, draw: (random) => bookOf(random, 100_000) },
  { problem: 'assignment', size: '1000', runs: 10, draw: (random) => assignmentOf(random, 1_000) },
  { problem: 'stable-matching', size: '1000', runs: 10, draw: (random) => matchingOf(random, 1_000) },
]

export const bench: Bench = {
  name: 'market',
  what: 'prices of markets, pairings and books: time, and how far prices are from an equilibrium',
  target: 'residual < 1e-6',
  async run({ quick, log }) {
    const rows = problems.map((one) => {
      log(`${one.problem} ${one.size}`)
      return measure(one, quick ? 1 : one.runs)
    })
    const p50Ms = (problem: string, size: string) =>
      rows.find((row) => row.problem === problem && row.size === size)?.p50Ms ?? null
    const bookMs = p50Ms('order-book', '100000')
    const metrics = {
      residual: Math.max(...rows.map(({ residual }) => residual ?? 0)),
      fisher100x50P50Ms: p50Ms('fisher', '100x50'),
      grossSubstitutes500x100P50Ms: p50Ms('gross-substitutes', '500x100'),
      doubleAuction10000P50Ms: p50Ms('double-auction', '10000x10000'),
      ordersPerSec: bookMs === null ? null : 100_000 / (bookMs / 1_000),
      assignment1000P50Ms: p50Ms('assignment', '1000'),
    }
    return { metrics, rows, runs: quick ? 1 : Math.min(...problems.map((one) => one.runs)) }
  },
}

function measure({ problem, size, draw }: Problem, runs: number) {
  const took: number[] = []
  const spent: number[] = []
  const residuals: number[] = []
  const iterations: number[] = []
  // The first one warms up.
  for (let run = 0; run <= runs; run++) {
    const solve = draw(seededRandom(`${problem} ${size} ${run}`))
    const began = process.cpuUsage()
    const beganMs = performance.now()
    const done = solve()
    const ms = performance.now() - beganMs
    const { user, system } = process.cpuUsage(began)
    done.prove?.()
    if (run === 0) continue
    took.push(ms)
    spent.push((user + system) / 1_000)
    if (done.residual !== undefined) residuals.push(done.residual)
    if (done.iterations !== undefined) iterations.push(done.iterations)
  }
  return {
    problem,
    size,
    runs: took.length,
    p50Ms: median(took),
    cpuMs: median(spent),
    residual: residuals.length === 0 ? null : Math.max(...residuals),
    iterations: iterations.length === 0 ? null : median(iterations),
  }
}

function table(random: Random, rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.next()))
}

function fisherOf(random: Random, agents: number, goods: number): () => Done {
  const market = {
    budgets: Array.from({ length: agents }, () => 1 + random.int(100)),
    utilities: table(random, agents, goods),
  }
  return () => fisherEquilibrium(market)
}

function exchangeOf(random: Random, agents: number, goods: number): () => Done {
  const market = { endowments: table(random, agents, goods), utilities: table(random, agents, goods) }
  return () => exchangeEquilibrium(market)
}

function substitutesOf(random: Random, agents: number, goods: number): () => Done {
  const preferences = table(random, agents, goods).map(
    (weights): CesPreference => ({ budget: 1 + random.int(100), weights, elasticity: 1 + random.next() }),
  )
  const demandAt = (prices: readonly number[]) => {
    const total = new Array<number>(goods).fill(0)
    for (const one of preferences) {
      for (const [good, units] of cesDemand(one, prices).entries()) total[good] = (total[good] as number) + units
    }
    return total
  }
  const supply = Array.from({ length: goods }, () => 1 + random.int(100))
  return () => tatonnement(demandAt, { supply })
}

function doubleOf(random: Random, size: number): () => Done {
  const orders = (side: string) =>
    Array.from({ length: size }, (_, at) => ({ trader: `${side}${at}`, price: random.int(100_000), quantity: 1 }))
  const book = { buys: orders('b'), sells: orders('s'), ranks: new Map() }
  return () => {
    if (kPrice(book, 50).quantity === 0) throw new Error('nothing traded')
    return {}
  }
}

function bookOf(random: Random, count: number): () => Done {
  const orders = Array.from({ length: count }, () => ({
    type: 'order' as const,
    order: 'limit' as const,
    by: `t${random.int(100)}`,
    side: random.int(2) === 0 ? ('buy' as const) : ('sell' as const),
    price: 900 + random.int(200),
    quantity: 1 + random.int(10),
  }))
  return () => {
    let book: OrderBook = newOrderBook()
    for (const order of orders) [book] = orderBookStep(book, order)
    if (book.lastPrice === undefined) throw new Error('nothing traded')
    return {}
  }
}

function assignmentOf(random: Random, size: number): () => Done {
  const values = Array.from({ length: size }, () => Array.from({ length: size }, () => random.int(1_000_000)))
  return () => {
    const { value, prices, gains } = assignment(values)
    const prove = () => {
      const proof = [...prices, ...gains].reduce((sum, one) => sum + one, 0)
      if (proof !== value) throw new Error('not the best')
    }
    return { prove }
  }
}

function matchingOf(random: Random, size: number): () => Done {
  const places = Array.from({ length: size }, (_, at) => at)
  const wishes = () => places.map(() => random.shuffle(places))
  const sides = { proposers: wishes(), receivers: wishes() }
  return () => {
    const { receiverOf, proposals } = stableMatching(sides)
    const prove = () => {
      if (receiverOf.includes(-1) || blockingPair(sides, receiverOf) !== undefined) throw new Error('not stable')
    }
    return { iterations: proposals, prove }
  }
}

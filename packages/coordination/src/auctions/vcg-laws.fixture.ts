/** What must hold of payments of Vickrey, Clarke and Groves, over any implementation: what was found broken first, if anything. */

import { type Random, seededRandom } from '@mabeam/foundation'
import { bruteForceWinners } from '../testing/brute-force-winners.ts'
import type { vcg } from './vickrey-clarke-groves.ts'
import type { ProblemBid, WinnerProblem, WinnerSolver } from './winner-determination.ts'

interface World {
  readonly supply: readonly number[]
  /** By bidder the sets it wants, one of them, each with what it is worth. */
  readonly wants: readonly (readonly ProblemBid[])[]
}

interface Priced {
  readonly won: ReadonlyMap<number, ProblemBid>
  readonly payments: ReadonlyMap<string, number>
  readonly value: number
}

/** Payments between nothing and the bid, and the best bids accepted. */
export async function individuallyRationalLaw(price: typeof vcg, solver: WinnerSolver): Promise<string | undefined> {
  for (let seed = 0; seed < 80; seed++) {
    const world = drawnWorld(seededRandom(seed))
    const { won, payments, value } = await priced(price, solver, world)
    const best = await bruteForceWinners.solve(problemOf(world))
    if (value !== best.value) return `seed ${seed}: worth ${value}, and the best is ${best.value}`
    if (won.size !== payments.size) return `seed ${seed}: ${won.size} win and ${payments.size} pay`
    for (const [bidder, bid] of won) {
      const pays = payments.get(`b${bidder}`) ?? -1
      if (pays < 0 || pays > bid.value) return `seed ${seed}: b${bidder} pays ${pays} for ${bid.value}`
    }
  }
  return undefined
}

/** Nobody gains by any other values, or by leaving sets out, over a grid. */
export async function truthfulVcgLaw(price: typeof vcg, solver: WinnerSolver): Promise<string | undefined> {
  for (let seed = 0; seed < 25; seed++) {
    const world = drawnWorld(seededRandom(seed))
    for (const [bidder, own] of world.wants.entries()) {
      const honest = gainOf(await priced(price, solver, world), own, bidder)
      for (const lie of lies(own)) {
        const lied = { ...world, wants: world.wants.map((sets, at) => (at === bidder ? lie : sets)) }
        const gained = gainOf(await priced(price, solver, lied), own, bidder)
        if (gained > honest) return `seed ${seed}: b${bidder} gains ${gained} by a lie and ${honest} by the truth`
      }
    }
  }
  return undefined
}

async function priced(price: typeof vcg, solver: WinnerSolver, world: World): Promise<Priced> {
  const problem = problemOf(world)
  const owners = problem.bids.map(({ group = 0 }) => `b${group}`)
  const result = await price({ problem, owners }, solver)
  if (result.type !== 'priced') throw new Error('a small problem was not proven')
  const won = result.solution.winners.flatMap((place) => problem.bids[place] ?? [])
  return {
    won: new Map(won.map((bid) => [bid.group ?? 0, bid])),
    payments: result.payments,
    value: result.solution.value,
  }
}

function problemOf({ supply, wants }: World): WinnerProblem {
  return { supply, bids: wants.flatMap((sets, group) => sets.map((bid) => ({ ...bid, group }))) }
}

/** What it wins is worth to it what it wanted it for. */
function gainOf({ won, payments }: Priced, own: readonly ProblemBid[], bidder: number): number {
  const set = won.get(bidder)
  if (set === undefined) return 0
  const worth = own.find(({ items, quantity }) => items === set.items && quantity === set.quantity)?.value ?? 0
  return worth - (payments.get(`b${bidder}`) ?? 0)
}

function lies(own: readonly ProblemBid[]): readonly (readonly ProblemBid[])[] {
  let all: readonly (readonly ProblemBid[])[] = [[]]
  for (const bid of own) {
    const values = [bid.value, 1, Math.max(1, bid.value - 2), bid.value + 2, bid.value * 3]
    all = all.flatMap((lie) => [lie, ...[...new Set(values)].map((value) => [...lie, { ...bid, value }])])
  }
  return all
}

/** Small values, so that ties are common. */
function drawnWorld(random: Random): World {
  const supply = Array.from({ length: 3 }, () => 1 + random.int(2))
  return {
    supply,
    wants: Array.from({ length: 2 + random.int(3) }, () =>
      Array.from({ length: 1 + random.int(2) }, (): ProblemBid => {
        const items = random.shuffle([0, 1, 2]).slice(0, 1 + random.int(3))
        const quantity = 1 + random.int(Math.min(...items.map((item) => supply[item] ?? 1)))
        return { items, quantity, value: 1 + random.int(10) }
      }),
    ),
  }
}

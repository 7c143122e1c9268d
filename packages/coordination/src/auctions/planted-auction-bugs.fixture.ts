/** Bugs that anybody could write in an auction, each in one place: laws that do not find them are worth nothing. */

import { messageOf } from '@mabeam/foundation'
import { failingCases } from '@mabeam/foundation/testing'
import type { RequestAnswer } from '../agents/agent-request.ts'
import type { Answer } from '../sessions/protocol.ts'
import { winnerSolverContract } from '../testing/winner-solver-contract.ts'
import { type AdmissionRules, admitBids } from './bid-admission.ts'
import { type DoubleBook, kPrice, mcAfee } from './double-auction.ts'
import { fairLaw, kPriceLaw, mcAfeeLaw, truthfulDoubleLaw } from './double-laws.fixture.ts'
import { combinatorialAuction } from './kinds/combinatorial.ts'
import { dutchAuction } from './kinds/dutch.ts'
import { englishAuction } from './kinds/english.ts'
import { admissionLaw, bundlesLaw, dutchLaw, englishLaw } from './protocol-laws.fixture.ts'
import { sealedLaw, truthfulSealedLaw } from './sealed-laws.fixture.ts'
import { firstPrice, type SealedPricing, type SealedSale, vickrey } from './sealed-sale.ts'
import { branchAndBound } from './solvers/branch-and-bound.ts'
import { individuallyRationalLaw, truthfulVcgLaw } from './vcg-laws.fixture.ts'
import { vcg } from './vickrey-clarke-groves.ts'
import { greedyWinners } from './winner-bounds.ts'
import type { WinnerProblem, WinnerSolution, WinnerSolver } from './winner-determination.ts'

type Found = string | undefined | Promise<string | undefined>

/** By bug, what the laws that should notice it found. */
export const plantedAuctionBugs: { readonly [bug: string]: () => Found } = {
  'Vickrey: winners pay what they bid': () => truthfulSealedLaw(firstPrice),
  'Vickrey: all pay the highest losing bid, also of their own': () => truthfulSealedLaw(uniformPrice),
  'Vickrey: without rivals nothing is paid, whatever the reserve': () =>
    sealedLaw((sale) => vickrey({ ...sale, reserve: 0 })),
  'sealed: a unit more than there is': () => sealedLaw((sale) => firstPrice({ ...sale, quantity: sale.quantity + 1 })),
  'sealed: first come, first served': () => sealedLaw(byArrival),
  'McAfee: the last pair that trades sets the price': () => truthfulDoubleLaw((book) => kPrice(book, 50)),
  'McAfee: the last trade is given up, and all others get what its buyer bid': () =>
    fairLaw((book) => sellersGetAll(book), 1),
  'McAfee: two trades are given up': () => mcAfeeLaw(givingUpTwo),
  'McAfee: the auctioneer pays for the last trade': () => mcAfeeLaw(inDeficit),
  'uniform price: those that do not trade are forgotten': () => kPriceLaw((book) => kPrice(bestOnly(book), 0)),
  'VCG: winners pay what they bid': () => truthfulVcgLaw(payingBids, branchAndBound()),
  'VCG: winners pay what others could have, without what they have': () =>
    individuallyRationalLaw(payingAlternatives, branchAndBound()),
  'VCG: winners pay nothing at all': () => truthfulVcgLaw(payingNothing, branchAndBound()),
  'VCG: the answer is only good': () => individuallyRationalLaw(vcg, claiming(greedyWinners)).catch(messageOf),
  'solver: takes what is densest and calls it the best': () => brokenContract(claiming(greedyWinners)),
  'solver: forgets that a bidder wants one of its bids': () =>
    brokenContract(seeing((problem) => ({ ...problem, bids: problem.bids.map(({ group: _, ...bid }) => bid) }))),
  'solver: forgets how many of each are wanted': () =>
    brokenContract(seeing((problem) => ({ ...problem, bids: problem.bids.map((bid) => ({ ...bid, quantity: 1 })) }))),
  'solver: sees one of each where there are several': () =>
    brokenContract(seeing((problem) => ({ ...problem, supply: problem.supply.map((units) => Math.min(1, units)) }))),
  'solver: values in single precision': () => brokenContract(rounding),
  'English: a raise that is no raise stands': () => englishLaw(sloppyEnglish),
  'English: the last bid is paid by whoever came next': () => englishLaw(payingMore),
  'Dutch: the taker pays what it bid': () => dutchLaw(payingBid),
  'Dutch: it falls below the reserve': () => dutchLaw(belowReserve),
  'admission: budgets are not looked at': () => brokenAdmission({ budgets: new Map() }),
  'admission: each bid may use up the whole budget': () => brokenAdmission({ exclusive: true }),
  'admission: more than there is may be bid for': () =>
    brokenAdmission({
      supply: new Map([
        ['a', 9],
        ['b', 9],
      ]),
    }),
  'admission: one may bid as often as one likes': () => brokenAdmission({ bidsMax: 99 }),
  'combinatorial: reserves are forgotten when prices are set': () => bundlesLaw(withoutReserves),
}

/** The one price of a uniform-price auction, which is not Vickrey's for several units. */
const uniformPrice: SealedPricing = (sale) => {
  const units = sale.bids.flatMap(({ price, quantity }) => Array.from({ length: quantity }, () => price))
  const price = units.toSorted((a, b) => b - a)[sale.quantity] ?? sale.reserve
  return firstPrice(sale).map((award) => ({ ...award, pays: price * award.quantity }))
}

const byArrival: SealedPricing = (sale: SealedSale) => {
  let left = sale.quantity
  const taken = sale.bids.flatMap((bid) => {
    const quantity = Math.min(left, bid.quantity)
    left -= quantity
    return quantity === 0 ? [] : [{ ...bid, quantity }]
  })
  return firstPrice({ ...sale, bids: taken })
}

function sellersGetAll(book: DoubleBook) {
  const clearing = mcAfee(book)
  const trades = clearing.trades.map((trade) => ({ ...trade, receives: trade.pays }))
  return { ...clearing, trades }
}

function givingUpTwo(book: DoubleBook) {
  const clearing = mcAfee(book)
  return { ...clearing, quantity: Math.max(0, clearing.quantity - 2) }
}

function inDeficit(book: DoubleBook) {
  const clearing = mcAfee(book)
  const { quantity, quantityMax, surplus } = clearing
  return quantity < quantityMax ? { ...clearing, quantity: quantityMax, surplus: -surplus - 1 } : clearing
}

/** Only those orders that trade. */
function bestOnly(book: DoubleBook): DoubleBook {
  const { trades } = kPrice(book, 0)
  const [buyers, sellers] = [new Set(trades.map(({ buyer }) => buyer)), new Set(trades.map(({ seller }) => seller))]
  return {
    ...book,
    buys: book.buys.filter(({ trader }) => buyers.has(trader)),
    sells: book.sells.filter(({ trader }) => sellers.has(trader)),
  }
}

const payingBids: typeof vcg = async ({ problem, owners }, solver) => {
  const solution = await solver.solve(problem)
  const payments = new Map(solution.winners.map((at) => [owners[at] ?? '', problem.bids[at]?.value ?? 0]))
  return { type: 'priced', solution, payments }
}

const payingAlternatives: typeof vcg = async ({ problem, owners }, solver) => {
  const solution = await solver.solve(problem)
  const payments = new Map<string, number>()
  for (const at of solution.winners) {
    const bids = problem.bids.filter((_, place) => owners[place] !== owners[at])
    payments.set(owners[at] ?? '', (await solver.solve({ ...problem, bids })).value)
  }
  return { type: 'priced', solution, payments }
}

const payingNothing: typeof vcg = async (owned, solver) => {
  const result = await payingBids(owned, solver)
  if (result.type !== 'priced') return result
  return { ...result, payments: new Map([...result.payments.keys()].map((owner) => [owner, 0])) }
}

/** Calls the best whatever it finds. */
function claiming(find: (problem: WinnerProblem) => readonly number[]): WinnerSolver {
  return {
    name: 'claiming',
    async solve(problem): Promise<WinnerSolution> {
      const winners = find(problem).toSorted((a, b) => a - b)
      const value = winners.reduce((sum, place) => sum + (problem.bids[place]?.value ?? 0), 0)
      return { winners, value, bound: value, status: 'optimal', gap: 0 }
    },
  }
}

/** Solves another problem than it was given. */
function seeing(instead: (problem: WinnerProblem) => WinnerProblem): WinnerSolver {
  return { name: 'seeing', solve: (problem, options) => branchAndBound().solve(instead(problem), options) }
}

const rounding: WinnerSolver = seeing((problem) => ({
  ...problem,
  bids: problem.bids.map((bid) => ({ ...bid, value: Math.fround(bid.value) })),
}))

async function brokenContract(solver: WinnerSolver): Promise<string | undefined> {
  const failed = await failingCases(winnerSolverContract(solver))
  return failed[0]
}

const sloppyEnglish: typeof englishAuction = {
  ...englishAuction,
  step: (state, event) => englishAuction.step({ ...state, spec: { ...state.spec, increment: 30 } }, event),
}

const payingMore: typeof englishAuction = {
  ...englishAuction,
  step(state, event) {
    const [next, commands] = englishAuction.step(state, event)
    return [
      next,
      commands.map((command) => (command.type === 'done' ? { ...command, outcome: dearer(command.outcome) } : command)),
    ]
  },
}

function dearer<O extends { readonly type: string }>(outcome: O): O {
  if (!('awards' in outcome) || !Array.isArray(outcome.awards)) return outcome
  const awards = outcome.awards.map((award) => ({ ...award, pays: award.pays + 7 }))
  return { ...outcome, awards, revenue: awards[0]?.pays }
}

function highestBid(answers: readonly Answer[]): number {
  const bids = answers.flatMap((answer) => ('absent' in answer ? [] : (answer.value as RequestAnswer<'bid'>).bids))
  return bids.reduce((most, { price }) => Math.max(most, price), 0)
}

const payingBid: typeof dutchAuction = {
  ...dutchAuction,
  step(state, event) {
    const [next, commands] = dutchAuction.step(state, event)
    const bid = event.type === 'answers' ? highestBid(event.answers) : 0
    return [
      next,
      commands.map((command) => {
        if (command.type !== 'done' || command.outcome.type !== 'awarded') return command
        const awards = command.outcome.awards.map((award) => ({ ...award, pays: bid }))
        return { ...command, outcome: { ...command.outcome, awards, revenue: bid } }
      }),
    ]
  },
}

const belowReserve: typeof dutchAuction = {
  ...dutchAuction,
  check: (spec, participants) => ({ ...dutchAuction.check(spec, participants), reserve: 0 }),
}

function brokenAdmission(rules: Partial<AdmissionRules>): string | undefined {
  return admissionLaw((bidder, answer, given) => admitBids(bidder, answer, { ...given, ...rules }))
}

const exact = combinatorialAuction(branchAndBound())
const withoutReserves: typeof exact = {
  ...exact,
  step(state, event) {
    if (event.type !== 'task-done') return exact.step(state, event)
    const items = new Map([...state.spec.items].map(([item, sale]) => [item, { ...sale, reserve: 0 }]))
    return exact.step({ ...state, spec: { ...state.spec, items } }, event)
  },
}

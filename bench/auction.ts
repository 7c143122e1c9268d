/**
 * Auctions by kind and size: how long one takes, protocol and all but with bidders that answer at once; how much of the possible gain
 * it reaches; and for sets of items how far the answer is proven, beside HiGHS called on the same model in this thread.
 */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import {
  auctionKinds,
  branchAndBound,
  bySize,
  kPrice,
  mcAfee,
  type Order,
  openHighs,
  vcg,
  type WinnerProblem,
  type WinnerSolver,
} from '@mabeam/coordination'
import { generatedProblem, type ProblemKind, problemKinds, runProtocol } from '@mabeam/coordination/testing'
import { type Random, seededRandom } from '@mabeam/foundation'
import { median, quantile } from '@mabeam/ml'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'

type Row = NonNullable<BenchResult['rows']>[number]

export const bench: Bench = {
  name: 'auction',
  what: 'one auction by kind and size: time, share of the possible gain, and for bundles the gap and the time of HiGHS alone',
  async run(options) {
    const highs = await rawHighs()
    await using solver = openHighs()
    const rows = [
      ...(await openRows(options)),
      ...doubleRows(options),
      ...(await bundleRows(options, bySize(solver), highs)),
    ]
    const of = (kind: string, size: number) => rows.find((row) => row.kind === kind && row.bids === size)
    const large = rows.filter((row) => String(row.kind).startsWith('bundles') && row.bids === 200)
    const ratios = large.flatMap(({ vsHighs }) => (typeof vsHighs === 'number' ? [vsHighs] : []))
    return {
      metrics: {
        secondPriceP50Ms200: Number(of('second-price', 200)?.p50Ms),
        englishP50Ms200: Number(of('english', 200)?.p50Ms),
        mcAfeeP50Ms20000: Number(of('double mcafee', 20_000)?.p50Ms ?? 0) || null,
        bundlesP50Ms200: median(large.map(({ p50Ms }) => Number(p50Ms))),
        bundlesGapMax200: Math.max(...large.map(({ gap }) => Number(gap))),
      },
      rows,
      peers: {
        highs: { version: highs.version, bundlesP50Ms200: median(large.map(({ highsMs }) => Number(highsMs))) },
      },
      ratios: { bundlesP50Ms200VsHighs: median(ratios) },
      runs: options.quick ? 3 : 15,
    }
  },
}

/** Of one thing, to as many bidders as there are bids, with values from 0 to 1,000; those who should shade do. */
async function openRows({ quick, log }: BenchOptions): Promise<Row[]> {
  const kinds = auctionKinds(branchAndBound())
  const rows: Row[] = []
  for (const bids of quick ? [10, 200] : [10, 50, 200, 1_000]) {
    log(`one thing, ${bids} bidders`)
    const participants = Array.from({ length: bids }, (_, place) => `b${place}`)
    const shade = (bids - 1) / bids
    const run = {
      'first-price': (seed: number, answer: Answer) =>
        runProtocol(kinds['first-price'], { spec: { item: 'it' }, participants, seed, answer }),
      'second-price': (seed: number, answer: Answer) =>
        runProtocol(kinds['second-price'], { spec: { item: 'it' }, participants, seed, answer }),
      english: (seed: number, answer: Answer) =>
        runProtocol(kinds.english, { spec: { item: 'it', increment: 10 }, participants, seed, answer }),
      dutch: (seed: number, answer: Answer) =>
        runProtocol(kinds.dutch, { spec: { item: 'it', from: 1_000, decrement: 10 }, participants, seed, answer }),
    }
    for (const [kind, auction] of Object.entries(run)) {
      const tookMs: number[] = []
      const efficiencies: number[] = []
      for (let seed = 0; seed < (quick ? 5 : 30); seed++) {
        const random = seededRandom(`${kind} ${bids} ${seed}`)
        const values = new Map(participants.map((id) => [id, random.int(1_001)]))
        const isShaded = kind === 'first-price' || kind === 'dutch'
        const isOpen = kind === 'english' || kind === 'dutch'
        const began = performance.now()
        const { outcome } = await auction(seed, (from, { question }) => {
          const price = Math.floor((values.get(from) ?? 0) * (isShaded ? shade : 1))
          const least = ('atLeast' in question ? question.atLeast : 0) ?? 0
          return { value: { bids: least > price ? [] : [{ items: ['it'], price: isOpen ? least : price }] } }
        })
        tookMs.push(performance.now() - began)
        const won = outcome?.type === 'awarded' ? values.get(outcome.awards[0]?.bidder ?? '') : 0
        efficiencies.push((won ?? 0) / Math.max(...values.values()))
      }
      rows.push(row(kind, bids, { tookMs, efficiencies }))
    }
  }
  return rows
}

type Answer = Parameters<typeof runProtocol>[1]['answer']

/** As many on either side; what is reached of the gain that all gainful trades would bring. */
function doubleRows({ quick, log }: BenchOptions): Row[] {
  const rows: Row[] = []
  for (const bids of quick ? [20, 20_000] : [20, 100, 400, 20_000]) {
    log(`double auction, ${bids} orders`)
    for (const [pricing, clear] of [
      ['mcafee', mcAfee],
      ['k-price', (book: Parameters<typeof mcAfee>[0]) => kPrice(book, 50)],
    ] as const) {
      const tookMs: number[] = []
      const efficiencies: number[] = []
      for (let seed = 0; seed < (quick ? 3 : 30); seed++) {
        const random = seededRandom(`double ${bids} ${seed}`)
        const [buys, sells] = [orders(random, 'b', bids / 2), orders(random, 's', bids / 2)]
        const ranks = new Map([...buys, ...sells].map(({ trader }, rank) => [trader, rank]))
        const began = performance.now()
        const { trades } = clear({ buys, sells, ranks })
        tookMs.push(performance.now() - began)
        efficiencies.push(gainOf(trades, buys, sells) / gainOf(kPrice({ buys, sells, ranks }, 50).trades, buys, sells))
      }
      rows.push(row(`double ${pricing}`, bids, { tookMs, efficiencies }))
    }
  }
  return rows
}

/** Sets of items, at most one a bidder: the winners, by us and by HiGHS alone in turn. */
async function bundleRows({ quick, log }: BenchOptions, solver: WinnerSolver, highs: RawHighs): Promise<Row[]> {
  const rows: Row[] = []
  const sizes = quick ? [10, 200] : [10, 50, 200, 1_000]
  for (const bids of sizes) {
    for (const kind of problemKinds) {
      log(`bundles, ${kind}, ${bids} bids`)
      rows.push(await bundleRow({ kind, bids, quick }, solver, highs))
    }
  }
  return rows
}

async function bundleRow(
  { kind, bids, quick }: { kind: ProblemKind; bids: number; quick: boolean },
  solver: WinnerSolver,
  highs: RawHighs,
): Promise<Row> {
  const timeLimitMs = quick ? 300 : 5_000
  const [tookMs, rawMs, gaps, bounds, vcgMs]: number[][] = [[], [], [], [], []]
  const runs = quick || bids >= 1_000 ? 1 : 9
  for (let seed = -1; seed < runs; seed++) {
    const problem = generatedProblem({ kind, seed, bids, items: Math.ceil(bids / 5), bidders: Math.ceil(bids / 3) })
    const limit = seed < 0 ? Math.min(timeLimitMs, 100) : timeLimitMs
    let began = performance.now()
    const { gap, value, bound } = await solver.solve(problem, { timeLimitMs: limit })
    const ours = performance.now() - began
    began = performance.now()
    highs.solve(problem, limit)
    const raw = performance.now() - began
    // The first one warms up.
    if (seed < 0) continue
    tookMs?.push(ours)
    rawMs?.push(raw)
    gaps?.push(gap)
    bounds?.push(bound === 0 ? 1 : value / bound)
    if (bids > 50) continue
    began = performance.now()
    await vcg({ problem, owners: problem.bids.map(({ group = 0 }) => `b${group}`) }, solver, { timeLimitMs })
    vcgMs?.push(performance.now() - began)
  }
  const pairs = (tookMs ?? []).map((ours, run) => (rawMs?.[run] ?? 0) / ours)
  return {
    ...row(`bundles ${kind}`, bids, { tookMs: tookMs ?? [], efficiencies: bounds ?? [] }),
    gap: Math.max(...(gaps ?? [])),
    vcgP50Ms: vcgMs?.length ? median(vcgMs) : null,
    highsMs: median(rawMs ?? []),
    vsHighs: median(pairs),
  }
}

function row(kind: string, bids: number, runs: { tookMs: readonly number[]; efficiencies: readonly number[] }): Row {
  const { tookMs, efficiencies } = runs
  const efficiency = efficiencies.reduce((sum, value) => sum + value, 0) / efficiencies.length
  return { kind, bids, p50Ms: median(tookMs), p95Ms: quantile(tookMs, 0.95), efficiency }
}

function orders(random: Random, side: string, count: number): readonly Order[] {
  return Array.from({ length: count }, (_, at) => ({ trader: `${side}${at}`, price: random.int(100_001), quantity: 1 }))
}

function gainOf(trades: readonly { buyer: string; seller: string }[], buys: readonly Order[], sells: readonly Order[]) {
  const price = new Map([...buys, ...sells].map((order) => [order.trader, order.price]))
  return trades.reduce((sum, { buyer, seller }) => sum + (price.get(buyer) ?? 0) - (price.get(seller) ?? 0), 0)
}

interface RawHighs {
  readonly version: string
  solve(problem: WinnerProblem, timeLimitMs: number): void
}

/** HiGHS as the package beneath has it, called as its documentation says for models made by a program. */
async function rawHighs(): Promise<RawHighs> {
  const from = createRequire(import.meta.resolve('@mabeam/coordination'))
  const path = from.resolve('highs')
  const { version } = JSON.parse(readFileSync(new URL('../package.json', `file://${path}`), 'utf8'))
  const highs = await from('highs')()
  return {
    version,
    solve({ supply, bids }, timeLimitMs) {
      const groups = [...new Set(bids.flatMap(({ group }) => group ?? []))]
      const rows = bids.map(({ items, group }) => [
        ...items,
        ...(group === undefined ? [] : [supply.length + groups.indexOf(group)]),
      ])
      const starts = [0]
      for (const own of rows) starts.push((starts.at(-1) ?? 0) + own.length)
      const numRows = supply.length + groups.length
      const numCols = bids.length
      const model = highs.createModel({
        numCols,
        numRows,
        sense: highs.constants.objectiveSense.maximize,
        colCost: bids.map(({ value }) => value),
        colLower: new Float64Array(numCols),
        colUpper: new Float64Array(numCols).fill(1),
        rowLower: new Float64Array(numRows).fill(-highs.infinity),
        rowUpper: [...supply, ...groups.map(() => 1)],
        matrix: {
          format: 'csc',
          numRows,
          numCols,
          starts: Int32Array.from(starts),
          indices: Int32Array.from(rows.flat()),
          values: Float64Array.from(
            bids.flatMap(({ items, quantity, group }) => [
              ...items.map(() => quantity),
              ...(group === undefined ? [] : [1]),
            ]),
          ),
        },
        integrality: new Int32Array(numCols).fill(1),
      })
      model.options.set({ output_flag: false, mip_rel_gap: 0, mip_abs_gap: 0, time_limit: timeLimitMs / 1_000 })
      model.run()
      model.getSolution()
      model.dispose()
    },
  }
}

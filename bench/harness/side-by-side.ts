/** We beside several peers, each in a process of its own, in turn: medians with their intervals, and medians of paired ratios. */

import { median, quantileInterval } from '@mabeam/ml'
import type { BenchResult } from '../bench.ts'
import type { ProcessFigures } from './child-process.ts'
import { column, ours, pairedRatios, type Run, ratioName } from './paired-runs.ts'

/** With fewer runs a median has no interval of 95 %. */
export const runsWithIntervals = 6

/** By who it is, `ours` among them: what he measures once. */
export type Turns = { readonly [who: string]: () => Promise<ProcessFigures> }

/** Lets each have his turn in each run, in the other order every second time. */
export async function inTurns(turns: Turns, runs: number, log: (line: string) => void): Promise<readonly Run[]> {
  const found: Run[] = []
  const order = Object.keys(turns)
  for (let run = 1; run <= runs; run++) {
    const figures = new Map<string, ProcessFigures>()
    for (const who of run % 2 === 0 ? order.toReversed() : order) {
      figures.set(who, await (turns[who] as Turns[string])())
      log(`run ${run} of ${runs}: ${who} is measured`)
    }
    found.push(new Map(order.map((who) => [who, figures.get(who) as ProcessFigures])))
  }
  return found
}

export interface SideBySide {
  readonly runs: readonly Run[]
  /** All peers; one without a turn is not installed: it and its ratios are null. */
  readonly peers: readonly string[]
  /** Figures of which less is better. */
  readonly costs: readonly string[]
  /** Figures of which more is better. */
  readonly gains?: readonly string[]
  readonly peerInstalls?: NonNullable<BenchResult['peerInstalls']>
}

/**
 * A figure is compared with each peer that has one of the same name. A row is one figure of one of us, with the interval (95 %) of its
 * median, and our ratio to it; ends are null where the runs are too few for an interval.
 */
export function sideBySide(given: SideBySide): BenchResult {
  const { runs, peers, costs, gains = [], peerInstalls } = given
  const [first] = runs
  const mine = Object.keys(first?.get(ours) ?? {})
  const compared = [...costs, ...gains].filter((metric) => mine.includes(metric))
  const ratios = new Map<string, number | null>()
  for (const peer of peers) {
    for (const metric of compared) {
      if (has(first, peer, metric)) ratios.set(ratioName(metric, peer), median(ratiosOf(given, metric, peer)))
      else if (!first?.has(peer)) ratios.set(ratioName(metric, peer), null)
    }
  }
  const names = [...new Set([ours, ...peers].flatMap((who) => figureNames(first, who)))]
  const rows = names.flatMap((metric) =>
    [ours, ...peers]
      .filter((who) => has(first, who, metric))
      .map((who) => {
        const isCompared = who !== ours && compared.includes(metric)
        const { value, low, high } = spreadOf(column(runs, who, metric))
        const ratio = isCompared ? spreadOf(ratiosOf(given, metric, who)) : undefined
        return {
          ...{ metric, who, median: value, low, high },
          ...(ratio && { ratio: ratio.value, ratioLow: ratio.low, ratioHigh: ratio.high }),
        }
      }),
  )
  return {
    metrics: medians(runs, ours),
    rows,
    peers: Object.fromEntries(
      peers.map((peer) => {
        const version = first?.get(peer)?.version
        return [peer, version === undefined ? null : { version: String(version), ...medians(runs, peer) }]
      }),
    ),
    ratios: Object.fromEntries(ratios),
    ...(peerInstalls && { peerInstalls }),
    runs: runs.length,
  }
}

function medians(runs: readonly Run[], who: string): { readonly [figure: string]: number } {
  return Object.fromEntries(figureNames(runs[0], who).map((figure) => [figure, median(column(runs, who, figure))]))
}

function figureNames(run: Run | undefined, who: string): readonly string[] {
  return Object.keys(run?.get(who) ?? {}).filter((figure) => figure !== 'version')
}

function has(run: Run | undefined, who: string, figure: string): boolean {
  return figureNames(run, who).includes(figure)
}

function ratiosOf({ runs, costs }: SideBySide, metric: string, peer: string): readonly number[] {
  return pairedRatios(column(runs, ours, metric), column(runs, peer, metric), costs.includes(metric))
}

function spreadOf(values: readonly number[]): { value: number; low: number | null; high: number | null } {
  const { value, interval } = quantileInterval(values)
  const [low, high] = interval.map((end) => (Number.isFinite(end) ? end : null)) as [number | null, number | null]
  return { value, low, high }
}

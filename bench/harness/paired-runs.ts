/** Figures of several runs, ours beside those of a peer in each of its settings: medians, and medians of paired ratios. */

import { median } from '@mabeam/ml'
import type { BenchResult, PeerFigures } from '../bench.ts'

/** What each of those who ran found, by who it was: `ours`, or a setting of the peer. */
export type Run = ReadonlyMap<string, { readonly [figure: string]: number | string }>

export interface Compared {
  readonly metric: string
  /** What the peer calls it. @default the same */
  readonly peerFigure?: string
  /** Less is better. @default false */
  readonly cost?: boolean
}

/** We, in a run and in its rows. */
export const ours = 'mabeam'

/**
 * The peer stands with the setting that is its best by the median of the figure compared. Without any of it in the first run
 * it is not installed: it and its ratios are null.
 */
export function pairedResult(given: {
  readonly peer: string
  readonly compared: readonly Compared[]
  readonly runs: readonly Run[]
}): BenchResult {
  const { peer, compared, runs } = given
  const [first] = runs
  const settings = [...(first?.keys() ?? [])].filter((who) => who !== ours)
  const version = first?.get(settings[0] ?? '')?.version
  const theirs: Record<string, number> = {}
  const ratios: Record<string, number | null> = {}
  for (const { metric, peerFigure = metric, cost = false } of compared) {
    const ratio = ratioName(metric, peer)
    const best = bestColumn(
      settings.map((setting) => column(runs, setting, peerFigure)),
      cost,
    )
    ratios[ratio] = null
    if (best === undefined) continue
    theirs[metric] = median(best)
    ratios[ratio] = median(pairedRatios(column(runs, ours, metric), best, cost))
  }
  return {
    metrics: Object.fromEntries(
      Object.keys(first?.get(ours) ?? {}).map((metric) => [metric, median(column(runs, ours, metric))]),
    ),
    rows: runs.flatMap((run, i) =>
      [...run].map(([who, { version: _, ...figures }]) => ({ run: i + 1, who, ...figures })),
    ),
    peers: { [peer]: version === undefined ? null : ({ version: String(version), ...theirs } satisfies PeerFigures) },
    ratios,
    runs: runs.length,
  }
}

/** What we were better by in each run, above 1 where we were: `mine` and `theirs` run by run. */
export function pairedRatios(mine: readonly number[], theirs: readonly number[], cost: boolean): readonly number[] {
  return mine.map((own, i) => {
    const other = theirs[i] as number
    return cost ? other / own : own / other
  })
}

/** `us` beside `node-vm` is `usVsNodeVm`. */
export function ratioName(metric: string, peer: string): string {
  const words = peer.split('-').map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`)
  return `${metric}Vs${words.join('')}`
}

/** One figure of one of them, run by run. */
export function column(runs: readonly Run[], who: string, figure: string): readonly number[] {
  return runs.map((run) => Number(run.get(who)?.[figure]))
}

function bestColumn(columns: readonly (readonly number[])[], cost: boolean): readonly number[] | undefined {
  return columns.toSorted((a, b) => (cost ? median(a) - median(b) : median(b) - median(a)))[0]
}

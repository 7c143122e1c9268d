/** What scores of tools by seed say: parity first, then differences that hold for all comparisons together. */

import { holm, mean } from '@mabeam/ml'
import { pairedT } from './paired-t.ts'

/** One tool, one way to get demonstrations, one seed. */
export interface TunedRun {
  readonly task: string
  readonly tool: string
  readonly what: string
  /** What it is done for: to see that tools do the same, to compare, or to show what only one does. */
  readonly purpose: 'parity' | 'comparison' | 'aside'
  readonly seed: number
  /** Of held-out rows. */
  readonly score: number
  /** Requests at the endpoint until the program was made. */
  readonly tuningCalls: number
  /** Requests for the held-out rows. */
  readonly testCalls: number
}

/** We, in runs. */
export const ourTool = 'mabeam'
/** The difference of mean scores up to which tools are taken to show a model the same. */
const parityMargin = 0.01

/** Our scores beside those of a peer with the same seeds. */
export interface Compared {
  readonly task: string
  readonly what: string
  readonly peer: string
  readonly seeds: number
  readonly ours: number
  readonly theirs: number
  readonly difference: number
  /** All such intervals hold together in 95 % of cases (Bonferroni). Null where one seed tells none. */
  readonly low: number | null
  readonly high: number | null
  /** Corrected by Holm for all comparisons. */
  readonly p: number
  readonly calls: number
  readonly peerCalls: number
  readonly verdict: 'better' | 'worse' | 'no difference shown'
}

/** What one tool reached in one way, over its seeds. */
export interface TunedMean extends Omit<TunedRun, 'seed'> {
  readonly seeds: number
}

/** Whether a tool showed a model the same as we in all that was tried of a task. */
export function hasParity(runs: readonly TunedRun[], task: string, peer: string): boolean {
  const tried = pairsOf(runs.filter((run) => run.purpose === 'parity' && run.task === task)).filter(
    (pair) => pair.peer === peer,
  )
  return (
    tried.length > 0 &&
    tried.every((pair) => Math.abs(mean(scores(pair.ours)) - mean(scores(pair.theirs))) <= parityMargin)
  )
}

/** Comparisons with peers that have parity. */
export function comparisons(runs: readonly TunedRun[]): readonly Compared[] {
  const pairs = pairsOf(runs.filter(({ purpose }) => purpose === 'comparison')).filter(({ task, peer }) =>
    hasParity(runs, task, peer),
  )
  const tests = pairs.map(({ ours, theirs }) => pairedT(scores(ours), scores(theirs)))
  const adjusted = holm(tests.map(({ p }) => p))
  return pairs.map(({ task, what, peer, ours, theirs }, i) => {
    const test = tests[i] as (typeof tests)[number]
    const { adjusted: p, significant } = adjusted[i] as (typeof adjusted)[number]
    const [low, high] = test.interval(1 - 0.05 / pairs.length).map((end) => (Number.isFinite(end) ? end : null))
    return {
      task,
      what,
      peer,
      seeds: ours.length,
      ours: mean(scores(ours)),
      theirs: mean(scores(theirs)),
      difference: test.difference,
      low: low ?? null,
      high: high ?? null,
      p,
      calls: mean(ours.map((run) => run.tuningCalls)),
      peerCalls: mean(theirs.map((run) => run.tuningCalls)),
      verdict: !significant ? 'no difference shown' : test.difference > 0 ? 'better' : 'worse',
    }
  })
}

/** Means by task, way and tool, in the order of the runs. */
export function meansOf(runs: readonly TunedRun[]): readonly TunedMean[] {
  return groups(runs, ({ task, what, tool }) => `${task}\n${what}\n${tool}`).map((group) => {
    const [{ task, what, tool, purpose }] = group
    return {
      task,
      what,
      tool,
      purpose,
      seeds: group.length,
      score: mean(scores(group)),
      tuningCalls: mean(group.map((run) => run.tuningCalls)),
      testCalls: mean(group.map((run) => run.testCalls)),
    }
  })
}

interface Pair extends Pick<TunedRun, 'task' | 'what'> {
  readonly peer: string
  /** By seed, in the same order. */
  readonly ours: readonly TunedRun[]
  readonly theirs: readonly TunedRun[]
}

/** Ours and a peer's with the same seeds, by task, way and peer. */
function pairsOf(runs: readonly TunedRun[]): Pair[] {
  const peers = runs.filter(({ tool }) => tool !== ourTool)
  return groups(peers, ({ task, what, tool }) => `${task}\n${what}\n${tool}`).flatMap((group) => {
    const [{ task, what, tool: peer }] = group
    const both = group.flatMap((theirs) => {
      const ours = runs.find(
        (run) => run.tool === ourTool && run.task === task && run.what === what && run.seed === theirs.seed,
      )
      return ours ? [{ ours, theirs }] : []
    })
    if (both.length === 0) return []
    return [{ task, what, peer, ours: both.map((one) => one.ours), theirs: both.map((one) => one.theirs) }]
  })
}

function groups(runs: readonly TunedRun[], keyOf: (run: TunedRun) => string): [TunedRun, ...TunedRun[]][] {
  const found = new Map<string, [TunedRun, ...TunedRun[]]>()
  for (const run of runs) {
    const group = found.get(keyOf(run))
    if (group) group.push(run)
    else found.set(keyOf(run), [run])
  }
  return [...found.values()]
}

function scores(runs: readonly TunedRun[]): number[] {
  return runs.map(({ score }) => score)
}

/** What scores of teleprompters by seed say of random search with bootstrapped demonstrations: who is below, above, or not clearly below it. */

import { holm, mean } from '@mabeam/ml'
import type { BenchResult } from '../bench.ts'
import { pairedT } from './paired-t.ts'

/** One teleprompter on one task with one seed. */
export interface TeleprompterRun {
  readonly [column: string]: number | string
  readonly task: string
  readonly teleprompter: string
  readonly seed: number
  readonly model: string
  readonly testScore: number
  readonly calls: number
}

const reference = 'randomSearch'
/** The most that a teleprompter may lose to random search and still count as not inferior. */
const margin = 0.01
/** The others but `bootstrap` and `nearest`, of which nothing is claimed, are to be not inferior. */
const claims: { readonly [teleprompter: string]: 'below' | 'above' | null } = {
  labeled: 'below',
  beacon: 'above',
  joint: 'above',
  bootstrap: null,
  nearest: null,
  [reference]: null,
}

/** By task and teleprompter: means, differences by seed with 95 % intervals, and the p value of the claim among all claims (one-sided, Holm). */
export function teleprompterResult(runs: readonly TeleprompterRun[]): BenchResult {
  const names = [...new Set(runs.map(({ teleprompter }) => teleprompter))]
  const tasks = [...new Set(runs.map(({ task }) => task))]
  const tested = tasks.flatMap((task) => names.map((name) => testedRow(runs, task, name)))
  const claimed = tested.filter(({ p }) => p !== null)
  const adjusted = new Map(
    holm(claimed.map(({ p }) => p as number)).map((test, i) => [claimed[i] as (typeof tested)[number], test.adjusted]),
  )
  const rows = tested.map((row) => ({ ...row, p: adjusted.get(row) ?? null }))
  return {
    metrics: Object.fromEntries(tasks.flatMap((task) => claimMetrics(task, rows))),
    rows,
    bySeed: runs,
    runs: new Set(runs.map(({ seed }) => seed)).size,
  }
}

function testedRow(runs: readonly TeleprompterRun[], task: string, teleprompter: string) {
  const of = (name: string) => runs.filter((run) => run.task === task && run.teleprompter === name)
  const own = of(teleprompter)
  const scores = own.map((run) => run.testScore)
  const theirs = of(reference).map((run) => run.testScore)
  const { difference, interval } = pairedT(scores, theirs)
  const [low = null, high = null] = interval(0.95).map((end) => (Number.isFinite(end) ? end : null))
  const claim = claims[teleprompter] === undefined ? `above -${margin}` : claims[teleprompter]
  return {
    task,
    teleprompter,
    score: mean(scores),
    calls: mean(own.map((run) => run.calls)),
    overRandomSearch: difference,
    low,
    high,
    claim,
    p: claim === null ? null : oneSidedP(scores, theirs, claim),
  }
}

/** How likely differences that speak so much for the claim are where it just fails to hold. */
function oneSidedP(scores: readonly number[], theirs: readonly number[], claim: string): number {
  const [a, b] = claim === 'below' ? [theirs, scores] : [scores, theirs]
  const allowed = claim === 'below' || claim === 'above' ? 0 : margin
  const { difference, p } = pairedT(
    a.map((one) => one + allowed),
    b,
  )
  return difference > 0 ? p / 2 : 1 - p / 2
}

function claimMetrics(task: string, rows: readonly (ReturnType<typeof testedRow> & { readonly p: number | null })[]) {
  const of = (claim: (one: string) => boolean) => rows.filter((row) => row.task === task && claim(row.claim ?? ''))
  const figures = (name: string, found: typeof rows, pick: (...of: number[]) => number) =>
    found.length === 0
      ? []
      : [
          [`${task}.${name}`, pick(...found.map((row) => row.overRandomSearch))] as const,
          [`${task}.${name}P`, Math.max(...found.map((row) => row.p ?? 1))] as const,
        ]
  return [
    ...figures(
      'labeledOverRandomSearch',
      of((claim) => claim === 'below'),
      Math.max,
    ),
    ...figures(
      'jointOverRandomSearchMin',
      of((claim) => claim === 'above'),
      Math.min,
    ),
    ...figures(
      'othersOverRandomSearchMin',
      of((claim) => claim.startsWith('above -')),
      Math.min,
    ),
  ]
}

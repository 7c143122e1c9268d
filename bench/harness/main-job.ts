/** The main job as a benchmark: whole studies by seed, each beside labelled few-shot and nearest neighbours on held-out rows. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { defineProgram, exactMatch, optimize, type Planner, searchPlan } from '@mabeam/dspx'
import { openJournal, startNode } from '@mabeam/foundation'
import { float, median, openStudy, randomSampler, studyJournal } from '@mabeam/ml'
import { optimizeProgram, type StudyResult, systemClock } from 'mabeam'
import type { BenchOptions, BenchResult } from '../bench.ts'
import { NoOpWorker, noOpEvaluator } from './no-op-worker.ts'

export interface MainJobCase {
  /** From the repository's root. */
  readonly program: string
  readonly data: { readonly train: string; readonly validation: string; readonly test: string }
  readonly budget: number
}

const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
const rowsPerTrial = 300
const root = resolve(import.meta.dirname, '../..')

/** One study a seed; medians over seeds, and every seed as a row. Quick: one seed and few trials. */
export async function benchMainJob(job: MainJobCase, { quick, log }: BenchOptions): Promise<BenchResult> {
  const home = await mkdtemp(join(tmpdir(), 'mabeam-bench-'))
  try {
    const rows: ReturnType<typeof rowOf>[] = []
    for (const seed of quick ? seeds.slice(0, 1) : seeds) {
      const result = await study(job, { home, seed, quick })
      rows.push(rowOf(result))
      log(`seed ${seed}: ${JSON.stringify(rows.at(-1))}`)
    }
    const trialOverheadMs = await noOpTrialMs(home, { trials: quick ? 200 : 1_000, rows: 1 })
    const wideMs = await noOpTrialMs(home, { trials: quick ? 20 : 100, rows: rowsPerTrial })
    const middle = (key: keyof ReturnType<typeof rowOf>) => median(rows.map((row) => row[key]))
    return {
      metrics: {
        zeroShotAccuracy: middle('zeroShotAccuracy'),
        labeledAccuracy: middle('labeledAccuracy'),
        knnAccuracy: middle('knnAccuracy'),
        bestAccuracy: middle('bestAccuracy'),
        pairedLow: middle('pairedLow'),
        pairedLowWorst: Math.min(...rows.map((row) => row.pairedLow)),
        pairedLowVsZeroShotWorst: Math.min(...rows.map((row) => row.pairedLowVsZeroShot)),
        seconds: middle('seconds'),
        trials: middle('trials'),
        trialOverheadMs,
        rowOverheadMs: wideMs / rowsPerTrial,
      },
      rows,
      runs: rows.length,
    }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

async function study(job: MainJobCase, run: { home: string; seed: number; quick: boolean }): Promise<StudyResult> {
  return await optimizeProgram({
    home: run.home,
    cwd: root,
    env: {},
    clock: systemClock,
    program: job.program,
    data: job.data,
    seed: run.seed,
    study: `seed-${run.seed}`,
    budget: run.quick ? 4 : job.budget,
    ...(run.quick && { rowsPerTrial: 60 }),
  })
}

function rowOf(result: StudyResult) {
  return {
    seed: result.seed,
    zeroShotAccuracy: result.baseline.accuracy,
    labeledAccuracy: result.labeled.accuracy,
    labeledTunedSettingsAccuracy: result.labeledTunedSettings.accuracy,
    knnAccuracy: result.knn?.accuracy ?? 0,
    bestAccuracy: result.best.accuracy,
    demos: result.best.demos,
    pairedLow: result.paired.vsLabeled.ci95[0],
    pairedLowVsZeroShot: result.paired.vsBaseline.ci95[0],
    pairedLowVsLabeledTunedSettings: result.paired.vsLabeledTunedSettings.ci95[0],
    seconds: result.seconds,
    trials: result.trials,
  }
}

/**
 * What a trial costs beyond sampler and model: proposed, sent to a supervised worker through the codec, its rows kept and the trial
 * told, both on disk, with as many trials at once as there are workers. Random search costs next to nothing. The difference of two
 * runs, so that what every run takes is not in it.
 */
async function noOpTrialMs(home: string, of: { readonly trials: number; readonly rows: number }): Promise<number> {
  await using node = await startNode()
  const spawned = ['a', 'b', 'c', 'd'].map((name) => node.spawn(NoOpWorker, undefined, { name, restart: 'permanent' }))
  const workers = await Promise.all(spawned)
  const timed = async (trials: number) => {
    const began = performance.now()
    await noOpJob(join(home, `no-op-${of.rows}-${trials}`), { workers, trials, rows: of.rows })
    return performance.now() - began
  }
  const few = Math.ceil(of.trials / 10)
  const fewMs = await timed(few)
  return ((await timed(of.trials)) - fewMs) / (of.trials - few)
}

interface NoOpJob {
  readonly workers: Parameters<typeof noOpEvaluator>[0]
  readonly trials: number
  /** Validation rows of a trial. */
  readonly rows: number
}

async function noOpJob(folder: string, { workers, trials: trialsMax, rows }: NoOpJob): Promise<void> {
  await using journal = await openJournal({ path: join(folder, 'study.jsonl'), ...studyJournal })
  const row = (i: number) => ({ id: `row:${i}`, inputs: { text: `${i}` }, outputs: { team: 'a' } })
  const all = Array.from({ length: rows + 1 }, (_, i) => row(i))
  await optimize(noOpProgram, {
    train: all.slice(rows),
    val: all.slice(0, rows),
    teleprompter: searchPlan(noOpPlanner, {
      trialsMax,
      batch: workers.length,
      sampler: randomSampler(),
      study: (options) => openStudy({ ...options, journal }),
    }),
    evaluator: noOpEvaluator(workers, 50),
    resume: join(folder, 'tuning'),
    onProgress: () => {},
  })
}

const noOpProgram = defineProgram({
  name: 'no-op',
  predictors: { route: 'text -> team: "a" | "b"' },
  metric: exactMatch('team'),
  variables: { temperature: float({ min: 0, max: 1 }) },
})

const noOpPlanner: Planner = {
  name: 'no-op',
  prepare: async ({ program: { name, space } }) => {
    const plan = { version: 1, teleprompter: 'no-op', program: name, settings: {}, starts: [] } as const
    return { ...plan, space: space.toJSON(), choices: [], predictors: {} }
  },
}

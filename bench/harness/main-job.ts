/** The main job as a benchmark: whole studies by seed, each beside labelled few-shot and nearest neighbours on held-out rows. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openJournal, startNode } from '@mabeam/foundation'
import { float, median, openStudy, randomSampler, runStudy, space, studyJournal } from '@mabeam/ml'
import { optimizeProgram, type StudyResult, systemClock } from 'mabeam'
import type { BenchOptions, BenchResult } from '../bench.ts'
import { NoOpWorker, noOpExecutor } from './no-op-worker.ts'

export interface MainJobCase {
  /** From the repository's root. */
  readonly program: string
  readonly data: { readonly train: string; readonly validation: string; readonly test: string }
  readonly budget: number
}

const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
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
    const trialOverheadMs = await noOpTrialMs(home, quick ? 200 : 1_000)
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
 * What a trial costs beyond sampler and objective: asked, sent to a supervised worker through the codec, told and journaled
 * on disk. Random search costs next to nothing.
 */
async function noOpTrialMs(home: string, trials: number): Promise<number> {
  await using journal = await openJournal({ path: join(home, 'no-op.jsonl'), ...studyJournal })
  await using node = await startNode()
  const spawned = ['a', 'b', 'c', 'd'].map((name) => node.spawn(NoOpWorker, undefined, { name, restart: 'permanent' }))
  const study = await openStudy({
    id: 'no-op',
    space: space({ x: float({ min: 0, max: 1 }) }),
    objectives: [{ name: 'loss', direction: 'minimise' }],
    seed: 7,
    sampler: randomSampler(),
    journal,
  })
  const executor = noOpExecutor(await Promise.all(spawned))
  const began = performance.now()
  await runStudy(study, executor, { budget: trials })
  return (performance.now() - began) / trials
}

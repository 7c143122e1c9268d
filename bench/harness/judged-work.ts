/** Carries out the runs that are not kept yet, in processes beside each other. */

import os from 'node:os'
import path from 'node:path'
import type { Judged } from '../problems/judged-run.ts'
import type { KeptRuns } from './kept-runs.ts'
import { LineProcess } from './line-process.ts'
import type { RunAsked } from './run-plan.ts'

export interface FinishedRun extends RunAsked, Judged {}

export interface JudgedWork {
  readonly runs: readonly RunAsked[]
  readonly kept: KeptRuns<Judged>
  /** Names a run: the same for runs that must give the same. */
  readonly keyOf: (run: RunAsked) => string
  readonly log: (line: string) => void
}

/** More would share the caches of the processor, and times of asks are shown. */
const processesMax = 2
const quietMs = 30_000

/** Rejects with what the first run that fails says; what was kept before stays. */
export async function finishedRuns({ runs, kept, keyOf, log }: JudgedWork): Promise<FinishedRun[]> {
  const left = runs.filter((run) => kept.get(keyOf(run)) === undefined)
  if (left.length < runs.length) log(`${runs.length - left.length} of ${runs.length} runs are there already`)
  const count = Math.min(processesMax, os.availableParallelism(), left.length)
  const todo = left.values()
  const beganMs = performance.now()
  let done = 0
  let toldMs = beganMs
  const work = async () => {
    await using child = new LineProcess(process.execPath, ['--conditions=mabeam-source', program])
    for (const run of todo) {
      await kept.keep(keyOf(run), (await child.ask(run)) as Judged)
      done++
      const nowMs = performance.now()
      if (nowMs - toldMs < quietMs && done < left.length) continue
      toldMs = nowMs
      const minutesLeft = ((nowMs - beganMs) / done) * ((left.length - done) / 60_000)
      log(
        `${done} of ${left.length} runs, about ${minutesLeft.toFixed(1)} min left; the last: ${run.by} on ${run.problem}`,
      )
    }
  }
  await Promise.all(Array.from({ length: count }, work))
  return runs.map((run) => ({ ...run, ...(kept.get(keyOf(run)) as Judged) }))
}

const program = path.resolve(import.meta.dirname, '../programs/judged-runs.ts')

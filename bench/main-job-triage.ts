/** The main job on the shipped example: support tickets, 7 teams, 3 urgencies. */

import type { Bench } from './bench.ts'
import { benchMainJob } from './harness/main-job.ts'

const folder = 'examples/01-triage/data'

export const bench: Bench = {
  name: 'main-job-triage',
  what: 'a tuned program against zero-shot, labelled few-shot and nearest neighbours, per seed',
  target: 'pairedLow > 0 on every seed; trialOverheadMs < 1',
  run: (options) =>
    benchMainJob(
      {
        program: 'examples/01-triage/program.ts',
        data: {
          train: `${folder}/train.jsonl`,
          validation: `${folder}/validation.jsonl`,
          test: `${folder}/test.jsonl`,
        },
        budget: 60,
      },
      options,
    ),
}

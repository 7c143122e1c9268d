/** The main job on CLINC150: 3,000 training rows, 10 domains, 2,000 held-out rows. */

import { join } from 'node:path'
import type { Bench } from './bench.ts'
import { benchMainJob } from './harness/main-job.ts'

const folder = join('..', 'shared', 'data', 'clinc150')

export const bench: Bench = {
  name: 'main-job-clinc',
  what: 'a tuned program against zero-shot, labelled few-shot and nearest neighbours, per seed',
  target: 'pairedLow > 0 on every seed; trialOverheadMs < 1',
  needs: [`${folder}/train.jsonl`],
  run: (options) =>
    benchMainJob(
      {
        program: 'bench/programs/clinc.ts',
        data: {
          train: join(folder, 'train.jsonl'),
          validation: join(folder, 'val.jsonl'),
          test: join(folder, 'test.jsonl'),
        },
        budget: 60,
      },
      options,
    ),
}

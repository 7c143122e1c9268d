/** Run as a process of its own by the test that kills it: loops over a study in a journal and prints each trial that is durable. */

import { openJournal } from '@mabeam/foundation'
import { tpeSampler } from '../samplers/tpe.ts'
import { space } from '../space/space.ts'
import { float, int } from '../space/variable.ts'
import { createStudy } from './open-study.ts'
import { studyJournal } from './study-journal.ts'

const [path = '', budget = ''] = process.argv.slice(2)

const journal = await openJournal({ path, ...studyJournal })
const study = createStudy({
  id: 'killed',
  space: space({ x: float({ min: -5, max: 5 }), n: int({ min: 0, max: 9 }) }),
  objectives: { loss: 'min' },
  seed: 11,
  sampler: tpeSampler(),
  journal,
})
console.log('open')
for await (const trial of study.trials({ budget: Number(budget), parallel: 4, deterministic: true })) {
  const { x, n } = trial.config
  void trial.tell({ loss: (x - 1) ** 2 + n }).then(() => console.log(trial.number))
}
await journal.close()
console.log('over')

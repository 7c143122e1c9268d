/** Many studies in one process, in turn a trial of each: `many-studies.ts STUDIES TRIALS`. Prints the CPU time of all of it. */

import { createStudy, tpeSampler } from '@mabeam/ml'
import { lmProgramSpace } from './lm-program-space.ts'
import { printFigures } from './rate.ts'

const [studies, trials] = process.argv.slice(2).map(Number) as [number, number]
const began = process.cpuUsage()
const searched = lmProgramSpace()
const open = Array.from({ length: studies }, (_, seed) =>
  createStudy({ id: `study-${seed}`, space: searched, objectives: { loss: 'min' }, seed, sampler: tpeSampler() }),
)
for (let i = 0; i < trials; i++) {
  for (const study of open) {
    const { number, config } = study.ask()
    await study.tell(
      number,
      (config.temperature - 0.5) ** 2 + Math.abs(config.demos - 3) / 10 + config.instruction / 50,
    )
  }
}
const { user, system } = process.cpuUsage(began)
if (open.some(({ finished }) => finished.length !== trials)) throw new Error('expected all trials to be there')
printFigures({ studies1000CpuSec: (user + system) / 1e6 })

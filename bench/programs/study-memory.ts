/** What a trial of a study takes: `study-memory.ts SAMPLER TRIALS`, run with --expose-gc. Of the first half of them, and of the second. */

import { adaptiveSampler, createStudy, randomSampler, type Sampler, tpeSampler } from '@mabeam/ml'
import { lmProgramSpace } from './lm-program-space.ts'
import { printFigures } from './rate.ts'
import { usedBytes } from './used-bytes.ts'

const samplers: { readonly [name: string]: () => Sampler } = {
  random: () => randomSampler(),
  tpe: () => tpeSampler(),
  adaptive: () => adaptiveSampler(),
}

function open() {
  return createStudy({
    space: lmProgramSpace(),
    objectives: { accuracy: 'max' },
    sampler: (samplers[name ?? ''] as () => Sampler)(),
  })
}

async function grow(study: ReturnType<typeof open>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { number, config } = study.ask()
    const { temperature, demos } = config
    const values = {
      accuracy: 1 / (1 + temperature + demos),
      costUsd: demos + temperature,
      latencyMs: 100 - demos * temperature,
    }
    await study.tell(number, values)
  }
}

const [name, trials] = process.argv.slice(2)
const half = Number(trials) / 2
// What only the first study brings about is not that of trials.
await grow(open(), Math.min(half, 400))
const study = open()
const empty = await usedBytes()
await grow(study, half)
const middle = await usedBytes()
await grow(study, half)
const full = await usedBytes()
if (study.finished.length !== 2 * half) throw new Error('expected all trials to be there')
printFigures({ bytesPerTrial: (full - empty) / (2 * half), bytesPerTrialLate: (full - middle) / half })

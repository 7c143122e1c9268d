/** What trials of studies take in memory, with what their sampler remembers, and the CPU time of a thousand studies at once. */

import { median } from '@mabeam/ml'
import type { Bench } from './bench.ts'
import { programFigures } from './harness/child-process.ts'

/** What is in the table: the sampler, and trials in all. TPE and adaptive take time with many. */
const full = [
  { sampler: 'random', trials: 20_000 },
  { sampler: 'tpe', trials: 2_000 },
  { sampler: 'adaptive', trials: 800 },
] as const
const quickSizes = [{ sampler: 'random', trials: 4_000 }] as const

export const bench: Bench = {
  name: 'optimiser-memory',
  what: 'bytes of a trial of a study with 6 variables and 3 measured values, by sampler (bytesPerTrial: the most of them); CPU seconds of 1,000 studies in turn, 100 trials of TPE each (quick: 50 studies, 20 trials)',
  target: 'bytesPerTrial ≤ 2,048, no more for late trials than for all; studies1000CpuSec ≤ 25, goal 10',
  async run({ quick, log }) {
    const runs = quick ? 1 : 3
    const rows: Row[] = []
    const seconds: number[] = []
    for (let run = 1; run <= runs; run++) {
      for (const { sampler, trials } of quick ? quickSizes : full) {
        const figures = await programFigures('study-memory', [sampler, `${trials}`], ['--expose-gc'])
        rows.push({
          run,
          sampler,
          trials,
          bytesPerTrial: Number(figures.bytesPerTrial),
          bytesPerTrialLate: Number(figures.bytesPerTrialLate),
        })
      }
      const many = await programFigures('many-studies', quick ? ['50', '20'] : ['1000', '100'])
      seconds.push(Number(many.studies1000CpuSec))
      log(`run ${run} of ${runs} is measured`)
    }
    const most = (key: 'bytesPerTrial' | 'bytesPerTrialLate') =>
      Math.max(
        ...full.map(({ sampler }) => {
          const own = rows.filter((row) => row.sampler === sampler)
          return own.length === 0 ? 0 : median(own.map((row) => row[key]))
        }),
      )
    const metrics = {
      bytesPerTrial: most('bytesPerTrial'),
      bytesPerTrialLate: most('bytesPerTrialLate'),
      studies1000CpuSec: median(seconds),
    }
    return { metrics, rows, runs }
  },
}

type Row = {
  readonly run: number
  readonly sampler: string
  readonly trials: number
  readonly bytesPerTrial: number
  readonly bytesPerTrialLate: number
}

/**
 * Many calls at once on one thread: a predictor in a pipeline, whose model takes 200 ms, beside the same timers without anything around them, which
 * is what the machine gives at that time; and how the heap grows over calls that nobody keeps.
 */

import { median } from '@mabeam/ml'
import type { Bench } from './bench.ts'
import { programFigures } from './harness/child-process.ts'

export const bench: Bench = {
  name: 'lm-concurrency',
  what: '20,000 calls of 200 ms, 1,000 at once: part of the ideal rate that is reached and CPU seconds, and by the timers alone; bytes a call leaves in the heap, over 100,000',
  target: 'efficiency ≥ 0.95; heapGrowthBytesPerCall < 1',
  async run({ quick, log }) {
    const runs = quick ? 1 : 5
    const [calls, atOnce] = quick ? ['2000', '1000'] : ['20000', '1000']
    const rows: { readonly run: number; readonly who: string; readonly efficiency: number; readonly cpuSec: number }[] =
      []
    for (let run = 1; run <= runs; run++) {
      for (const who of run % 2 === 0 ? ['timers', 'program'] : ['program', 'timers']) {
        const { efficiency, cpuSec } = await programFigures('lm-concurrency', [who, calls, atOnce, '200'])
        rows.push({ run, who, efficiency: Number(efficiency), cpuSec: Number(cpuSec) })
        log(`run ${run} of ${runs}: ${who} ${Number(efficiency).toPrecision(3)}, CPU ${cpuSec} s`)
      }
    }
    const args = ['memory', quick ? '20000' : '100000', '1000', '0']
    const memory = await programFigures('lm-concurrency', args, ['--expose-gc'])
    const of = (who: string, figure: 'efficiency' | 'cpuSec') =>
      median(rows.filter((row) => row.who === who).map((row) => row[figure]))
    const metrics = {
      efficiency: of('program', 'efficiency'),
      cpuSec: of('program', 'cpuSec'),
      efficiencyOfTimers: of('timers', 'efficiency'),
      cpuSecOfTimers: of('timers', 'cpuSec'),
      heapGrowthBytesPerCall: Number(memory.heapGrowthBytesPerCall),
      rssMiB: Number(memory.rssMiB),
    }
    return { metrics, rows, runs }
  },
}

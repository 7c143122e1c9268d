/**
 * Sessions at once on one node, each a majority vote of 13 agents of its own: how long one takes, from the call to its result, while all
 * others run beside it, and how much memory they take. `direct` asks the agents; `kernel` has them agree on the ballots without cryptography.
 * Messages pass the codec between local actors where it says so, as on nodes that are not told otherwise.
 */

import type { Bench } from './bench.ts'
import { programFigures } from './harness/child-process.ts'

const cases = [
  { mode: 'direct', codec: 'no codec' },
  { mode: 'direct', codec: 'codec' },
  { mode: 'kernel', codec: 'no codec' },
  { mode: 'kernel', codec: 'codec' },
] as const

export const bench: Bench = {
  name: 'sessions',
  what: 'majority votes of 13 agents at once on one node: ms from call to result, CPU of each; rssMiB: most memory over the idle node, the first time',
  target: '100 at once: p95Ms < 100, rssMiB < 100, in kernel mode',
  async run({ quick, log }) {
    const rows: { readonly [column: string]: number | string }[] = []
    for (const { mode, codec } of cases) {
      for (const atOnce of quick ? [100] : [1, 100, 1_000]) {
        log(`${mode}, ${codec}, ${atOnce} at once`)
        const runs = quick ? 3 : atOnce > 100 ? 5 : 50
        const figures = await programFigures('sessions', [mode, codec, `${atOnce}`, `${runs}`], ['--expose-gc'])
        rows.push({ mode, codec, atOnce, ...figures })
      }
    }
    const of = (mode: string, figure: string) => {
      const row = rows.find((one) => one.mode === mode && one.codec === 'no codec' && one.atOnce === 100)
      return Number(row?.[figure])
    }
    const metrics = {
      p95Ms: of('kernel', 'p95Ms'),
      rssMiB: of('kernel', 'rssMiB'),
      directP95Ms: of('direct', 'p95Ms'),
      directRssMiB: of('direct', 'rssMiB'),
    }
    return { metrics, rows, runs: quick ? 3 : 50 }
  },
}

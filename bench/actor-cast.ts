/** How many casts one actor takes and works off, beside Elixir's GenServer.cast. */

import type { Bench } from './bench.ts'
import { besideElixir } from './harness/beside-elixir.ts'

export const bench: Bench = {
  name: 'actor-cast',
  what: 'casts to one actor in production mode, in bursts of 1,000 that a call sees through to their end',
  target: 'castsPerSecVsElixir ≥ 2',
  run: (options) => {
    const measureMs = options.quick ? 200 : 2_000
    const programs = [{ name: 'actor-cast', args: [`${measureMs}`] }]
    return besideElixir(
      { name: 'actor-cast', size: measureMs, programs, compared: [{ metric: 'castsPerSec' }] },
      options,
    )
  },
}

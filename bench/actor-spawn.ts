/** How many actors are started, and stopped, one after the other, beside Elixir's GenServer. */

import type { Bench } from './bench.ts'
import { besideElixir } from './harness/beside-elixir.ts'

export const bench: Bench = {
  name: 'actor-spawn',
  what: 'actors started until their init is done, then stopped until they have ended, one after the other, 10,000 alive',
  target: 'spawnsPerSecVsElixir ≥ 2',
  run: (options) => {
    const measureMs = options.quick ? 200 : 3_000
    const programs = [{ name: 'actor-spawn', args: [`${measureMs}`] }]
    const compared = [{ metric: 'spawnsPerSec' }, { metric: 'stopsPerSec' }]
    return besideElixir({ name: 'actor-spawn', size: measureMs, programs, compared }, options)
  },
}

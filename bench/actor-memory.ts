/** What an idle actor takes, beside Elixir's smallest: a GenServer that hibernates. */

import type { Bench } from './bench.ts'
import { besideElixir } from './harness/beside-elixir.ts'

export const bench: Bench = {
  name: 'actor-memory',
  what: 'bytes of each of 100,000 idle unnamed actors under one dynamic supervisor, with their references (quick: 10,000)',
  target: 'bytesPerActor ≤ 400',
  run: (options) => {
    const actors = options.quick ? 10_000 : 100_000
    const programs = [{ name: 'actor-memory', args: [`${actors}`], nodeOptions: ['--expose-gc'] }]
    const compared = [{ metric: 'bytesPerActor', cost: true }]
    return besideElixir({ name: 'actor-memory', size: actors, programs, compared }, options)
  },
}

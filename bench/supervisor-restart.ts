/** How long a crashed actor is away, beside Elixir's Supervisor. */

import type { Bench } from './bench.ts'
import { besideElixir } from './harness/beside-elixir.ts'

export const bench: Bench = {
  name: 'supervisor-restart',
  what: 'microseconds from the message that crashes an actor to the answer of the next one under its name',
  target: 'p99Us < 50',
  run: (options) => {
    const crashes = options.quick ? 2_000 : 20_000
    const programs = [{ name: 'supervisor-restart', args: [`${crashes}`] }]
    const compared = [
      { metric: 'p50Us', cost: true },
      { metric: 'p99Us', cost: true },
    ]
    return besideElixir({ name: 'supervisor-restart', size: crashes, programs, compared }, options)
  },
}

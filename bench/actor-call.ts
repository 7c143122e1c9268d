/** How many calls of one actor are answered a second, one after the other, beside Elixir's GenServer.call. */

import type { Bench } from './bench.ts'
import { besideElixir } from './harness/beside-elixir.ts'

/**
 * All in production mode but `codec`; `deadline` and those after it have a deadline for each call, as has Elixir's
 * `callsPerSecDeadline`. Between processes of Elixir everything is copied, so its calls without a deadline stand against ours
 * with the codec, too.
 */
const modes = ['bare', 'deadline', 'full', 'context-deadline', 'traced', 'actor', 'codec']

export const bench: Bench = {
  name: 'actor-call',
  what: 'calls of one actor, one after the other; full: each with a deadline and on behalf of a user, in an async context',
  target: 'callsPerSecVsElixir ≥ 4; callsPerSecFullVsElixir ≥ 2',
  run: (options) => {
    const measureMs = options.quick ? 60 : 1_500
    const programs = modes.map((mode) => ({ name: 'actor-call', args: [mode, `${measureMs}`] }))
    const peerFigure = 'callsPerSecDeadline'
    const compared = [
      { metric: 'callsPerSec' },
      { metric: 'callsPerSecDeadline' },
      { metric: 'callsPerSecFull', peerFigure },
      { metric: 'callsPerSecContextDeadline', peerFigure },
      { metric: 'callsPerSecCodec', peerFigure },
    ]
    return besideElixir({ name: 'actor-call', size: measureMs, programs, compared }, options)
  },
}

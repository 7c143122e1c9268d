/** The actor of the benches of the kernel: what the peers' `counter.ex` is there. */

import { defineActor } from '@mabeam/foundation'
import { z } from 'zod'

export const Counter = defineActor(import.meta.url, {
  name: 'bench.counter',
  version: 1,
  init: (n: number) => ({ n }),
  calls: {
    add: {
      input: z.object({ by: z.number(), note: z.string() }),
      run: ({ n }, { by }) => {
        const next = { n: n + by }
        return [next, next]
      },
    },
    read: { run: (state) => [state, state] },
  },
  casts: {
    add: { input: z.object({ by: z.number(), note: z.string() }), run: ({ n }, { by }) => ({ n: n + by }) },
    crash: {
      run: () => {
        throw new Error('crashed for the bench')
      },
    },
  },
})

/** The message of all benches that send one. */
export const addition = { by: 1, note: 'bench' }

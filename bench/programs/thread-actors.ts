/** Actors of the bench `thread-watchdog`, in a module that a thread can load. */

import { defineActor } from '@mabeam/foundation'

/** Blocks its thread for ever when asked to. */
export const Blocking = defineActor(import.meta.url, {
  name: 'blocking',
  version: 1,
  isolation: 'thread',
  init: () => 0,
  calls: {
    spin: {
      run: () => {
        for (;;);
      },
    },
    ping: { run: (s) => [s, 'pong'] },
  },
})

export const Echo = defineActor(import.meta.url, {
  name: 'echo',
  version: 1,
  init: () => 0,
  calls: { echo: { run: (s, value: number) => [s, value] } },
})

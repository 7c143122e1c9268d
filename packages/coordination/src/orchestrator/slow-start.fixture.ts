/** An agent that takes long to start. */

import { defineActor } from '@mabeam/foundation'

export const Slow = defineActor(import.meta.url, {
  name: 'slow-start',
  version: 1,
  init: async (_: unknown, { clock }) => {
    await new Promise<void>((resolve) => void clock.setTimer(3_000, resolve))
    return { isUp: true }
  },
})

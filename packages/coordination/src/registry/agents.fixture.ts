/** Agents for the tests of the registry and the orchestrator. */

import { defineActor } from '@mabeam/foundation'
import { z } from 'zod'

/** Votes for what it was started with, and crashes when told to. */
export const Voter = defineActor(import.meta.url, {
  name: 'voter',
  version: 1,
  init: (favourite: string | undefined) => {
    if (favourite === 'broken') throw new Error('it would not start')
    return { favourite: favourite ?? 'none' }
  },
  calls: {
    vote: { run: (s, _: unknown) => [s, { option: s.favourite }] },
    where: { run: (s, _: undefined, { self }) => [s, self.address.node] },
    ballot: { input: z.unknown(), run: (s) => [s, { value: s.favourite }] },
  },
  casts: {
    note: { run: (s) => s },
    crash: {
      run: (s) => {
        if (s.favourite !== '') throw new TypeError('told to')
        return s
      },
    },
  },
})

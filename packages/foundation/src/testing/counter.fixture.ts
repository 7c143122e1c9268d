/** A number that is added to, which goes along when its actor moves. */

import { defineActor } from '../actors/actor.ts'

export const Counter = defineActor(import.meta.url, {
  name: 'counter',
  version: 1,
  init: () => 0,
  calls: { add: { run: (n: number, by: number) => [n + by, n + by] } },
  save: (n) => n,
  load: (saved) => saved as number,
})

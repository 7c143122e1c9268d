/** An actor for tests of nodes: a number that is added to. */

import { defineActor } from '../actors/actor.ts'

/**
 * Begins at 0; the call `add` adds to it and says the sum. The number goes along when the actor moves.
 *
 * @example await (await node.spawn(Counter, undefined)).call('add', 2) // => 2
 */
export const Counter = defineActor(import.meta.url, {
  name: 'counter',
  version: 1,
  init: () => 0,
  calls: { add: { run: (n: number, by: number) => [n + by, n + by] } },
  save: (n) => n,
  load: (saved) => saved as number,
})

/** A program that defines an actor where it starts its node: a thread that loads it would start another one. */

import { defineActor } from '../actors/actor.ts'
import { startNode } from '../node/node.ts'

export const Here = defineActor(import.meta.url, { name: 'here', version: 1, isolation: 'thread', init: () => 0 })

const node = await startNode()
const failed = await node.spawn(Here, undefined).then(
  () => 'started',
  (thrown: Error) => thrown.message,
)
console.log(failed)
await node.close()

/** A counter that crashes, is started again by its supervisor, and is found by the same reference; then one that crashes too often. */

import { child, defineActor, isMabeamError, startNode } from '@mabeam/foundation'
import { z } from 'zod'

export const Counter = defineActor(import.meta.url, {
  name: 'counter',
  version: 1,
  init: (start: number) => ({ n: start }),
  calls: {
    add: { input: z.number(), run: (s, by) => [{ n: s.n + by }, s.n + by] },
    divide: {
      input: z.number(),
      run: (s, by) => {
        if (by === 0) throw new RangeError('divided by 0')
        return [{ n: s.n / by }, s.n / by]
      },
    },
  },
})

await using node = await startNode()
const supervisor = await node.supervise({
  name: 'counters',
  restartsMax: 2,
  children: [child(Counter, 100, { name: 'counter' })],
})
const counter = node.find(Counter, 'counter')
if (counter === undefined) throw new Error('the supervisor has started it')

console.log(`100 and 20 is ${await counter.call('add', 20)}`)

async function crash(): Promise<void> {
  await counter?.call('divide', 0).catch((thrown) => {
    if (!isMabeamError(thrown)) throw thrown
    console.log(`${thrown.code}, retryable ${thrown.retryable}: ${thrown.message}`)
  })
}

await crash()
console.log(`the same reference reaches the next one, which began anew: ${await counter.call('add', 1)}`)

const [first] = supervisor.tree().children
console.log(`${first?.id}: ${first?.status}, ${first?.restarts} restart, last exit ${first?.lastExit?.type}`)

await crash()
await crash()
const reason = await supervisor.stopped
console.log(`a third crash within 5 s: the supervisor ends with ${JSON.stringify(reason)}`)
console.log(`actors left: ${node.actors}`)

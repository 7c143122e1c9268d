/** What an idle supervised actor takes, its reference kept: `actor-memory.ts ACTORS`, run with --expose-gc. */

import { type ActorRef, startNode } from '@mabeam/foundation'
import { Counter } from './counter.ts'
import { printFigures } from './rate.ts'

async function usedBytes(): Promise<number> {
  // What was weakly held goes with a turn of the event loop between two collections.
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise(setImmediate)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const actors = Number(process.argv[2])
if (globalThis.gc === undefined) throw new Error('expected node to be run with --expose-gc')
await using node = await startNode({ codec: false })
await using supervisor = await node.superviseDynamic({ childrenMax: actors + 1_000 })
// What only the first ones bring about is not theirs.
const first: ActorRef<typeof Counter>[] = []
for (let i = 0; i < 1_000; i++) first.push(await supervisor.startChild(Counter, i))
const before = await usedBytes()
const kept: ActorRef<typeof Counter>[] = []
for (let i = 0; i < actors; i++) kept.push(await supervisor.startChild(Counter, i))
const after = await usedBytes()
// Each is there and works; this also keeps the references alive until here.
const sample = kept[actors >> 1] as ActorRef<typeof Counter>
const { n } = await sample.call('read')
if (n !== actors >> 1 || supervisor.count !== actors + first.length) throw new Error('expected all actors to be there')
printFigures({ bytesPerActor: (after - before) / actors })

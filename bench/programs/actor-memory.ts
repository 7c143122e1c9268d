/** What an idle supervised actor takes, its reference kept: `actor-memory.ts ACTORS`, run with --expose-gc. */

import { type ActorRef, startNode } from '@mabeam/foundation'
import { Counter } from './counter.ts'
import { printFigures } from './rate.ts'
import { usedBytes } from './used-bytes.ts'

const actors = Number(process.argv[2])
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

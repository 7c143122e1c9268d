/** Actors started one after the other, then stopped one after the other: `actor-spawn.ts MEASURE_MS`. */

import { type ActorRef, startNode } from '@mabeam/foundation'
import { Counter } from './counter.ts'
import { printFigures } from './rate.ts'

const actorsPerRound = 10_000

const [measureMs] = process.argv.slice(2)
await using node = await startNode({ codec: false })
const took = { spawnMs: 0, stopMs: 0, rounds: 0 }

async function round(): Promise<void> {
  const actors: ActorRef<typeof Counter>[] = []
  const startMs = performance.now()
  for (let i = 0; i < actorsPerRound; i++) actors.push(await node.spawn(Counter, i))
  const spawnedMs = performance.now()
  for (const actor of actors) await node.stop(actor)
  const stoppedMs = performance.now()
  took.spawnMs += spawnedMs - startMs
  took.stopMs += stoppedMs - spawnedMs
  took.rounds++
}

for (let measured = false; ; measured = true) {
  Object.assign(took, { spawnMs: 0, stopMs: 0, rounds: 0 })
  const enoughMs = measured ? Number(measureMs) : Number(measureMs) / 2
  while (took.spawnMs + took.stopMs < enoughMs) await round()
  if (measured) break
}
const actors = took.rounds * actorsPerRound
printFigures({ spawnsPerSec: (actors / took.spawnMs) * 1_000, stopsPerSec: (actors / took.stopMs) * 1_000 })

/** From a message that crashes a supervised actor to the answer of the next one under its name: `supervisor-restart.ts CRASHES`. */

import { type ActorRef, child, startNode } from '@mabeam/foundation'
import { Counter } from './counter.ts'
import { printFigures } from './rate.ts'

const crashesPerSupervisor = 50

const crashes = Number(process.argv[2])
await using node = await startNode({ codec: false })
// The first half is for the compiler.
await restartUs(crashes)
const tookUs = await restartUs(crashes)
tookUs.sort((a, b) => a - b)
const at = (share: number) => tookUs[Math.floor(tookUs.length * share)] as number
printFigures({ p50Us: at(0.5), p99Us: at(0.99) })

/** A supervisor goes through all restarts of its window at each one, so none gets old. */
async function restartUs(crashes: number): Promise<number[]> {
  const tookUs: number[] = []
  while (tookUs.length < crashes) {
    const counter = child(Counter, 7, { name: 'counter' })
    const supervisor = await node.supervise({ restartsMax: crashesPerSupervisor, children: [counter] })
    for (let i = 0; i < crashesPerSupervisor; i++) tookUs.push(await crashUs())
    await supervisor.stop()
    // Between two of them timers and sockets get their turn, as in any program that does not only crash.
    await new Promise(setImmediate)
  }
  return tookUs
}

async function crashUs(): Promise<number> {
  const counter = running()
  const startMs = performance.now()
  const gone = new Promise((resolve) => void counter.monitor(resolve))
  counter.cast('crash')
  await gone
  const { n } = await running().call('read')
  const tookUs = (performance.now() - startMs) * 1_000
  if (n !== 7) throw new Error(`expected the state of a new start, got ${n}`)
  return tookUs
}

function running(): ActorRef<typeof Counter> {
  const found = node.find(Counter, 'counter')
  if (found === undefined) throw new Error('expected the actor to be up again')
  return found
}

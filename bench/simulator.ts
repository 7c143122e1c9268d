/** How much faster than real time a simulated system runs: five nodes that talk all the time, and five that only keep in touch. */

import { type Clock, delay } from '@mabeam/foundation'
import { type SimNode, Simulation } from '@mabeam/foundation/testing'
import { median } from '@mabeam/ml'
import type { Bench } from './bench.ts'

const nodes = 5
/** Of each node: 90 publications to another and 20 requests, so 130 messages of its own with the answers it gives. */
const publishEveryMs = 1_000 / 90
const requestEveryMs = 1_000 / 20
const writeEveryMs = 200
const beatEveryMs = 250

interface Measured {
  readonly simulatedSecPerSec: number
  readonly eventsPerSec: number
  readonly messagesPerNodeAndSec: number
}

export const bench: Bench = {
  name: 'simulator',
  what: 'simulated seconds per second: 5 nodes with over 100 messages a node and second each way, and 5 that only beat',
  target: 'simulatedSecPerSec ≥ 100; idleSimulatedSecPerSec ≥ 1,000',
  async run({ quick, log }) {
    const runs = quick ? 1 : 5
    const loaded: Measured[] = []
    const idle: Measured[] = []
    for (let run = 0; run < runs; run++) {
      log(`run ${run + 1} of ${runs}`)
      loaded.push(await measure(quick ? 60 : 300, run, talk))
      idle.push(await measure(quick ? 600 : 3_000, run, beat))
    }
    const metrics = {
      simulatedSecPerSec: median(loaded.map((one) => one.simulatedSecPerSec)),
      eventsPerSec: median(loaded.map((one) => one.eventsPerSec)),
      messagesPerNodeAndSec: median(loaded.map((one) => one.messagesPerNodeAndSec)),
      idleSimulatedSecPerSec: median(idle.map((one) => one.simulatedSecPerSec)),
      idleEventsPerSec: median(idle.map((one) => one.eventsPerSec)),
    }
    return { metrics, runs }
  },
}

type Work = (sim: Simulation, node: SimNode, count: () => void) => Promise<void>

async function measure(seconds: number, seed: number, work: Work): Promise<Measured> {
  await using sim = new Simulation({ seed, nodes })
  let messages = 0
  sim.boot((node) =>
    work(sim, node, () => {
      messages++
    }),
  )
  await sim.run(1_000)
  const [events, sent, startMs] = [sim.events, messages, performance.now()]
  await sim.run(seconds * 1_000)
  const tookSec = (performance.now() - startMs) / 1_000
  return {
    simulatedSecPerSec: seconds / tookSec,
    eventsPerSec: (sim.events - events) / tookSec,
    messagesPerNodeAndSec: (messages - sent) / nodes / seconds,
  }
}

/** Every node publishes to all others in turn, asks them, and writes keyed state; messages are counted where they arrive. */
async function talk(sim: Simulation, node: SimNode, count: () => void): Promise<void> {
  const { clock, engine, random } = node.ports
  const body = new Uint8Array(64)
  await engine.subscribe(`sim.told.${node.name}`, count)
  await engine.subscribe(`sim.asked.${node.name}`, (message) => {
    count()
    message.respond(message.body)
  })
  const state = await engine.state('bench')
  const other = () => sim.names[random.int(nodes)]
  void every(clock, publishEveryMs, async () => engine.publish(`sim.told.${other()}`, body))
  void every(clock, requestEveryMs, async () => {
    await engine.request(`sim.asked.${other()}`, body).catch(() => {})
    count()
  })
  void every(clock, writeEveryMs, async () => void (await state.put(node.name, body)))
}

/** Every node tells the others four times a second that it is there. */
async function beat(_sim: Simulation, node: SimNode, count: () => void): Promise<void> {
  const { clock, engine } = node.ports
  const body = new Uint8Array(16)
  await engine.subscribe('sim.beat', count)
  void every(clock, beatEveryMs, async () => engine.publish('sim.beat', body))
}

async function every(clock: Clock, ms: number, run: () => Promise<void>): Promise<void> {
  for (;;) {
    await delay(clock, ms)
    await run()
  }
}

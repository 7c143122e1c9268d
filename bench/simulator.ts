/**
 * How much faster than real time a simulated system runs: five machines that talk all the time over the bare engine, five real
 * nodes whose actors call each other, and five of each that only keep in touch.
 */

import { type ActorRef, type Clock, defineActor, delay, startNode } from '@mabeam/foundation'
import { type SimNode, Simulation } from '@mabeam/foundation/testing'
import { median } from '@mabeam/ml'
import type { Bench } from './bench.ts'

const nodes = 5
/** Of each node: 90 publications to another and 20 requests, so 130 messages of its own with the answers it gives. */
const publishEveryMs = 1_000 / 90
const requestEveryMs = 1_000 / 20
const writeEveryMs = 200
const beatEveryMs = 250
/** Of each node: 60 calls to actors of others and 60 of theirs, so 120 messages with the answers. */
const callEveryMs = 1_000 / 60
/** So that all have joined and found each other. */
const startMs = 5_000

interface Measured {
  readonly simulatedSecPerSec: number
  readonly eventsPerSec: number
  readonly messagesPerNodeAndSec: number
}

export const bench: Bench = {
  name: 'simulator',
  what: 'simulated seconds per second: 5 nodes with over 100 messages a node and second, on the bare engine and as remote actor calls, and 5 idle',
  target: 'simulatedSecPerSec and nodesSimulatedSecPerSec ≥ 100; idleSimulatedSecPerSec ≥ 1,000',
  async run({ quick, log }) {
    const runs = quick ? 1 : 5
    const loaded: Measured[] = []
    const idle: Measured[] = []
    const calling: Measured[] = []
    const quiet: Measured[] = []
    for (let run = 0; run < runs; run++) {
      log(`run ${run + 1} of ${runs}`)
      loaded.push(await measure(quick ? 60 : 300, run, talk))
      idle.push(await measure(quick ? 600 : 3_000, run, beat))
      calling.push(await measure(quick ? 20 : 120, run, callEachOther))
      quiet.push(await measure(quick ? 60 : 600, run, keepInTouch))
    }
    const metrics = {
      simulatedSecPerSec: median(loaded.map((one) => one.simulatedSecPerSec)),
      eventsPerSec: median(loaded.map((one) => one.eventsPerSec)),
      messagesPerNodeAndSec: median(loaded.map((one) => one.messagesPerNodeAndSec)),
      idleSimulatedSecPerSec: median(idle.map((one) => one.simulatedSecPerSec)),
      idleEventsPerSec: median(idle.map((one) => one.eventsPerSec)),
      nodesSimulatedSecPerSec: median(calling.map((one) => one.simulatedSecPerSec)),
      nodesEventsPerSec: median(calling.map((one) => one.eventsPerSec)),
      nodesMessagesPerNodeAndSec: median(calling.map((one) => one.messagesPerNodeAndSec)),
      idleNodesSimulatedSecPerSec: median(quiet.map((one) => one.simulatedSecPerSec)),
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
  await sim.run(startMs)
  const [events, sent, beganMs] = [sim.events, messages, performance.now()]
  await sim.run(seconds * 1_000)
  const tookSec = (performance.now() - beganMs) / 1_000
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

/** Real nodes; each calls actors of the others, one call after the other begun and not waited for. */
async function callEachOther(_sim: Simulation, machine: SimNode, count: () => void): Promise<void> {
  const Echo = defineActor(import.meta.url, {
    name: 'echo',
    version: 1,
    init: () => null,
    calls: {
      echo: {
        run: (state, text: string) => {
          count()
          return [state, text]
        },
      },
    },
  })
  const { clock, random } = machine.ports
  const node = await startNode({ ...machine.ports, random: random.fork('node') })
  const placed = await node.place(Echo, undefined, { name: 'echo', strategy: 'replicated' })
  void every(clock, callEveryMs, async () => {
    const others = placed.refs().filter((ref) => ref.address.node !== node.name)
    const other: ActorRef<typeof Echo> | undefined = others[random.int(Math.max(1, others.length))]
    void other?.call('echo', 'a message of some sixty letters, as those of applications often are').then(count)
  })
}

/** Real nodes that do nothing but watch each other. */
async function keepInTouch(_sim: Simulation, { ports }: SimNode): Promise<void> {
  await startNode({ ...ports, random: ports.random.fork('node') })
}

async function every(clock: Clock, ms: number, run: () => Promise<void>): Promise<void> {
  for (;;) {
    await delay(clock, ms)
    await run()
  }
}

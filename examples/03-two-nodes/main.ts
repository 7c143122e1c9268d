/**
 * A singleton that moves: first because its node leaves, then because its node dies. The nodes are in one process, on one
 * engine; the dying one is simulated, so that its end can be as hard as kill -9 and the time it costs is exact.
 */

import { defineActor, memoryEngine, type Node, type NodeOptions, type Placed, startNode } from '@mabeam/foundation'
import { Simulation } from '@mabeam/foundation/testing'

export const Ledger = defineActor(import.meta.url, {
  name: 'ledger',
  version: 1,
  init: () => ({ entries: [] as string[] }),
  calls: {
    write: {
      run: (s, entry: string, { self, fence }) => {
        const entries = [...s.entries, entry]
        return [{ entries }, `${self.address.node} with token ${fence} has ${entries.join(' ')}`]
      },
    },
  },
  // What the next holder begins with when this one is handed over. After a crash there is nobody to ask.
  save: (s) => s,
  load: (saved: { entries: string[] }) => saved,
})

interface Member {
  readonly node: Node
  readonly ledger: Placed<typeof Ledger>
}

/** A node that offers to run the ledger. */
async function join(options: NodeOptions): Promise<Member> {
  const node = await startNode(options)
  return { node, ledger: await node.place(Ledger, undefined, { name: 'ledger', strategy: 'singleton' }) }
}

async function leaving(): Promise<void> {
  const engine = memoryEngine()
  const a = await join({ engine, name: 'a' })
  await a.ledger.ready()
  const b = await join({ engine, name: 'b' })
  const ref = b.ledger.ref()
  console.log(`before:   ${await ref.call('write', 'one')}`)
  await a.node.close()
  console.log(`a left:   ${await ref.call('write', 'two')}`)
  await b.node.close()
  await engine.close()
}

async function dying(): Promise<void> {
  await using sim = new Simulation({ seed: 7 })
  const members = new Map<string, Member>()
  sim.boot(async ({ name, ports }) => void members.set(name, await join(ports)))
  await sim.run(2_000)
  const holder = [...members.values()][0]?.ledger.holder() as string
  const other = [...members].find(([name]) => name !== holder)?.[1] as Member
  console.log(`before:   ${await sim.drive(other.ledger.ref().call('write', 'one'))}`)
  const diedMs = sim.clock.monotonicMs()
  sim.crash(holder)
  const told = await sim.drive(other.ledger.ref().call('write', 'two'))
  console.log(`${holder} died: ${told}`)
  console.log(`the call was made at once and answered after ${Math.round(sim.clock.monotonicMs() - diedMs)} ms`)
}

console.log('A node that leaves hands over what it has:')
await leaving()
console.log('A node that dies does not:')
await dying()

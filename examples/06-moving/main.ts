/**
 * An actor that moves while it is in use: from one node to another by `node.move`, then away from a node that is to be worked on by
 * `node.drain`. Whoever calls it holds one reference all the while, and its calls are all done, once and in order.
 */

import { hasCode, memoryEngine } from '@mabeam/foundation'
import { defineActor, delay, startNode, systemClock } from 'mabeam'

/** Notes the numbers it is told, and on which nodes it was told them. */
const Ledger = defineActor(import.meta.url, {
  name: 'ledger',
  version: 1,
  init: () => ({ numbers: [] as number[], nodes: [] as string[] }),
  calls: {
    note: {
      run: (s, n: number, { self }) => {
        const { node } = self.address
        const nodes = s.nodes.at(-1) === node ? s.nodes : [...s.nodes, node]
        return [{ numbers: [...s.numbers, n], nodes }, n]
      },
    },
    read: { run: (s) => [s, s] },
  },
  // What goes to the next node, and what becomes of it there.
  save: (s) => s,
  load: (saved: { numbers: number[]; nodes: string[] }) => saved,
})

// Three nodes of one system, here in one process; on several machines only the engine is another.
await using engine = memoryEngine()
const definitions = [Ledger]
await using a = await startNode({ engine, name: 'a', definitions })
await using b = await startNode({ engine, name: 'b', definitions })
await using c = await startNode({ engine, name: 'c', definitions })

const ledger = await a.spawn(Ledger, undefined, { name: 'ledger', scope: 'system' })

// Somebody on another node goes on calling it, whatever happens, one call after the other.
const work = { isOver: false, sent: 0 }
const working = (async () => {
  const known = c.lookup(Ledger, 'ledger')
  for (; !work.isOver; work.sent++) await known.call('note', work.sent)
})()
const someCalls = async () => {
  const until = work.sent + 500
  while (work.sent < until) await delay(systemClock, 1)
}

await someCalls()
await a.move(ledger, { to: 'b' })
await someCalls()
console.log(`moved to b while ${work.sent} calls were made so far`)

// b is to be worked on: what it holds goes to whoever can have it, and nothing new comes.
const drained = await b.drain({ timeoutMs: 5_000 })
await someCalls()
console.log(`b is drained (${drained.done ? 'nothing is left on it' : 'something is left on it'})`)
await b.undrain()

// A node that is not there is named, and the ledger stays where it is.
try {
  await a.move(ledger, { to: 'nowhere' })
} catch (thrown) {
  if (!hasCode(thrown, 'foundation/unknown-name')) throw thrown
  console.log(`not moved: ${(thrown as Error).message}`)
}

work.isOver = true
await working
const { numbers, nodes } = await ledger.call('read', undefined)
const isWhole = numbers.length === work.sent && numbers.every((n, i) => n === i)
console.log(`on ${nodes.join(', then ')}: ${isWhole ? 'each number once, in order' : 'NUMBERS ARE MISSING OR DOUBLED'}`)
if (!isWhole) process.exitCode = 1

/** Nodes that leave in order under a stream of calls. */

import assert from 'node:assert/strict'
import { delay } from '../../clock.ts'
import { isMabeamError } from '../../errors.ts'
import { type Node, startNode } from '../../node/node.ts'
import { Counter } from '../counter.ts'
import { Simulation } from '../sim/simulation.ts'

/** What became of all calls. */
interface Calls {
  readonly sums: number[]
  readonly failures: string[]
}

export interface LeavingNodes {
  readonly seed: number
  /** Whether they sign their messages. */
  readonly signed: boolean
}

const rounds = 3

/**
 * Three nodes that call a counter of the system all the time, and are started again one by one, each after it has left in order. What is
 * wrong with the run; nothing where each call was answered and done once.
 */
export async function faultsOfLeavingNodes(how: LeavingNodes): Promise<readonly string[]> {
  const { sums, failures } = await rotation(how)
  assert.ok(sums.length > 500, `expected more than 500 calls, got ${sums.length}`)
  const doubled = sums.length - new Set(sums).size
  const unanswered = Math.max(...sums) - sums.length
  return [
    ...failures.map((code) => `a call was lost: ${code}`),
    ...(doubled > 0 ? [`${doubled} calls were done twice`] : []),
    ...(unanswered > 0 ? [`${unanswered} calls were done and not answered`] : []),
  ]
}

async function rotation({ seed, signed }: LeavingNodes): Promise<Calls> {
  await using sim = new Simulation({ seed, meanMs: 3 })
  const calls: Calls = { sums: [], failures: [] }
  const security = signed ? { security: { secret: 'hunter2-'.repeat(5) } } : {}
  let epoch = 0
  const start = async (name: string) => {
    const { ports } = sim.node(name)
    const node = await startNode({ ...ports, ...security, epoch: ++epoch, definitions: [Counter] })
    const stopped = new AbortController()
    return { node, stopped, calling: keepCalling(node, stopped.signal, calls) }
  }
  const run = async () => {
    const nodes = await Promise.all(sim.names.map(start))
    const [first] = nodes as [(typeof nodes)[number]]
    await first.node.spawn(Counter, undefined, { name: 'visits', scope: 'system' })
    for (let round = 0; round < rounds; round++) {
      for (const [i, name] of sim.names.entries()) {
        const one = nodes[i] as (typeof nodes)[number]
        one.stopped.abort()
        await one.calling
        const { done } = await one.node.leave({ timeoutMs: 10_000 })
        assert.ok(done, `${name} left before it was drained`)
        nodes[i] = await start(name)
        await delay(sim.clock, 300)
      }
    }
    for (const { stopped } of nodes) stopped.abort()
    await Promise.all(nodes.map(({ calling }) => calling))
    for (const { node } of nodes) await node.close()
  }
  await sim.drive(run())
  return calls
}

async function keepCalling(node: Node, signal: AbortSignal, { sums, failures }: Calls): Promise<void> {
  const counter = node.lookup(Counter, 'visits')
  const waiting = new Set<Promise<unknown>>()
  for (; !signal.aborted; await delay(node.clock, 1 + node.random.next() * 4)) {
    const call = counter.call('add', 1).then(
      (sum) => sums.push(sum),
      (thrown) => failures.push(isMabeamError(thrown) ? thrown.code : String(thrown)),
    )
    waiting.add(call)
    void call.finally(() => waiting.delete(call))
  }
  await Promise.all(waiting)
}

/** One agreement over simulated nodes, a member on each, whose network is parted and healed while it goes on. */

import assert from 'node:assert/strict'
import { type Node, startNode, type TelemetryEvent } from '@mabeam/foundation'
import { Simulation } from '@mabeam/foundation/testing'
import { agents } from '../agents/agents.ts'
import { defineAgent } from '../agents/define-agent.ts'
import { byzantineCollector } from '../byzantine/runtime/byzantine-collector.ts'
import type { ReplicaHostOptions } from '../byzantine/runtime/host-options.ts'
import { openReplicaHost, type ReplicaHost } from '../byzantine/runtime/replica-host.ts'
import type { Gathered } from '../sessions/collector.ts'

export interface PartitionPlan {
  readonly seed: number
  /** How many nodes on each side. */
  readonly sides: readonly number[]
  /** When the network is parted and healed again, from the opening on; the last entry heals. */
  readonly cuts: readonly { readonly atMs: number; readonly forMs: number }[]
  readonly mode?: 'mac' | 'sig'
  /** What hosts are opened with besides: how bugs are planted. */
  readonly options?: ReplicaHostOptions
}

export interface PartitionRun {
  /** When each node decided, and on what. */
  readonly decisions: ReadonlyMap<string, { readonly atMs: number; readonly digest: string }>
  readonly healedMs: number
  readonly beganMs: number
  /** The place of each node. */
  readonly sideOf: (node: string) => number
  readonly gathered: readonly Gathered[]
  readonly traceHash: string
}

export const viewMsMax = 800
const thinkMs = 200

const Slow = defineAgent(import.meta.url, {
  name: 'slow',
  version: 1,
  init: (node: Node) => node,
  requests: {
    async vote(node, { options }) {
      await new Promise<void>((resolve) => node.clock.setTimer(thinkMs + node.random.int(20), resolve))
      return [node, { option: options[0] ?? null }]
    },
  },
})

export async function partitionRun({
  seed,
  sides,
  cuts,
  mode = 'mac',
  options: more = {},
}: PartitionPlan): Promise<PartitionRun> {
  const total = sides.reduce((sum, one) => sum + one, 0)
  const events: { readonly event: TelemetryEvent; readonly atMs: number }[] = []
  await using sim = new Simulation({
    seed,
    nodes: total,
    telemetry: { enabled: true, emit: (event) => void events.push({ event, atMs: sim.clock.monotonicMs() }) },
  })
  const options = { mode, macKey: new Uint8Array(32), viewMs: 100, viewMsMax, closeMs: 60_000, ...more } as const
  const { hosts, nodes } = await started(sim, options)
  const shuffled = sim.random.fork('sides').shuffle(sim.names)
  const sideOf = (node: string) => {
    let at = shuffled.indexOf(node)
    return sides.findIndex((size) => {
      at -= size
      return at < 0
    })
  }
  const first = shuffled[0] as string
  const { members } = agents(nodes.get(first) as Node, sim.names)
  const collector = byzantineCollector(hosts.get(first) as ReplicaHost, { members })
  const gathered: Gathered[] = []
  // Seats are asked for first, so that what is parted is the agreement itself.
  const input = { session: 's', round: 1, question: 'q', options: ['a', 'b'] }
  const asked = {
    session: 's',
    round: 1,
    request: 'vote',
    input,
    inputBytes: 40,
    to: members,
    answerBytesMax: 1_000,
  } as const
  const { signal } = new AbortController()
  await sim.drive(collector.collect({ ...asked, ask: 'warm', timeoutMs: 5_000 }, () => {}, signal))
  await sim.run(500)
  events.length = 0
  const beganMs = sim.clock.monotonicMs()
  const done = collector.collect({ ...asked, ask: 'parted', timeoutMs: 2_000 }, (one) => gathered.push(one), signal)
  done.catch(() => {})
  let healedMs = 0
  for (const { atMs, forMs } of cuts) {
    sim.clock.setTimer(atMs, () => {
      const undo = part(sim, (node) => sideOf(node))
      sim.clock.setTimer(forMs, () => {
        for (const heal of undo) heal()
        healedMs = sim.clock.monotonicMs()
      })
    })
  }
  const last = cuts.at(-1)
  await sim.run((last?.atMs ?? 0) + (last?.forMs ?? 0) + 2 * viewMsMax + 1_000)
  await sim.drive(done)
  const decisions = new Map<string, { readonly atMs: number; readonly digest: string }>()
  for (const { event, atMs } of events) {
    if (event.name !== 'coordination.agreement-decided') continue
    const { node, digest } = event.metadata
    assert.ok(!decisions.has(String(node)), `${node} decided twice`)
    decisions.set(String(node), { atMs, digest: String(digest) })
  }
  return { decisions, healedMs, beganMs, sideOf, gathered, traceHash: sim.traceHash }
}

async function started(sim: Simulation, options: ReplicaHostOptions) {
  const hosts = new Map<string, ReplicaHost>()
  const nodes = new Map<string, Node>()
  sim.boot(async ({ name, ports }) => {
    const node = await startNode(ports)
    nodes.set(name, node)
    hosts.set(name, await openReplicaHost(node, options))
    await node.spawn(Slow, node, { name, scope: 'system' })
  })
  await sim.run(3_000)
  return { hosts, nodes }
}

function part(sim: Simulation, sideOf: (node: string) => number): readonly (() => void)[] {
  return sim.names.flatMap((from) =>
    sim.names.flatMap((to) => (sideOf(from) === sideOf(to) ? [] : [sim.network.cut(from, to)])),
  )
}

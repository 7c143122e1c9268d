/** Nodes with a host and members each, on one engine and a clock that stands still. */

import { type Engine, memoryEngine, type Node, startNode } from '@mabeam/foundation'
import { type CollectedTelemetry, collectTelemetry, type VirtualClock, virtualClock } from '@mabeam/foundation/testing'
import { agents } from '../agents/agents.ts'
import { defineAgent } from '../agents/define-agent.ts'
import type { Team } from '../agents/team.ts'
import { byzantineCollector } from '../byzantine/runtime/byzantine-collector.ts'
import type { ReplicaHostOptions } from '../byzantine/runtime/host-options.ts'
import { openReplicaHost, type ReplicaHost } from '../byzantine/runtime/replica-host.ts'
import type { CollectedAsk, Gathered } from '../sessions/collector.ts'

export const Voter = defineAgent(import.meta.url, {
  name: 'voter',
  version: 1,
  init: (option: string) => option,
  requests: { vote: (option) => [option, { option }], ballot: (value) => [value, { value }] },
})

export interface HostWorld extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly engine: Engine
  readonly telemetry: CollectedTelemetry
  readonly nodes: readonly Node[]
  readonly hosts: ReplicaHost[]
  readonly team: Team
  /** Asks by agreement from the first node, and lets time pass until there is an answer. */
  ask(ask: string, more?: Partial<CollectedAsk>): Promise<Gathered>
  /** Lets time pass until it is settled. */
  settle<T>(work: Promise<T>): Promise<T>
  answersOf(gathered: Gathered): readonly unknown[]
}

/** `members`: on the first node those of the first list, and so on. */
export async function hostWorld(
  members: readonly (readonly string[])[],
  optionsOf: (node: number) => ReplicaHostOptions = () => ({}),
  /** How far time goes before it is looked again; less where disks take real time. */
  stepMs = 10,
): Promise<HostWorld> {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const telemetry = collectTelemetry()
  const stack = new AsyncDisposableStack()
  const nodes: Node[] = []
  const hosts: ReplicaHost[] = []
  for (const [at, ids] of members.entries()) {
    const node = stack.use(await startNode({ clock, engine, telemetry, name: `n${at + 1}`, epoch: 1 }))
    nodes.push(node)
    hosts.push(stack.use(await openReplicaHost(node, optionsOf(at))))
    for (const name of ids) await node.spawn(Voter, 'a', { name, scope: 'system' })
  }
  await clock.advance(200)
  const team = agents(nodes[0] as Node, members.flat())
  const settle = async <T>(work: Promise<T>): Promise<T> => {
    let isSettled = false
    const note = () => {
      isSettled = true
    }
    work.then(note, note)
    for (let leftMs = 100_000; leftMs > 0 && !isSettled; leftMs -= stepMs) await clock.advance(stepMs)
    return await work
  }
  return {
    clock,
    engine,
    telemetry,
    nodes,
    hosts,
    team,
    settle,
    async ask(ask, more = {}) {
      const collector = byzantineCollector(hosts[0] as ReplicaHost, team)
      let gathered: Gathered | undefined
      const input = { session: 's', round: 1, question: 'q', options: ['a', 'b'] }
      const fixed = { session: 's', ask, round: 1, request: 'vote', input, inputBytes: 40 } as const
      const asked = { ...fixed, to: team.members, timeoutMs: 2_000, answerBytesMax: 10_000, ...more }
      await settle(
        collector.collect(
          asked,
          (one) => {
            gathered = one
          },
          new AbortController().signal,
        ),
      )
      if (gathered === undefined) throw new Error('nothing was heard')
      return gathered
    },
    answersOf: ({ answers }) => answers.map((one) => ('value' in one ? 'answer' : one.absent)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

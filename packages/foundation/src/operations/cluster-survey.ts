/** One look at a whole system: the engine is read, all nodes that anything names are asked at once, then those that these name. */

import type { Clock } from '../clock.ts'
import type { QueueStats } from '../engine/durable-queue.ts'
import type { Engine, StoreName } from '../engine/engine.ts'
import { engineUnavailable } from '../errors/engine-errors.ts'
import type { ClusterRecords } from './cluster-records.ts'
import {
  type ClusterNode,
  type ClusterQueue,
  type ClusterStatus,
  clusterLimits,
  clusterStatus,
  type KnownBy,
} from './cluster-status.ts'
import { type Answered, type Asking, type NodeClient, within } from './node-client.ts'
import { queueDepths } from './queue-depths.ts'

export interface Survey {
  readonly system: string
  readonly engine: Engine
  readonly clock: Clock
  readonly nodes: NodeClient
  readonly records: ClusterRecords
}

/** Nodes, and queues, asked at once. */
const askedAtOnceMax = 64
/** For a node to be asked at all when others took the time. */
const leastMs = 50
/** Nodes that nodes name, that nodes name: there are no more than these unless many came meanwhile. */
const roundsMax = 3

/** Rejects with `foundation/engine-unavailable` where the engine does not answer in time, and with `signal.reason`. */
export async function gatherStatus(survey: Survey, asking: Asking): Promise<ClusterStatus> {
  const { system, engine, clock, records } = survey
  const { timeoutMs, signal } = asking
  const untilMs = clock.monotonicMs() + timeoutMs
  const late = () => engineUnavailable(engine.name, `telling of system ${system}`)
  const stores = await within(clock, { timeoutMs, signal, late }, async () => {
    const all = storesOf(system, await engine.stores())
    await records.refresh(all)
    return all
  })
  const leftMs = () => Math.max(leastMs, untilMs - clock.monotonicMs())
  const nodes = await askAll(survey, { leftMs, signal })
  return clusterStatus({
    system,
    atMs: clock.nowMs(),
    engine: { name: engine.name, status: engine.status },
    nodes,
    places: records.places,
    placements: records.placements,
    queues: await queuesOf(survey, { stores, nodes, leftMs, signal }),
    sessions: records.sessions.map(({ node, epoch, token }) => ({ node, epoch, token })),
    services: records.services,
    names: records.names,
    stores,
  })
}

interface Time {
  readonly leftMs: () => number
  readonly signal: AbortSignal | undefined
}

async function askAll({ nodes, records }: Survey, { leftMs, signal }: Time): Promise<readonly ClusterNode[]> {
  const knownBy = new Map<string, Set<KnownBy>>()
  const know = (name: string, by: KnownBy) => {
    knownBy.set(name, (knownBy.get(name) ?? new Set()).add(by))
  }
  const sessions = new Map(records.sessions.map(({ node, token }) => [node, token]))
  for (const node of sessions.keys()) know(node, 'session')
  for (const node of records.holders) know(node, 'claim')
  const answers = new Map<string, Answered>()
  for (let round = 0; round < roundsMax; round++) {
    const next = [...knownBy.keys()].filter((name) => !answers.has(name))
    const room = clusterLimits.nodes - answers.size
    if (next.length === 0 || room <= 0) break
    await eachOf(next.slice(0, room), async (name) => {
      const answer = await nodes.look(name, { timeoutMs: leftMs(), signal })
      answers.set(name, answer)
      // Who left said so, and is missed by nobody.
      for (const member of answer.status?.members ?? []) if (member.status !== 'left') know(member.name, 'member')
    })
  }
  return [...answers].map(([name, answer]) => ({
    name,
    ...answer,
    knownBy: [...(knownBy.get(name) ?? [])],
    session: sessions.get(name) ?? null,
  }))
}

async function queuesOf(
  { system, engine, clock }: Survey,
  given: Time & { readonly stores: readonly StoreName[]; readonly nodes: readonly ClusterNode[] },
): Promise<readonly ClusterQueue[]> {
  const { stores, nodes, leftMs, signal } = given
  const depths = new Map<string, QueueStats | null>()
  const workers = new Map<string, number>()
  for (const { status } of nodes) {
    for (const queue of status?.queues ?? []) {
      depths.set(queue.name, queue.depths ?? depths.get(queue.name) ?? null)
      workers.set(queue.name, (workers.get(queue.name) ?? 0) + queue.workers.count)
    }
  }
  const prefix = `${system}-queue-`
  const kept = stores.filter(({ kind, name }) => kind === 'queue' && name.startsWith(prefix))
  const unknown = kept.filter(({ name }) => !depths.get(name.slice(prefix.length))).slice(0, clusterLimits.queues)
  for (const { name } of unknown) depths.set(name.slice(prefix.length), null)
  await eachOf(unknown, async ({ name }) => {
    const late = () => engineUnavailable(engine.name, `counting queue ${name}`)
    const read = within(clock, { timeoutMs: leftMs(), signal, late }, () => queueDepths(engine, name))
    depths.set(name.slice(prefix.length), await read.catch(() => null))
    signal?.throwIfAborted()
  })
  return [...depths].map(([name, one]) => ({ name, depths: one, workers: workers.get(name) ?? 0 }))
}

/** What a system keeps is named by its parts: another one whose name begins alike is told apart by them. */
function storesOf(system: string, stores: readonly StoreName[]): readonly StoreName[] {
  return stores.filter(({ name }) => name.startsWith(`${system}-`) && partName.test(name.slice(system.length + 1)))
}

const partName = /^(sessions|claims|directory|pins|cells|cache-.+|queue-.+|results-.+|snapshots)$/

async function eachOf<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await run(item)
  }
  await Promise.all(Array.from({ length: Math.min(askedAtOnceMax, items.length) }, worker))
}

/** A node whose agents coordinate with those of others, as a process of its own: it begins sessions, and answers as it is told to. */

import { flushCompileCache } from 'node:module'
import {
  agents,
  auction,
  type CoordinationOptions,
  coordination,
  decide,
  defineAgent,
  type FoundEvidence,
  type HostStats,
  market,
  type SessionResult,
} from '@mabeam/coordination'
import { attacks, traitors } from '@mabeam/coordination/testing'
import { nats } from '@mabeam/engine-nats'
import { isMabeamError, local, type Node, startNode, systemClock, type TelemetryEvent } from '@mabeam/foundation'
import { testedProcess } from '@mabeam/foundation/testing'

export interface MemberStart {
  readonly engine: 'nats' | 'local'
  /** Addresses of the servers, or the folder of the hub. */
  readonly where: readonly string[]
  /** Agents that run here, known to the whole system. */
  readonly agents: readonly string[]
  readonly byzantine?: NonNullable<CoordinationOptions['byzantine']>
  /** How all agents here attack the others in every agreement. */
  readonly attack?: string
}

/** What the agents here do from now on. */
export interface Behaviour {
  /** The first of the options, where none is said. */
  readonly option?: string
  readonly number?: number
  /** Answers once it is told to behave otherwise. */
  readonly holds?: boolean
  /** Nothing else goes on in the process meanwhile. */
  readonly blockMs?: number
  /** The length of its reason. */
  readonly bytes?: number
  /** Whether it tells the test that it was asked. */
  readonly tells?: boolean
}

/** What a session is begun with. */
export interface Wanted {
  readonly what: 'decide' | 'auction' | 'market'
  readonly members: readonly string[]
  readonly spec: { readonly kind: string; readonly [option: string]: unknown }
}

// biome-ignore lint/suspicious/noExplicitAny: of whatever kind.
type Result = SessionResult<any>

/** What came of it. */
export interface Ended {
  readonly result?: Result
  readonly code?: string
  readonly sentence?: string
  readonly tookMs: number
}

/** What a replica host here has decided. */
export interface Decided {
  readonly agreement: string
  readonly digest: string
}

const clock = systemClock
const counts = new Map<string, number>()
const decided: Decided[] = []
const telemetry = {
  enabled: true,
  emit({ name, measurements, metadata }: TelemetryEvent) {
    const key = [name.replace(/^coordination\./, ''), metadata.reason].filter((one) => one).join(' ')
    counts.set(key, (counts.get(key) ?? 0) + (measurements.count ?? 1))
    if (name !== 'coordination.agreement-decided') return
    decided.push({ agreement: String(metadata.agreement), digest: String(metadata.digest) })
  },
}

let started: Node | undefined
let behaviour: Behaviour = {}
/** Those who hold their answers. */
let held: (() => void)[] = []
let askedMs = 0

function node(): Node {
  if (started === undefined) throw new Error('it was not started')
  return started
}

async function behaved(request: string): Promise<string | undefined> {
  const { holds, blockMs = 0, bytes = 0, tells } = behaviour
  askedMs = clock.monotonicMs()
  if (tells === true) self.report(request)
  // Once: what comes next is not held up again.
  behaviour = { ...behaviour, blockMs: 0 }
  if (blockMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs)
  if (holds === true) await new Promise<void>((resolve) => held.push(resolve))
  return bytes > 0 ? 'x'.repeat(bytes) : undefined
}

const Person = defineAgent(import.meta.url, {
  name: 'person',
  version: 1,
  init: (number: number) => number,
  requests: {
    async vote(own, { options, context }) {
      const reason = await behaved('vote')
      const { mandate } = (context ?? {}) as { readonly mandate?: { readonly option: string } }
      const option = mandate?.option ?? behaviour.option ?? options[0] ?? null
      return [own, { option, ...(reason !== undefined && { reason }) }]
    },
    async rank(own, { options }) {
      await behaved('rank')
      return [own, { ranking: [...options] }]
    },
    async estimate(own) {
      await behaved('estimate')
      return [own, { value: behaviour.number ?? own }]
    },
    async refine(own, { own: before, standing }) {
      await behaved('refine')
      const middle = standing.reduce((sum, { value, share }) => sum + Number(value) * share, 0)
      return [own, { value: (Number(before) + middle) / 2 }]
    },
    async ballot(own) {
      await behaved('ballot')
      return [own, { value: { utilities: { cpu: 1 + own, ram: 1 } } }]
    },
    async bid(own, { items }) {
      await behaved('bid')
      return [own, { bids: [{ items: [...items], price: 10 + own }] }]
    },
  },
})

async function coordinated() {
  return await coordination(node())
}

async function outcome(run: () => Promise<Result>): Promise<Ended> {
  const beganMs = clock.monotonicMs()
  try {
    const result = await run()
    return { result, tookMs: clock.monotonicMs() - beganMs }
  } catch (thrown) {
    if (!isMabeamError(thrown)) throw thrown
    return { code: thrown.code, sentence: thrown.message, tookMs: clock.monotonicMs() - beganMs }
  }
}

const kinds = { decide, auction, market } as const
const change = { timeoutMs: 30_000, signal: new AbortController().signal }

const answers = {
  async start({ engine, where, agents: own, byzantine = {}, attack }: MemberStart): Promise<void> {
    // Those that are killed write nothing.
    flushCompileCache()
    const opener =
      engine === 'nats' ? nats({ servers: where, durability: 'relaxed' }) : local({ directory: String(where[0]) })
    started = await startNode({ engine: opener, name: self.name, telemetry })
    const found = attacks.find(({ name }) => name === attack)
    const minds = found && { minds: traitors([{ attack: found, members: own }]) }
    await coordination(started, { byzantine: { ...byzantine, ...minds } })
    for (const [at, name] of own.entries()) {
      await started.spawn(Person, Number(self.name.slice(1)) + at, { name, scope: 'system', restart: 'permanent' })
    }
  },
  /** The nodes that are seen alive. */
  async members(): Promise<readonly string[]> {
    const all = (await node().membership()).members()
    return all.flatMap(({ name, status }) => (status === 'alive' ? [name] : [])).sort()
  },
  /** Whether names of agents are known here. */
  async knows(names: readonly string[]): Promise<boolean> {
    const directory = await node().directory()
    return names.every((name) => directory.lookup(name) !== undefined)
  },
  be: async (next: Behaviour) => {
    behaviour = next
    for (const answer of held) answer()
    held = []
  },
  run: ({ what, members, spec }: Wanted) =>
    outcome(() => (kinds[what] as (team: object, spec: object) => Promise<Result>)(agents(node(), members), spec)),
  /** How long ago an agent here was asked last. */
  sinceAskedMs: async (): Promise<number> => clock.monotonicMs() - askedMs,
  decided: async (): Promise<readonly Decided[]> => decided,
  counts: async (): Promise<{ readonly [event: string]: number }> => Object.fromEntries(counts),
  stats: async (): Promise<HostStats> => (await coordinated()).replicas.stats(),
  /** Sessions that run, and those that ended. */
  async sessions() {
    const here = await coordinated()
    return { running: here.sessions().length, ended: here.history().map(({ status }) => status) }
  },
  evidence: async (): Promise<readonly FoundEvidence[]> => (await coordinated()).replicas.evidence(),
  expelled: async (): Promise<readonly string[]> => (await coordinated()).replicas.expelled,
  suspects: async (): Promise<readonly string[]> => (await coordinated()).replicas.suspects(),
  async expel(member: string): Promise<string> {
    return (await (await coordinated()).replicas.expel({ member }, change)).end.type
  },
  async readmit({
    member,
    members,
  }: {
    readonly member: string
    readonly members: readonly string[]
  }): Promise<string> {
    const team = agents(node(), members)
    return (await (await coordinated()).replicas.readmit(member, { ...change, members: team.members })).end.type
  },
  residentBytes: async (): Promise<number> => process.memoryUsage.rss(),
  close: () => node().close(),
} as const

export type MemberNode = typeof answers

const self = testedProcess(answers)

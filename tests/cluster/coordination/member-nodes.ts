/** Nodes in processes of their own whose agents coordinate, on one engine. */

import { delay, systemClock } from '@mabeam/foundation'
import { type NodeProcess, nodeProcess } from '@mabeam/foundation/testing'
import { meetingPlace } from '../meeting-place.ts'
import { until } from '../until.ts'
import type { Ended, MemberNode, MemberStart, Wanted } from './member-node.ts'

const module = new URL('./member-node.ts', import.meta.url)
const lookMs = 20

export type Member = NodeProcess<MemberNode>

/** What each node is started with, by its name; its one agent is `m1` on `n1`, and so on. */
export type StartOf = (name: string) => Partial<MemberStart>

/** Disposing kills all. */
export class MemberNodes implements AsyncDisposable {
  readonly engine: MemberStart['engine']
  readonly where: readonly string[]
  /** Who has told that an agent of its was asked. */
  readonly asked = new Set<string>()
  readonly #all = new Map<string, Member>()
  readonly #owned: AsyncDisposableStack

  constructor(engine: MemberStart['engine'], where: readonly string[], owned = new AsyncDisposableStack()) {
    this.engine = engine
    this.where = where
    this.#owned = owned
  }

  /** `count` nodes, on one server or one machine, that know each other's agents. */
  static async open(engine: MemberStart['engine'], count: number, startOf: StartOf = () => ({})): Promise<MemberNodes> {
    const owned = new AsyncDisposableStack()
    const nodes = new MemberNodes(engine, await meetingPlace(engine, owned), owned)
    try {
      await nodes.start(
        Array.from({ length: count }, (_, at) => `n${at + 1}`),
        startOf,
      )
      return nodes
    } catch (thrown) {
      await nodes[Symbol.asyncDispose]()
      throw thrown
    }
  }

  /** In the order of their names; dead ones too. */
  get all(): readonly Member[] {
    return [...this.#all.values()].sort((a, b) => a.name.localeCompare(b.name))
  }

  get running(): readonly Member[] {
    return this.all.filter(({ end }) => end === undefined)
  }

  node(name: string): Member {
    const one = this.#all.get(name)
    if (one === undefined) throw new Error(`there is no ${name}`)
    return one
  }

  async start(names: readonly string[], startOf: StartOf = () => ({})): Promise<void> {
    // The first one is there first: on engine local the others meet in it.
    const [first = '', ...others] = names
    await this.add(first, startOf(first))
    await Promise.all(others.map((name) => this.add(name, startOf(name))))
    await this.meet()
  }

  /** One that is there already under this name is dead. */
  async add(name: string, more: Partial<MemberStart> = {}): Promise<Member> {
    const one = await nodeProcess<MemberNode>({ module, name })
    one.onReport(() => this.asked.add(name))
    this.#all.set(name, one)
    const start = { engine: this.engine, where: this.where, agents: [agentOf(name)], ...more }
    await one.ask('start', start, { timeoutMs: 60_000 })
    return one
  }

  /** Each of those that run sees all of them, and knows their agents. */
  async meet(): Promise<void> {
    const { running } = this
    const names = running.map(({ name }) => name)
    await until(async () => {
      const seen = await Promise.all(
        running.map(async (one) => {
          const members = await one.ask('members', undefined)
          return names.every((name) => members.includes(name)) && (await one.ask('knows', names.map(agentOf)))
        }),
      )
      return seen.every((isAll) => isAll)
    })
  }

  /** None of those that run has anything to agree on: what was decided before is known to all of them. */
  async idle(): Promise<void> {
    for (const one of this.running) await until(async () => (await one.ask('stats', undefined)).running === 0)
  }

  /** All agents behave so from now on. */
  async be(behaviour: Parameters<MemberNode['be']>[0], names = this.running.map(({ name }) => name)): Promise<void> {
    this.asked.clear()
    await Promise.all(names.map((name) => this.node(name).ask('be', behaviour)))
  }

  /** What nodes decided in that agreement, each once, when as many have. */
  async decided(agreement: string, count: number): Promise<readonly string[]> {
    for (;;) {
      const all = await Promise.all(this.running.map((one) => one.ask('decided', undefined)))
      const digests = all.flat().flatMap((one) => (one.agreement === agreement ? [one.digest] : []))
      if (digests.length > count) throw new Error(`${digests.length} decisions of ${count}`)
      if (digests.length === count) return [...new Set(digests)]
      await delay(systemClock, lookMs)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((one) => one.kill()))
    await this.#owned[Symbol.asyncDispose]()
  }
}

export function agentOf(node: string): string {
  return node.replace('n', 'm')
}

/** A session begun by that node, until its end; with time enough for many at once, where none is said. */
export async function run(from: Member, { spec, ...wanted }: Wanted): Promise<Ended> {
  const times = { answerTimeoutMs: 20_000, deadlineMs: 60_000 }
  return await from.ask('run', { ...wanted, spec: { ...times, ...spec } }, { timeoutMs: 100_000 })
}

/** A vote that is agreed on, by default about two options. */
export function vote(members: readonly string[], spec: object = {}): Wanted {
  return { what: 'decide', members, spec: { kind: 'byzantine', options: ['ship', 'wait'], ...spec } }
}

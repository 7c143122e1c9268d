/**
 * What is registered under one id on this node: one agent, or an ecosystem of roles that start and stop together. Joins what a host
 * tells with what is known of each agent's life, and keeps what others can find. One start or stop at a time.
 */

import { type ActorAddress, messageOf, type Strategy } from '@mabeam/foundation'
import { agentStartFailed } from '../errors/registry-errors.ts'
import type { CheckedAgent } from './agent-configuration.ts'
import { agentHealth } from './agent-health.ts'
import { type AgentHost, type HostNews, mailboxCapacityOf, type TellHost } from './agent-host.ts'
import {
  type AgentLife,
  type AgentLifeCommand,
  type AgentLifeEvent,
  agentLifeStep,
  isOver,
  newAgentLife,
} from './agent-life.ts'
import { AgentPublication, type PublicationParts } from './agent-publication.ts'
import type { AgentReport } from './agent-report.ts'
import { joinedReport } from './joined-report.ts'

export interface UnitParts extends PublicationParts {
  readonly historyMax: number
  /** A number that no actor of this node has, and no other agent: what is found elsewhere by its name has none of its own here. */
  readonly nextId: () => number
  /** Told of `agent-started` and the like. */
  readonly told: (event: UnitEvent, agent: UnitAgent) => void
}

export type UnitEvent = 'started' | 'restarted' | 'stopped' | 'failed'

/** One agent of a unit. */
export interface UnitAgent {
  /** Its id; of a role `ecosystem.role`. */
  readonly id: string
  /** Its name in the system; of a replica `id/node`. */
  readonly name: string
  readonly agent: CheckedAgent
  readonly publication: AgentPublication
  life: AgentLife
  /** By its name in the system, for what runs anywhere. */
  readonly anywhere: ActorAddress
  /** Where it runs, if that is on this node and not placed by the system. */
  address: ActorAddress | undefined
}

/** How a unit is kept. */
export interface UnitPlan {
  readonly id: string
  readonly agents: readonly { readonly id: string; readonly agent: CheckedAgent }[]
  /** Of an ecosystem. */
  readonly strategy?: Strategy
  readonly host: (
    agents: readonly { readonly name: string; readonly agent: CheckedAgent }[],
    tell: TellHost,
  ) => AgentHost
}

export class RegisteredUnit {
  readonly id: string
  readonly strategy: Strategy | undefined
  readonly agents: readonly UnitAgent[]
  readonly #parts: UnitParts
  readonly #host: AgentHost
  /** What is under way and what waits for it. Never rejects. */
  #queue: Promise<void> = Promise.resolve()

  constructor(parts: UnitParts, plan: UnitPlan) {
    const { id, agents, strategy, host } = plan
    this.#parts = parts
    this.id = id
    this.strategy = strategy
    this.agents = agents.map(({ id: agentId, agent }) => unitAgent(parts, agentId, agent))
    this.#host = host(
      this.agents.map(({ name, agent }) => ({ name, agent })),
      (name, news) => this.#onNews(name, news),
    )
  }

  /** Resolves when all agents run and can be found. Rejects with `coordination/agent-start-failed`. */
  start(): Promise<void> {
    return this.#inTurn(() => this.#start())
  }

  /** `because`: where nobody asked for it. */
  stop(because?: string): Promise<void> {
    return this.#inTurn(() => this.#stop(because))
  }

  restart(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stop()
      await this.#start()
    })
  }

  report(one: UnitAgent): AgentReport {
    const { node } = this.#parts
    const { id, name, agent, life } = one
    const { type, capabilities, resources, placement } = agent
    const isHere = life.status === 'running'
    const inspected = isHere ? this.#host.inspect(name) : undefined
    const runsOn = isHere ? this.#host.nodeOf(name) : undefined
    const memory = inspected?.thread
    return {
      ...{ id, type, capabilities, resources, placement, registeredOn: node.name },
      ...(runsOn !== undefined && { node: runsOn }),
      ...(this.strategy !== undefined && { ecosystem: this.id }),
      status: life.status,
      health: agentHealth({
        status: life.status,
        mailboxSize: inspected?.mailboxSize,
        mailboxCapacity: mailboxCapacityOf(agent),
        handlerMs: inspected?.handler?.forMs,
        runningMs: node.clock.nowMs() - life.sinceMs,
        restarts: life.restarts,
      }),
      sinceMs: life.sinceMs,
      starts: life.starts,
      restarts: life.restarts,
      ...(life.lastExit !== undefined && { lastExit: life.lastExit }),
      ...(inspected !== undefined && { mailboxSize: inspected.mailboxSize }),
      ...(memory !== undefined && { memory }),
    }
  }

  /** An agent by its own name, or an ecosystem as if it were one. */
  summary(): AgentReport {
    const reports = this.agents.map((one) => this.report(one))
    return this.strategy === undefined ? (reports[0] as AgentReport) : joinedReport(this.id, reports)
  }

  /** Ends all of it. Never rejects. */
  async close(): Promise<void> {
    await this.stop().catch(() => {})
    await Promise.all(this.agents.map(({ publication }) => publication.close()))
  }

  async #start(): Promise<void> {
    if (this.agents.every(({ life }) => !isOver(life.status))) return
    // Of an ecosystem some roles may have ended for good while others run: it starts anew as a whole.
    if (this.agents.some(({ life }) => !isOver(life.status))) await this.#stop()
    // Where all have ended by themselves what supervised them may still be there, and has their names.
    else await this.#host.stop().catch(() => {})
    for (const one of this.agents) this.#take(one, { type: 'start-asked' })
    try {
      await this.#host.start()
      await Promise.all(this.agents.map(({ publication, agent }) => publication.settled(agent.startMs)))
    } catch (thrown) {
      await this.#host.stop().catch(() => {})
      const because = messageOf(thrown)
      for (const one of this.agents) this.#fail(one, because)
      throw agentStartFailed(this.id, thrown)
    }
  }

  async #stop(because?: string): Promise<void> {
    for (const one of this.agents) this.#take(one, { type: 'stop-asked' })
    await this.#host.stop()
    await Promise.allSettled(this.agents.map(({ publication, agent }) => publication.settled(agent.shutdownMs)))
    const why = because === undefined ? {} : { because }
    for (const one of this.agents) this.#take(one, { type: 'stopped', ...why })
  }

  /** One that was up already when another kept the unit from starting was stopped with it. */
  #fail(one: UnitAgent, because: string): void {
    if (one.life.status === 'starting') this.#take(one, { type: 'start-failed', because })
    else {
      this.#take(one, { type: 'stop-asked' })
      this.#take(one, { type: 'stopped' })
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => {})
    return done
  }

  #onNews(name: string, news: HostNews): void {
    const one = this.agents.find((agent) => agent.name === name)
    if (one === undefined) return
    if (news.type === 'up') one.address = news.address
    this.#take(one, news.type === 'up' ? { type: 'up' } : news)
  }

  #take(one: UnitAgent, event: WithoutTime<AgentLifeEvent>): void {
    const [life, commands] = agentLifeStep(one.life, { ...event, atMs: this.#parts.node.clock.nowMs() })
    one.life = life
    for (const command of commands) this.#carryOut(one, command)
  }

  #carryOut(one: UnitAgent, command: AgentLifeCommand): void {
    const { publication, address, anywhere } = one
    switch (command.type) {
      case 'publish':
        publication.want({ instance: address ?? anywhere, name: address && byName(address) })
        break
      case 'withdraw':
        publication.want({ instance: undefined, name: command.forGood ? undefined : address && byName(address) })
        break
      case 'tell':
        this.#parts.told(command.event, one)
    }
  }
}

type WithoutTime<E> = E extends unknown ? Omit<E, 'atMs'> : never

/** Of whatever life has the name on its node: what is called survives a restart. */
function byName({ system, node, epoch, name }: ActorAddress): ActorAddress {
  return { system, node, epoch, id: 0, ...(name !== undefined && { name }) }
}

function unitAgent(parts: UnitParts, id: string, agent: CheckedAgent): UnitAgent {
  const { node, historyMax, nextId } = parts
  const { type, capabilities, resources, placement } = agent
  const name = placement === 'replicated' ? `${id}/${node.name}` : id
  const metadata = { agent: name, id, type, placement, resources }
  const publication = new AgentPublication(parts, { name, service: serviceOf(type), capabilities, metadata })
  const { system, name: here, epoch } = node
  const anywhere: ActorAddress = { system, node: here, epoch, id: nextId(), name, scope: 'system' }
  const life = newAgentLife(node.clock.nowMs(), historyMax)
  return { id, name, agent, publication, life, anywhere, address: undefined }
}

/** The service under which agents of a type are found. */
export function serviceOf(type: string): string {
  return `agents.${type}`
}

/** The registry of one node: its units, those of other nodes by their registrars, and what is found of all. */

import {
  type ActorRef,
  checkOptions,
  type Directory,
  limitReached,
  type Node,
  rule,
  type ServiceInstance,
  type Services,
} from '@mabeam/foundation'
import type { Team } from '../agents/team.ts'
import { agentExists, agentInEcosystem, registryClosed, unknownAgent } from '../errors/registry-errors.ts'
import {
  type AgentConfiguration,
  type AgentResources,
  checkConfiguration,
  checkedAgent,
} from './agent-configuration.ts'
import type { AgentHistoryEntry } from './agent-life.ts'
import { AgentMarks } from './agent-marks.ts'
import { agentDefinition } from './agent-module.ts'
import type { PublicationParts } from './agent-publication.ts'
import type { AgentRegistry, AgentRegistryOptions, AgentWaitOptions, RegisterAgentOptions } from './agent-registry.ts'
import type { AgentQuery, AgentReport, EcosystemReport, FoundAgent, ResourceReport } from './agent-report.ts'
import { checkEcosystem, type EcosystemConfiguration, ecosystemPlan } from './ecosystem.ts'
import { foundAgents, isAsked } from './found-agents.ts'
import { placedHost } from './hosts/placed.ts'
import { remoteHost } from './hosts/remote.ts'
import { supervisedHost } from './hosts/supervised.ts'
import {
  RegisteredUnit,
  serviceOf,
  type UnitAgent,
  type UnitEvent,
  type UnitParts,
  type UnitPlan,
} from './registered-unit.ts'
import { doneBy, Registrar, type RegistrarDoor, registrarOf } from './registrar.ts'
import { capacityOf, sumOf } from './registry-resources.ts'
import { whileWanted } from './while-wanted.ts'

/** Options have been checked. */
export async function openRegistry(node: Node, settings: Required<AgentRegistryOptions>): Promise<AgentRegistry> {
  const [directory, services] = [await node.directory(), await node.services()]
  const registry = new NodeRegistry({ node, directory, services }, settings)
  await registry.open()
  return registry
}

/** What an id stands for on this node. */
interface Own {
  readonly unit: RegisteredUnit
  /** Of an agent; none where it is the ecosystem that is meant. */
  readonly one: UnitAgent | undefined
}

class NodeRegistry implements AgentRegistry, RegistrarDoor {
  readonly #node: Node
  readonly #settings: Required<AgentRegistryOptions>
  readonly #directory: Directory
  readonly #services: Services
  readonly #marks: AgentMarks
  readonly #units = new Map<string, RegisteredUnit>()
  /** Being registered, or forgotten. */
  readonly #coming = new Set<string>()
  /** Registered, and being registered. */
  #agents = 0
  #lastId = 0
  #used: { readonly of: readonly ServiceInstance[]; readonly sum: AgentResources } = { of: [], sum: {} }
  #registrar: ActorRef<typeof Registrar> | undefined
  #endLost: () => void = () => {}
  #closing: Promise<void> | undefined

  constructor({ node, directory, services }: PublicationParts, settings: Required<AgentRegistryOptions>) {
    this.#node = node
    this.#settings = settings
    this.#directory = directory
    this.#services = services
    this.#marks = new AgentMarks(node, directory)
  }

  async open(): Promise<void> {
    const how = { name: registrarOf(this.#node.name), scope: 'system', restart: 'permanent' } as const
    this.#registrar = await this.#node.spawn(Registrar, this, how)
    this.#endLost = this.#directory.onLost(({ kind, name }) => this.#onLost(kind, name))
  }

  async register(configuration: AgentConfiguration, options: RegisterAgentOptions = {}): Promise<void> {
    checkConfiguration(`agent ${String(configuration?.id)}`, configuration)
    await this.#add(configuration.id, options, async () => this.#planOf(configuration))
  }

  async registerEcosystem(ecosystem: EcosystemConfiguration, options: RegisterAgentOptions = {}): Promise<void> {
    checkEcosystem(ecosystem)
    await this.#add(ecosystem.id, options, () => ecosystemPlan(this.#node, ecosystem))
  }

  async unregister(id: string): Promise<void> {
    const unit = this.#own(id, true)?.unit
    if (unit === undefined) throw unknownAgent(id, this.#ids)
    await this.#remove(unit)
  }

  start(id: string, options: AgentWaitOptions = {}): Promise<void> {
    return this.#asked('start', id, options)
  }

  stop(id: string, options: AgentWaitOptions = {}): Promise<void> {
    return this.#asked('stop', id, options)
  }

  restart(id: string, options: AgentWaitOptions = {}): Promise<void> {
    return this.#asked('restart', id, options)
  }

  async status(id: string, { signal }: AgentWaitOptions = {}): Promise<AgentReport> {
    const { of, at } = replicaOf(id)
    const own = at === undefined || at === this.#node.name ? this.reportOf(of) : undefined
    if (own !== undefined) return own
    const reply = await whileWanted(this.#registrarFor(of, at).call('status', of), signal)
    return doneBy<AgentReport>(reply)
  }

  async history(id: string, { signal }: AgentWaitOptions = {}): Promise<readonly AgentHistoryEntry[]> {
    const { of, at } = replicaOf(id)
    const own = at === undefined || at === this.#node.name ? this.historyOf(of) : undefined
    if (own !== undefined) return own
    const reply = await whileWanted(this.#registrarFor(of, at).call('history', of), signal)
    return doneBy<readonly AgentHistoryEntry[]>(reply)
  }

  list(query: AgentQuery = {}): readonly AgentReport[] {
    checkQuery('list', query)
    const all = [...this.#units.values()].flatMap((unit) =>
      unit.agents.filter((one) => isAsked(one.agent, one.id, query)).map((one) => unit.report(one)),
    )
    return all.sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  ecosystems(): readonly EcosystemReport[] {
    return [...this.#units.values()].flatMap((unit) => {
      const { id, strategy, agents } = unit
      return strategy === undefined ? [] : [{ id, strategy, roles: agents.map((one) => unit.report(one)) }]
    })
  }

  find(query: AgentQuery = {}): readonly FoundAgent[] {
    checkQuery('find', query)
    const { capability, type } = query
    const instances = this.#services.discover({
      ...(capability !== undefined && { capability }),
      ...(type !== undefined && { name: serviceOf(type) }),
    })
    return foundAgents(instances, query)
  }

  team(query: AgentQuery): Team {
    const members = this.find(query).map(({ id, capabilities }) => ({ id, capabilities, actor: this.#node.named(id) }))
    return Object.freeze({ node: this.#node, members: Object.freeze(members) })
  }

  async resources(): Promise<ResourceReport> {
    const membership = await this.#node.membership()
    const instances = this.#services.discover()
    // The same array stands for the same agents.
    if (this.#used.of !== instances) {
      this.#used = { of: instances, sum: sumOf(foundAgents(instances, {}).map((one) => one.resources)) }
    }
    return { capacity: capacityOf(membership.members()), used: this.#used.sum }
  }

  async startOwn(id: string): Promise<void> {
    await this.#unitOf(id).start()
  }

  async stopOwn(id: string): Promise<void> {
    await this.#unitOf(id).stop()
  }

  async restartOwn(id: string): Promise<void> {
    await this.#unitOf(id).restart()
  }

  reportOf(id: string): AgentReport | undefined {
    const own = this.#own(id, false)
    if (own === undefined) return undefined
    return own.one === undefined ? own.unit.summary() : own.unit.report(own.one)
  }

  historyOf(id: string): readonly AgentHistoryEntry[] | undefined {
    return this.#own(id, false)?.one?.life.history
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#endLost()
    for (const unit of [...this.#units.values()].reverse()) await this.#remove(unit).catch(() => {})
    // It ends with the node where that is closing already.
    if (this.#registrar !== undefined) await this.#node.stop(this.#registrar).catch(() => {})
  }

  /** As plain data says it, on the host that fits its placement. */
  async #planOf(configuration: AgentConfiguration): Promise<UnitPlan> {
    const agent = checkedAgent(configuration, await agentDefinition(configuration))
    const { id, placement, restartsMax, windowMs } = agent
    const node = this.#node
    const plan = { id, agents: [{ id, agent }] }
    if (placement === 'singleton' || placement === 'replicated') {
      return { ...plan, host: ([hosted], tell) => placedHost(node, hosted ?? { name: id, agent }, tell) }
    }
    if (placement !== 'local' && placement.node !== node.name) {
      const there = placement.node
      return { ...plan, host: (_, tell) => remoteHost(node, { hosted: { name: id, agent }, there }, tell) }
    }
    const kept = { name: id, strategy: 'one-for-one', restartsMax, windowMs } as const
    return { ...plan, host: (agents, tell) => supervisedHost(node, { ...kept, agents }, tell) }
  }

  async #add(id: string, options: RegisterAgentOptions, plan: () => Promise<UnitPlan>): Promise<void> {
    checkOptions('register', options, { start: rule.optional(rule.boolean()) })
    this.#throwIfClosed()
    if (this.#units.has(id) || this.#coming.has(id)) throw agentExists(id, this.#node.name)
    this.#coming.add(id)
    let agents = 0
    try {
      const unit = new RegisteredUnit(this.#parts, await plan())
      const { agentsMax } = this.#settings
      if (this.#agents + unit.agents.length > agentsMax) {
        throw limitReached(`agent registry of node ${this.#node.name}`, 'agentsMax', agentsMax)
      }
      agents = unit.agents.length
      this.#agents += agents
      await this.#marks.put(id, isShared(unit))
      if (this.#closing !== undefined) await this.#marks.take(id)
      this.#throwIfClosed()
      this.#units.set(id, unit)
      this.#tell('registered', unit.agents)
    } catch (thrown) {
      this.#agents -= agents
      throw thrown
    } finally {
      this.#coming.delete(id)
    }
    if (options.start !== true) return
    try {
      await this.#unitOf(id).start()
    } catch (thrown) {
      await this.unregister(id)
      throw thrown
    }
  }

  /** Until that is done its id is taken. */
  async #remove(unit: RegisteredUnit): Promise<void> {
    const { id } = unit
    await unit.close()
    if (!this.#units.delete(id)) return
    this.#agents -= unit.agents.length
    this.#coming.add(id)
    await this.#marks.take(id)
    this.#coming.delete(id)
  }

  /** This node was held for gone, and its id or name is another's by now: of two of an id one has to go. */
  #onLost(kind: string, name: string): void {
    if (kind !== 'name') return
    for (const unit of this.#units.values()) {
      const isMine = this.#marks.isOf(unit.id, name) || unit.agents.some((one) => one.name === name)
      if (isMine) void unit.stop('its name was taken over by another node').catch(() => {})
    }
  }

  /** On all nodes that have registered it, this one among them. */
  async #asked(what: 'start' | 'stop' | 'restart', id: string, { signal }: AgentWaitOptions): Promise<void> {
    this.#throwIfClosed()
    const own = this.#own(id, true)
    const others = this.#registrars(id)
    if (own === undefined && others.length === 0) throw unknownAgent(id, this.#ids)
    const work: Promise<unknown>[] = others.map(async (registrar) => doneBy(await registrar.call(what, id)))
    if (own !== undefined) work.unshift(own.unit[what]())
    await whileWanted(Promise.all(work), signal)
  }

  /** Of the nodes besides this one. */
  #registrars(id: string): readonly ActorRef<typeof Registrar>[] {
    const others = this.#marks.nodesOf(ecosystemOf(id)).filter((name) => name !== this.#node.name)
    return others.map((name) => this.#node.lookup(Registrar, registrarOf(name)))
  }

  /** Of the node that has it, or of that one of them. */
  #registrarFor(id: string, at: string | undefined): ActorRef<typeof Registrar> {
    this.#throwIfClosed()
    if (at !== undefined && this.#marks.nodesOf(id).includes(at)) return this.#node.lookup(Registrar, registrarOf(at))
    const [first] = this.#registrars(id)
    if (first === undefined || at !== undefined) throw unknownAgent(at === undefined ? id : `${id}/${at}`, this.#ids)
    return first
  }

  #own(id: string, isUnit: boolean): Own | undefined {
    const unit = this.#units.get(id)
    if (unit !== undefined) return { unit, one: unit.strategy === undefined ? unit.agents[0] : undefined }
    const of = this.#units.get(ecosystemOf(id))
    const one = of?.agents.find((agent) => agent.id === id)
    if (of === undefined || one === undefined) return undefined
    if (isUnit) throw agentInEcosystem(id, of.id)
    return { unit: of, one }
  }

  #unitOf(id: string): RegisteredUnit {
    const own = this.#own(id, true)
    if (own === undefined) throw unknownAgent(id, this.#ids)
    return own.unit
  }

  get #ids(): readonly string[] {
    return [...new Set([...this.#units.keys(), ...this.find().map((one) => one.id)])]
  }

  get #parts(): UnitParts {
    return {
      node: this.#node,
      directory: this.#directory,
      services: this.#services,
      historyMax: this.#settings.historyMax,
      nextId: () => --this.#lastId,
      told: (event, one) => this.#tell(event, [one]),
    }
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw registryClosed(this.#node.name)
  }

  #tell(event: UnitEvent | 'registered', agents: readonly UnitAgent[]): void {
    const { telemetry, name: node } = this.#node
    if (!telemetry.enabled) return
    for (const { id, agent, life } of agents) {
      const because = life.lastExit !== undefined && event !== 'started' ? { because: life.lastExit } : {}
      const measurements = { starts: life.starts, restarts: life.restarts }
      const metadata = { node, agent: id, type: agent.type, ...because }
      telemetry.emit({ name: `coordination.agent-${event}`, measurements, metadata })
    }
  }
}

/** Whether several nodes may have it. */
function isShared({ agents }: RegisteredUnit): boolean {
  const placement = agents[0]?.agent.placement
  return placement === 'singleton' || placement === 'replicated'
}

function checkQuery(owner: string, query: AgentQuery): void {
  checkOptions(owner, query, {
    capability: rule.optional(rule.string()),
    type: rule.optional(rule.string()),
    ids: rule.optional(rule.array()),
  })
}

/** A replica by its node; all else as it is. */
function replicaOf(id: string): { readonly of: string; readonly at: string | undefined } {
  const [of = id, at] = id.split('/', 2)
  return { of, at }
}

/** Of a role that of its ecosystem, of all others their own. */
function ecosystemOf(id: string): string {
  return id.split('.', 1)[0] ?? id
}

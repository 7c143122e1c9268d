/** Coordination on one node: its protocols, the sessions that run, and those that were. */

import { isDeepStrictEqual } from 'node:util'
import {
  checkOptions,
  definedOptions,
  invalidOption,
  limitReached,
  type Node,
  rule,
  seededRandom,
} from '@mabeam/foundation'
import { checkTeam, type Team, type TeamMember } from './agents/team.ts'
import { builtInProtocols } from './built-in-protocols.ts'
import { byzantineCollector } from './byzantine/runtime/byzantine-collector.ts'
import type { ReplicaHostOptions } from './byzantine/runtime/host-options.ts'
import { openReplicaHost, type ReplicaHost } from './byzantine/runtime/replica-host.ts'
import { invalidTeam, optionsDiffer, sessionCancelled } from './errors/session-errors.ts'
import type { Collector } from './sessions/collector.ts'
import { directCollector } from './sessions/collectors/direct.ts'
import type { OutcomeOf, Protocol, SpecOf } from './sessions/protocol.ts'
import { checkProtocol, ProtocolRegistry } from './sessions/protocol-registry.ts'
import { RunningSession } from './sessions/running-session.ts'
import type { Integrity, Session, SessionOptions, SessionReport } from './sessions/session.ts'
import { type AgentParticipation, type HistoryQuery, SessionHistory } from './sessions/session-history.ts'
import { type SessionSettings, sessionDefaults, sessionSettings } from './sessions/session-options.ts'

export interface CoordinationOptions {
  /** Sessions at once; the one too many is refused with `foundation/limit-reached`. @default 1000 */
  readonly sessionsMax?: number
  /** Ended sessions that are remembered. @default 1000 */
  readonly historyMax?: number
  /** How members of this node come to agree. @default {} */
  readonly byzantine?: ReplicaHostOptions
  /** In place of what is there, for a session of that team. @default {} */
  readonly collectors?: { readonly [I in Integrity]?: (team: Team) => Collector }
}

const coordinationDefaults = {
  sessionsMax: 1_000,
  historyMax: 1_000,
  byzantine: {},
  collectors: {},
} as const satisfies Required<CoordinationOptions>

/** What there is once on a node; ends with it. */
export interface Coordination extends AsyncDisposable {
  /**
   * Adds a protocol under its name and returns what takes it off again. Throws `coordination/protocol-taken`,
   * `coordination/invalid-protocol`, and `foundation/limit-reached` for more than 10,000.
   */
  register(protocol: Protocol): () => void
  /** Names of the protocols that are registered: kinds of decisions, auctions and markets, `barrier`, and what was added. */
  readonly protocols: readonly string[]
  /**
   * Starts a session of a registered protocol, or of one that is given. Throws `coordination/unknown-protocol`, what the protocol has
   * against the specification, `foundation/invalid-option`, `coordination/session-cancelled` after the end, and `signal.reason` where it is aborted already.
   */
  start<P extends Protocol>(team: Team, protocol: P, what: SessionStart<SpecOf<P>>): Session<OutcomeOf<P>>
  start(team: Team, protocol: string, what: SessionStart<unknown>): Session
  /** Those that run. */
  sessions(): readonly Session[]
  /** One that runs. */
  session(id: string): Session | undefined
  /** Those that ended, the last one last. Of an outcome of more than 64 KiB only its type is kept. */
  history(query?: HistoryQuery): readonly SessionReport[]
  /**
   * Replicas of the members of this node, and what they found out about others: evidence, suspects, who is expelled. Every node whose
   * agents are to agree with others needs its coordination open.
   */
  readonly replicas: ReplicaHost
  /** How an agent took part in sessions started here, if it was ever asked. */
  participation(agent: string): AgentParticipation | undefined
}

/** What is agreed on, and how. */
export interface SessionStart<Spec> {
  readonly spec: Spec
  readonly options?: SessionOptions
}

/**
 * The coordination of a node, opened when it is first asked for. Rejects with `foundation/invalid-option`,
 * `coordination/options-differ` for others than it was opened with, and `foundation/node-stopped`.
 *
 * @example const { result } = (await coordination(node)).start(team, 'barrier', { spec: { label: 'loaded' } })
 */
export async function coordination(node: Node, options: CoordinationOptions = {}): Promise<Coordination> {
  checkOptions('coordination', options, {
    sessionsMax: rule.optional(rule.int(1)),
    historyMax: rule.optional(rule.int(0, 1_000_000)),
    byzantine: rule.optional(rule.object()),
    collectors: rule.optional(rule.object()),
  })
  checkOptions('coordination: collectors', options.collectors ?? {}, {
    direct: rule.optional(rule.fn()),
    byzantine: rule.optional(rule.fn()),
  })
  const settings = { ...coordinationDefaults, ...definedOptions(options) }
  const here = await node.part('coordination', async () => {
    return new NodeCoordination(node, settings, await openReplicaHost(node, settings.byzantine))
  })
  here.checkSame(options)
  return here
}

class NodeCoordination implements Coordination {
  readonly #node: Node
  readonly #settings: Required<CoordinationOptions>
  readonly replicas: ReplicaHost
  readonly #collectors: { readonly [I in Integrity]: (team: Team) => Collector }
  readonly #registry = new ProtocolRegistry()
  readonly #sessions = new Map<string, Session>()
  readonly #history: SessionHistory
  #started = 0
  #isClosed = false

  constructor(node: Node, settings: Required<CoordinationOptions>, replicas: ReplicaHost) {
    this.#node = node
    this.#settings = settings
    this.replicas = replicas
    const direct = directCollector(node.clock)
    const byzantine = (team: Team) => byzantineCollector(replicas, team)
    this.#collectors = { direct: () => direct, byzantine, ...definedOptions(settings.collectors) }
    this.#history = new SessionHistory(settings.historyMax)
    for (const protocol of builtInProtocols(node)) this.register(protocol)
  }

  /** Throws `coordination/options-differ`. */
  checkSame(options: CoordinationOptions): void {
    for (const key of Object.keys(options) as (keyof CoordinationOptions)[]) {
      if (options[key] !== undefined && !isDeepStrictEqual(options[key], this.#settings[key]))
        throw optionsDiffer(this.#node.name, key)
    }
  }

  register(protocol: Protocol): () => void {
    return this.#registry.register(protocol)
  }

  get protocols(): readonly string[] {
    return this.#registry.names
  }

  start(team: Team, protocol: Protocol | string, what: SessionStart<unknown>): Session {
    checkOptions('start', what, { spec: rule.optional(rule.any()), options: rule.optional(rule.object()) })
    const { spec, options = {} } = what
    const { name: node, system, epoch, clock, telemetry } = this.#node
    const found = typeof protocol === 'string' ? this.#registry.find(protocol) : protocol
    checkProtocol(found)
    const given = sessionSettings(options)
    const members = membersOf(team)
    given.signal?.throwIfAborted()
    const checked = found.check(
      spec,
      [...members.values()].map(({ id, capabilities }) => ({ id, capabilities })),
    )
    const integrity = integrityOf(found, spec, options)
    const settings = { ...given, integrity }
    const [collector, direct] = [this.#collectors[integrity](team), this.#collectors.direct(team)]
    const { sessionsMax } = this.#settings
    const id = `${system}/${node}/${epoch}/${++this.#started}`
    if (this.#isClosed) throw sessionCancelled(id, 'the node is closed')
    if (this.#sessions.size >= sessionsMax) throw limitReached(`node ${node}`, 'sessionsMax', sessionsMax)
    const session = new RunningSession({
      id,
      protocol: found,
      spec: checked,
      members,
      settings,
      collector,
      direct,
      clock,
      random: this.#randomOf(settings),
      telemetry,
      onAnswer: (answer) => this.#history.heard(answer),
      onEnd: (report) => {
        this.#sessions.delete(id)
        this.#history.add(report)
      },
    })
    this.#sessions.set(id, session)
    session.begin()
    return session
  }

  sessions(): readonly Session[] {
    return [...this.#sessions.values()]
  }

  session(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  history(query: HistoryQuery = {}): readonly SessionReport[] {
    checkOptions('history', query, {
      protocol: rule.optional(rule.string()),
      agent: rule.optional(rule.string()),
      limit: rule.optional(rule.int(0)),
    })
    return this.#history.list(query)
  }

  participation(agent: string): AgentParticipation | undefined {
    return this.#history.participation(agent)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const session of this.sessions()) session.cancel('the node is closed')
    await this.replicas[Symbol.asyncDispose]()
  }

  #randomOf({ seed }: SessionSettings) {
    return seed === undefined ? this.#node.random.fork(`coordination/${this.#started}`) : seededRandom(seed)
  }
}

/** Throws `foundation/invalid-option` for `direct` where answers must be agreed on. */
function integrityOf(protocol: Protocol, spec: unknown, { integrity }: SessionOptions): Integrity {
  if (protocol.needsAgreement?.(spec) !== true) return integrity ?? sessionDefaults.integrity
  if (integrity !== 'direct') return 'byzantine'
  throw invalidOption(protocol.name, 'integrity', "'byzantine', which it always has", integrity)
}

/** Throws `coordination/invalid-team` for one that was not made by `agents`, and for nobody. */
function membersOf(team: Team): ReadonlyMap<string, TeamMember> {
  checkTeam(team)
  const members = new Map<string, TeamMember>(team.members.map((member: TeamMember) => [member.id, member]))
  if (members.size < team.members.length) throw invalidTeam('each agent once', 'one of them twice')
  return members
}

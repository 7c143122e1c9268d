/** Agents of this node under one supervisor: a single one, or the roles of an ecosystem. */

import {
  type ActorInspection,
  type ActorRef,
  child,
  type ExitReason,
  type Node,
  type Strategy,
  type Supervisor,
} from '@mabeam/foundation'
import { type AgentHost, actorOptions, type HostedAgent, type TellHost } from '../agent-host.ts'
import { RestartLook } from './restart-look.ts'

/** What stands under one supervisor. */
export interface SupervisedGroup {
  readonly name: string
  readonly strategy: Strategy
  readonly restartsMax: number
  readonly windowMs: number
  /** In the order of starting. */
  readonly agents: readonly HostedAgent[]
}

export function supervisedHost(node: Node, group: SupervisedGroup, tell: TellHost): AgentHost {
  return new SupervisedHost(node, group, tell)
}

class SupervisedHost implements AgentHost {
  readonly #node: Node
  readonly #group: SupervisedGroup
  readonly #tell: TellHost
  readonly #looks: RestartLook
  readonly #monitors = new Map<string, () => void>()
  #supervisor: Supervisor | undefined

  constructor(node: Node, group: SupervisedGroup, tell: TellHost) {
    this.#node = node
    this.#group = group
    this.#tell = tell
    this.#looks = new RestartLook(node.clock)
  }

  async start(): Promise<void> {
    const { name, strategy, restartsMax, windowMs, agents } = this.#group
    const children = agents.map(({ name: id, agent }) =>
      child(agent.definition, agent.arg, { id, name: id, restart: agent.restart, ...actorOptions(agent) }),
    )
    const supervisor = await this.#node
      .supervise({ name, strategy, restartsMax, windowMs, children })
      .catch((thrown: Error) => {
        // Of what kept a child from starting the sentence of the child says more.
        throw thrown.cause ?? thrown
      })
    this.#supervisor = supervisor
    for (const one of agents) this.#look(one)
    void supervisor.stopped.then((reason) => this.#onStopped(supervisor, reason))
  }

  async stop(): Promise<void> {
    const supervisor = this.#supervisor
    this.#forget()
    await supervisor?.stop()
  }

  inspect(name: string): ActorInspection | undefined {
    const ref = this.#refOf(name)
    return ref && this.#node.inspect(ref)
  }

  nodeOf(): string {
    return this.#node.name
  }

  /** Whether nothing more is to be looked for. */
  #look(one: HostedAgent): boolean {
    const supervisor = this.#supervisor
    if (supervisor === undefined) return true
    const { status, lastExit } = this.#childOf(supervisor, one.name)
    if (status === 'stopped') {
      this.#tell(one.name, { type: 'gone', reason: lastExit ?? { type: 'normal' } })
      return true
    }
    const ref = this.#refOf(one.name)
    if (status !== 'running' || ref === undefined) return false
    this.#tell(one.name, { type: 'up', address: ref.address })
    this.#monitors.set(
      one.name,
      ref.monitor((reason) => this.#onExit(one, reason)),
    )
    return true
  }

  /** Its supervisor has decided by now, and mostly has started it again already. */
  #onExit(one: HostedAgent, reason: ExitReason): void {
    const supervisor = this.#supervisor
    if (supervisor === undefined) return
    this.#monitors.delete(one.name)
    if (this.#childOf(supervisor, one.name).status !== 'stopped') this.#tell(one.name, { type: 'down', reason })
    if (!this.#look(one)) this.#looks.again(one.name, () => this.#look(one))
  }

  #onStopped(supervisor: Supervisor, reason: ExitReason): void {
    if (this.#supervisor !== supervisor) return
    this.#forget()
    for (const { name } of this.#group.agents) this.#tell(name, { type: 'gone', reason })
  }

  #forget(): void {
    this.#supervisor = undefined
    this.#looks.end()
    for (const end of this.#monitors.values()) end()
    this.#monitors.clear()
  }

  #childOf(supervisor: Supervisor, name: string) {
    const found = supervisor.tree().children.find(({ id }) => id === name)
    return found ?? { status: 'stopped' as const, lastExit: undefined }
  }

  #refOf(name: string): ActorRef | undefined {
    const one = this.#group.agents.find((agent) => agent.name === name)
    return one && this.#supervisor?.child(one.agent.definition, name)
  }
}

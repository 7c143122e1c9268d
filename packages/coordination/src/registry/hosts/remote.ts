/**
 * An agent that is started on another node, which has its definition, and supervised there. Restarts there are noticed a moment late,
 * by its name: that stays in the directory for as long as its supervisor is there.
 */

import type { ActorInspection, ActorRef, ExitReason, Node } from '@mabeam/foundation'
import { type AgentHost, actorOptions, type HostedAgent, type TellHost } from '../agent-host.ts'
import { RestartLook } from './restart-look.ts'

/** `there`: the name of the other node. */
export function remoteHost(node: Node, { hosted, there }: RemoteAgent, tell: TellHost): AgentHost {
  return new RemoteHost(node, { hosted, there }, tell)
}

export interface RemoteAgent {
  readonly hosted: HostedAgent
  readonly there: string
}

class RemoteHost implements AgentHost {
  readonly #node: Node
  readonly #remote: RemoteAgent
  readonly #tell: TellHost
  readonly #looks: RestartLook
  #ref: ActorRef | undefined
  #endMonitor: () => void = () => {}

  constructor(node: Node, remote: RemoteAgent, tell: TellHost) {
    this.#node = node
    this.#remote = remote
    this.#tell = tell
    this.#looks = new RestartLook(node.clock)
  }

  async start(): Promise<void> {
    const { hosted, there } = this.#remote
    const { definition, arg, restart, restartsMax, windowMs } = hosted.agent
    const kept = { ...actorOptions(hosted.agent), restart, restartsMax, windowMs }
    this.#ref = await this.#node.spawn(definition, arg, { ...kept, node: there, name: hosted.name, scope: 'system' })
    await this.#up()
  }

  async stop(): Promise<void> {
    const ref = this.#ref
    this.#forget()
    if (ref !== undefined) await this.#node.stop(ref)
  }

  inspect(): ActorInspection | undefined {
    return undefined
  }

  nodeOf(): string {
    return this.#remote.there
  }

  async #up(): Promise<void> {
    this.#tell(this.#remote.hosted.name, { type: 'up', address: undefined })
    this.#endMonitor = this.#ref?.monitor((reason) => void this.#onExit(reason)) ?? this.#endMonitor
  }

  async #onExit(reason: ExitReason): Promise<void> {
    const { name } = this.#remote.hosted
    const directory = await this.#node.directory()
    if (this.#ref === undefined) return
    if (reason.type === 'node-down' || reason.type === 'no-such-actor') return this.#gone(reason)
    this.#tell(name, { type: 'down', reason })
    this.#looks.again(name, () => {
      if (directory.lookup(name) === undefined) this.#gone(reason)
      else void this.#up()
      return true
    })
  }

  #gone(reason: ExitReason): void {
    this.#forget()
    this.#tell(this.#remote.hosted.name, { type: 'gone', reason })
  }

  #forget(): void {
    this.#ref = undefined
    this.#looks.end()
    this.#endMonitor()
  }
}

/** An agent that the system places: once, or once on each node that registers it. Restarts and fail-over are the placement's. */

import type { ActorInspection, ExitReason, Node, Placed, PlaceRequirements } from '@mabeam/foundation'
import type { CheckedAgent } from '../agent-configuration.ts'
import { type AgentHost, actorOptions, type HostedAgent, type TellHost } from '../agent-host.ts'
import { RestartLook } from './restart-look.ts'

/** Requires: its placement is `singleton` or `replicated`. */
export function placedHost(node: Node, hosted: HostedAgent, tell: TellHost): AgentHost {
  return new PlacedHost(node, hosted, tell)
}

class PlacedHost implements AgentHost {
  readonly #node: Node
  readonly #hosted: HostedAgent
  readonly #tell: TellHost
  readonly #looks: RestartLook
  #placed: Placed<CheckedAgent['definition']> | undefined
  #endMonitor: () => void = () => {}

  constructor(node: Node, hosted: HostedAgent, tell: TellHost) {
    this.#node = node
    this.#hosted = hosted
    this.#tell = tell
    this.#looks = new RestartLook(node.clock)
  }

  async start(): Promise<void> {
    const { name, agent } = this.#hosted
    const { restartsMax, windowMs, startMs } = agent
    const strategy = agent.placement === 'replicated' ? 'replicated' : 'singleton'
    const placed = await this.#node.place(agent.definition, agent.arg, {
      ...actorOptions(agent),
      name: agent.id,
      strategy,
      restartsMax,
      windowMs,
      requires: requirementsOf(agent),
    })
    try {
      await placed.ready({ timeoutMs: startMs })
      if (strategy === 'replicated') placed.ref()
    } catch (thrown) {
      await placed[Symbol.asyncDispose]()
      throw thrown
    }
    this.#placed = placed
    if (strategy === 'replicated') this.#look()
    else this.#tell(name, { type: 'up', address: undefined })
  }

  async stop(): Promise<void> {
    const placed = this.#placed
    this.#forget()
    await placed?.[Symbol.asyncDispose]()
  }

  inspect(): ActorInspection | undefined {
    if (this.#placed === undefined || this.nodeOf() !== this.#node.name) return undefined
    const { definition, id } = this.#hosted.agent
    const ref = this.#node.find(definition, id)
    return ref && this.#node.inspect(ref)
  }

  nodeOf(): string | undefined {
    return this.#hosted.agent.placement === 'replicated' ? this.#node.name : this.#placed?.holder()
  }

  /** That of this node, of a replicated one. */
  #look(): boolean {
    const placed = this.#placed
    if (placed === undefined) return true
    const { name } = this.#hosted
    const found = this.inspect()
    if (found?.status === 'running') {
      this.#tell(name, { type: 'up', address: found.address })
      this.#endMonitor = placed.ref().monitor((reason) => this.#onExit(reason))
      return true
    }
    // Given up, it has left the group of replicas.
    if (placed.candidates.includes(this.#node.name)) return false
    this.#forget()
    this.#tell(name, { type: 'gone', reason: { type: 'gave-up', cause: 'restart-intensity' } })
    return true
  }

  #onExit(reason: ExitReason): void {
    if (this.#placed === undefined) return
    this.#tell(this.#hosted.name, { type: 'down', reason })
    if (!this.#look()) this.#looks.again(this.#hosted.name, () => this.#look())
  }

  #forget(): void {
    this.#placed = undefined
    this.#looks.end()
    this.#endMonitor()
  }
}

function requirementsOf({ resources }: CheckedAgent): PlaceRequirements {
  const { cpu = 0, memoryMiB = 0, gpus = 0 } = resources
  return { cores: cpu, memoryBytes: memoryMiB * 2 ** 20, gpus }
}

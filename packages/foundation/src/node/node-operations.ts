/** What a node tells of itself and does when it is drained: puts its rooms together for `operations/`. */

import type { Kernel } from '../actors/kernel.ts'
import type { Cache } from '../cache/cache.ts'
import type { Cells } from '../cells/cells.ts'
import { delay } from '../clock.ts'
import type { QueueStats } from '../engine/durable-queue.ts'
import { messageOf } from '../errors.ts'
import { createHealth, type Health, type HealthReport } from '../health/health.ts'
import type { HealthSources } from '../health/health-sources.ts'
import type { NodePort } from '../node-port.ts'
import { claimKind } from '../operations/claim-kind.ts'
import type { DrainPhase } from '../operations/drain-step.ts'
import { type DrainOptions, type DrainReport, NodeDraining } from '../operations/node-draining.ts'
import {
  type HeldPlace,
  type NodeQueueStatus,
  type NodeStatus,
  nodeStatus,
  statusLimits,
} from '../operations/node-status.ts'
import type { OperationHost } from '../operations/operation-answers.ts'
import type { EngineWorkQueue } from '../queue/work-queue.ts'
import { silentTelemetry } from '../telemetry.ts'
import { DrainingNames } from './draining-names.ts'
import type { NodeParts } from './node-parts.ts'
import type { NodeSystem } from './node-system.ts'

export interface NodeOperationsSettings {
  readonly port: NodePort
  readonly kernel: Kernel
  readonly parts: NodeParts
  readonly health: HealthSources
  /** Names of the system that actors of this node have, those of its places not among them. */
  readonly names: () => Iterable<string>
  readonly move: (name: string, to: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** How long the engine is waited for in a status. */
const depthsWaitMs = 500

export class NodeOperations implements OperationHost {
  readonly #settings: NodeOperationsSettings
  readonly #draining: NodeDraining
  readonly #names: DrainingNames
  readonly #startedMs: number
  /** Measures while the program has opened no health part of its own. */
  #health: Health | undefined

  constructor(settings: NodeOperationsSettings) {
    const { port, kernel, parts, names, move } = settings
    this.#settings = settings
    this.#startedMs = port.clock.monotonicMs()
    this.#names = new DrainingNames({
      names,
      nodes: () => this.#otherNodes(),
      move,
      onStays: (actor, thrown) => this.#report('actor-stays', { actor, message: messageOf(thrown) }),
    })
    this.#draining = new NodeDraining({
      port,
      parts: () => [...parts.open.values(), this.#names],
      announce: (draining) => this.#announce(draining),
      names: () => [...names()],
      actors: () => kernel.actors.size,
    })
    parts.onOpened = (part) => this.#onOpened(part)
  }

  get phase(): DrainPhase {
    return this.#draining.phase
  }

  drain(options?: DrainOptions): Promise<DrainReport> {
    return this.#draining.drain(options)
  }

  undrain(): void {
    this.#draining.undrain()
  }

  close(): void {
    void this.#settings.close().catch(() => {})
  }

  /** What can be asked only of parts that are open is empty without them. */
  async status(): Promise<NodeStatus> {
    const { port, kernel, names } = this.#settings
    const { system, name, epoch, clock, engine } = port
    const joined = this.#system
    const self = joined?.membership.self
    const queues = await this.#queues()
    return nodeStatus({
      system,
      name,
      epoch,
      program: self?.version ?? '',
      labels: self?.labels ?? {},
      atMs: clock.nowMs(),
      uptimeMs: clock.monotonicMs() - this.#startedMs,
      phase: this.phase,
      left: this.#draining.left,
      engine: { name: engine.name, status: engine.status },
      session: joined?.sessions.own ?? null,
      actors: kernel.actors.size,
      places: joined === undefined ? [] : placesOf(joined, name),
      names: [...names()],
      queues,
      caches: this.#partsOf('cache ').map(([cache, part]) => ({ name: cache, ...(part as Cache<unknown>).stats })),
      cells: this.#partsOf('cells').flatMap(([, part]) => (part as Cells).names),
      members: (joined?.membership.members() ?? []).map((one) => ({
        name: one.name,
        epoch: one.epoch,
        status: one.status,
        draining: one.draining,
      })),
      report: this.#measured(),
    })
  }

  /** The node has closed its parts. */
  async end(): Promise<void> {
    this.#draining.close()
    await this.#health?.close()
  }

  get #system(): NodeSystem | undefined {
    return this.#settings.parts.open.get('system') as NodeSystem | undefined
  }

  /** Those that take what this one gives away. */
  #otherNodes(): readonly string[] {
    const members = this.#system?.membership.members() ?? []
    const others = members.filter(({ name }) => name !== this.#settings.port.name)
    return others.filter(({ status, draining }) => status === 'alive' && !draining).map(({ name }) => name)
  }

  #report(event: string, metadata: { readonly [name: string]: string }): void {
    const { telemetry, name: node } = this.#settings.port
    if (!telemetry.enabled) return
    telemetry.emit({ name: `foundation.${event}`, measurements: { count: 1 }, metadata: { node, ...metadata } })
  }

  #onOpened(part: object): void {
    this.#draining.opened(part)
    // Drained while it was alone: the others hear of it now.
    if (part === this.#system && this.phase !== 'serving') this.#announce(true)
  }

  #announce(draining: boolean): void {
    try {
      this.#system?.membership.update({ draining })
    } catch {
      // A membership that was closed by hand tells nobody anything; its node is drained all the same.
    }
  }

  /** Parts whose name begins so, by the rest of it. */
  #partsOf(prefix: string): readonly (readonly [string, object])[] {
    const all = [...this.#settings.parts.open]
    return all.flatMap(([name, part]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), part]] : []))
  }

  async #queues(): Promise<readonly NodeQueueStatus[]> {
    const open = this.#partsOf('queue ').slice(0, statusLimits.queues)
    return await Promise.all(
      open.map(async ([name, part]) => {
        const queue = part as EngineWorkQueue<unknown>
        return { name, depths: await this.#depthsOf(queue), workers: queue.workers }
      }),
    )
  }

  /** Null where the engine takes too long: the rest is worth knowing. */
  async #depthsOf(queue: EngineWorkQueue<unknown>): Promise<QueueStats | null> {
    const answered = new AbortController()
    const late = delay(this.#settings.port.clock, depthsWaitMs, answered.signal).catch(() => {})
    const depths = await Promise.race([queue.stats().catch(() => null), late])
    answered.abort()
    return depths ?? null
  }

  #measured(): HealthReport {
    const { parts, port, health } = this.#settings
    const own = parts.open.get('health') as Health | undefined
    if (own !== undefined) return own.report()
    this.#health ??= createHealth({ ...port, telemetry: silentTelemetry }, health)
    return this.#health.report()
  }
}

function placesOf({ claims, sessions }: NodeSystem, node: string): readonly HeldPlace[] {
  const mine = claims.under('').filter((claim) => {
    return claim.node === node && claim.session === sessions.own && !claim.released && claimKind(claim.key) === 'place'
  })
  return mine.map(({ key, token }) => ({ place: key, fence: token }))
}

/** What a node needs so that actors can leave it and come to it: one for each node of a system. */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { Kernel } from '../actors/kernel.ts'
import { delay } from '../clock.ts'
import { noSuchActor } from '../errors/actor-errors.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import type { NodePort } from '../node-port.ts'
import type { LocalActors, NameResolver } from '../remote/elsewhere-actors.ts'
import type { Remote, RemoteMove } from '../remote/remote.ts'
import { SenderLanes } from '../remote/sender-lanes.ts'
import { Decisions } from './decisions.ts'
import { Departures } from './departures.ts'
import { Snapshots, stateBytesMax } from './snapshots.ts'

export interface MigrationSettings {
  readonly port: NodePort
  readonly kernel: Kernel
  readonly remote: Remote
  readonly names: NameResolver
  readonly local: LocalActors
  /** Whether that life of a node is one of the system, as far as is known here. */
  readonly isThere: (node: string, epoch: number) => boolean
  /** Whether this node holds a place of that name, or an actor of it is on its way here. */
  readonly isHeld: (name: string) => boolean
}

/** What is done for a node that asks: a verb of the wire, its data and its answer. */
export type MoveVerb = (what: RemoteMove) => Promise<unknown>

/** How long a node waits until an actor of a name has begun there. */
const readyMs = 5_000
/** How long an old place may take to say that all of a sender has arrived at the new one. */
const settleMs = 2_000
const findAgainMs = 50

export class Migration {
  readonly departures: Departures
  readonly lanes: SenderLanes
  readonly snapshots: Snapshots
  readonly decisions: Decisions
  readonly #settings: MigrationSettings
  readonly #verbs = new Map<string, MoveVerb>()
  /** Who waits for an actor of a name to begin here. */
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(settings: MigrationSettings) {
    const { port, kernel, remote, names, local, isThere, isHeld } = settings
    const { clock, telemetry, name: node } = port
    this.#settings = settings
    const isHere = (at: ActorAddress) => at.node === node
    this.departures = new Departures({
      clock,
      telemetry,
      node,
      isHere,
      findReady: (name, signal) => this.#findReady(name, signal),
      call: (at, call) => (isHere(at) ? local.call(at, call) : remote.call(at, call)),
      cast: (at, cast) => (isHere(at) ? local.cast(at, cast) : remote.cast(at, cast)),
      settle: (name, at) => this.#settleAt(name, at, [node]),
      isComing: (name) => isHeld(name) && kernel.entryOf(name) === undefined,
      here: (name) => this.#here(name),
      mark: (name, isReturning) => {
        const entry = kernel.entryOf(name)
        if (entry !== undefined) entry.isReturning = isReturning
      },
    })
    this.lanes = new SenderLanes({
      clock,
      find: (name) => names.find(name),
      leaving: (name) => this.departures.settling(name),
      isThere: ({ node: at, epoch }) => isThere(at, epoch),
      settle: (name, at) => (isHere(at) ? Promise.resolve() : this.#settleAt(name, at, [])),
    })
    this.decisions = new Decisions(port)
    this.snapshots = new Snapshots(port, kernel.newCodec(stateBytesMax))
    this.on('ready', ({ name, from }) => this.#present(name, from))
    this.on('settle', ({ name, data }) => this.#settle(name, Array.isArray(data) ? data.map(String) : []))
    this.on('arrived', async () => true)
    kernel.onNamed = (name) => this.#named(name)
  }

  /** Says what answers a verb. */
  on(verb: string, run: MoveVerb): void {
    this.#verbs.set(verb, run)
  }

  /** What another node asks. */
  async take(what: RemoteMove): Promise<unknown> {
    const run = this.#verbs.get(what.verb)
    if (run === undefined) throw unreadableMessage(`unknown verb ${what.verb} of a move`)
    return await run(what)
  }

  /** Asks another node. */
  ask(
    to: Pick<ActorAddress, 'node' | 'epoch'>,
    what: Omit<RemoteMove, 'from'>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<unknown> {
    return this.#settings.remote.move(to, what, options)
  }

  /** Resolves when a place is held by that node and takes messages there. Rejects with `signal.reason`. */
  async arrivedAt(name: string, node: string, signal: AbortSignal): Promise<void> {
    const { names } = this.#settings
    for (;;) {
      signal.throwIfAborted()
      const at = names.find(name)
      if (at?.node === node && (await this.#takesMessages(at, name, signal))) return
      await this.#news(name, signal)
    }
  }

  /** What was left behind is delivered and answered first, at most for so long; that which nobody may take is not waited for. */
  async close(graceMs: number, mayBeTaken: (name: string) => boolean): Promise<void> {
    await this.departures.drained(graceMs, mayBeTaken)
    this.departures.close()
    this.#settings.kernel.onNamed = undefined
  }

  async #findReady(name: string, signal: AbortSignal): Promise<ActorAddress> {
    for (;;) {
      signal.throwIfAborted()
      const at = this.#settings.names.find(name)
      if (at !== undefined && (await this.#takesMessages(at, name, signal))) return at
      await this.#news(name, signal)
    }
  }

  /** Rejects with `signal.reason`. */
  async #takesMessages(at: ActorAddress, name: string, signal: AbortSignal): Promise<boolean> {
    const { port, kernel } = this.#settings
    // While its claim is being given up it is still said to be here.
    if (at.node === port.name) return kernel.entryOf(name)?.actor !== undefined
    try {
      await this.ask(at, { verb: 'ready', name, data: null }, { timeoutMs: readyMs, signal })
      return true
    } catch {
      signal.throwIfAborted()
      return false
    }
  }

  /** Resolves when somebody may have the name, or soon. */
  async #news(name: string, signal: AbortSignal): Promise<void> {
    const { names, port } = this.#settings
    const news = new AbortController()
    const tell = () => news.abort()
    const end = names.onNews(name, tell)
    const waiting = this.#waiting.get(name) ?? new Set()
    this.#waiting.set(name, waiting.add(tell))
    await delay(port.clock, findAgainMs, AbortSignal.any([news.signal, signal])).catch(() => {})
    end()
    waiting.delete(tell)
    if (waiting.size === 0) this.#waiting.delete(name)
  }

  /** Resolves when messages of `asker` for that name are taken here. Rejects when that takes too long. */
  async #present(name: string, asker: string): Promise<boolean> {
    const never = new AbortController().signal
    const untilMs = this.#settings.port.clock.monotonicMs() + readyMs
    while (!this.#takes(name, asker)) {
      if (this.#settings.port.clock.monotonicMs() >= untilMs) throw noSuchActor(`"${name}"`, false)
      await this.#news(name, never)
    }
    return true
  }

  /** One that is here, or has left meanwhile: then they are sent after it, unless that may be to where they come from. */
  #takes(name: string, asker: string): boolean {
    const { kernel, names, port } = this.#settings
    if (kernel.entryOf(name)?.actor !== undefined || this.departures.isInLine(name, undefined)) return true
    const to = this.departures.placeOf(name)
    const holder = names.find(name)
    const known = [undefined, port.name, asker]
    return to !== undefined && !known.includes(to.node) && !known.includes(holder?.node)
  }

  #here(name: string): ActorAddress | undefined {
    const { kernel } = this.#settings
    return kernel.entryOf(name)?.actor === undefined ? undefined : kernel.addressOfName(name)
  }

  /** All that had come here for it is where it is now, over however many nodes; `visited` have been asked already. */
  async #settle(name: string, visited: readonly string[]): Promise<boolean> {
    const { name: node } = this.#settings.port
    await this.departures.settling(name)
    const to = this.departures.placeOf(name)
    if (to === undefined || to.node === node) return true
    if (!visited.includes(to.node)) await this.#settleAt(name, to, [...visited, node])
    else await this.ask(to, { verb: 'arrived', name, data: null }, { timeoutMs: settleMs })
    return true
  }

  async #settleAt(name: string, at: ActorAddress, visited: readonly string[]): Promise<void> {
    await this.ask(at, { verb: 'settle', name, data: visited }, { timeoutMs: settleMs })
  }

  #named(name: string): void {
    this.departures.returned(name)
    for (const tell of this.#waiting.get(name) ?? []) tell()
  }
}

/**
 * Carries out what `gossipStep` decides: sends and hears, on two subjects of the engine. All nodes hear `<system>.cells.all`, one
 * node `<system>.cells.to.<replica>`. *Runs in* turns of the engine and the clock.
 */

import type { CancelTimer } from '../clock.ts'
import type { Subscription } from '../engine/engine.ts'
import { cellClosed } from '../errors/cell-errors.ts'
import { payloadTooLarge, unreadableMessage } from '../errors/engine-errors.ts'
import { hasCode, messageOf } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { type CellDigest, type CellMessage, type CellState, cellEnvelope } from './cell-message.ts'
import type { CellsSettings } from './cell-options.ts'
import type { Author, Crdt } from './crdts/crdt.ts'
import type { AnyReplica } from './eventual-cell.ts'
import { type GossipCommand, type GossipEvent, gossipStep, newGossip } from './gossip-step.ts'
import { type HybridTime, hybridNext, hybridObserved, hybridStart } from './hybrid-clock.ts'
import { Replica, type ReplicaHost } from './replica.ts'

export class Gossip implements ReplicaHost, AsyncDisposable {
  readonly settings: CellsSettings
  readonly #port: NodePort
  /** Never used again: a node that starts anew has forgotten what it counted, so it counts under another name. */
  readonly #self: string
  readonly #replicas = new Map<string, AnyReplica>()
  readonly #changed = new Set<string>()
  readonly #timers = new Map<'flush' | 'sync' | 'hello', CancelTimer>()
  #subscriptions: readonly Subscription[] = []
  #state
  #time: HybridTime = hybridStart
  /** Whether others have not been told of a cell that was opened. */
  #isNews = false
  #isClosed = false

  constructor(port: NodePort, settings: CellsSettings, self: string) {
    this.#port = port
    this.settings = settings
    this.#self = self
    this.#state = newGossip(settings)
  }

  async open(): Promise<void> {
    const onMessage = ({ body }: { readonly body: Uint8Array }) => this.#hear(body)
    this.#subscriptions = await Promise.all(
      [this.#subject(undefined), this.#subject(this.#self)].map((one) => this.#port.engine.subscribe(one, onMessage)),
    )
    this.#repeat('sync', this.settings.syncMs, () =>
      this.#step({ type: 'sync-due', atMs: this.#nowMs(), draw: this.#port.random.next() }),
    )
    this.#repeat('hello', this.settings.helloMs, () =>
      this.#step({ type: 'hello-due', atMs: this.#nowMs(), answer: false }),
    )
  }

  /** A replica that is empty until others have told what they hold. Requires: no other of that name. */
  add<State, Op, Value>(name: string, crdt: Crdt<State, Op, Value>): Replica<State, Op, Value> {
    const replica = new Replica(this, name, crdt)
    this.#replicas.set(name, replica as unknown as AnyReplica)
    this.#step({ type: 'cell-opened', cell: name })
    this.#isNews = true
    this.#wake()
    return replica
  }

  author(cell: string): Author {
    if (this.#isClosed) throw cellClosed(cell)
    this.#time = hybridNext(this.#time, this.#port.clock.nowMs())
    return { replica: this.#self, time: this.#time }
  }

  changed(cell: string): void {
    this.#changed.add(cell)
    this.#wake()
  }

  copied(value: unknown, label: string): unknown {
    const { codec } = this.#port
    const bytes = codec.encode(value, label)
    if (bytes.length > this.settings.valueBytesMax) {
      throw payloadTooLarge(label, this.settings.valueBytesMax, bytes.length)
    }
    return codec.decode(bytes)
  }

  /** Sends what has not been sent, says goodbye, ends all watches. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#flush()
    this.#isClosed = true
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    this.#send(undefined, { type: 'bye' })
    for (const replica of this.#replicas.values()) replica.end()
    await Promise.all(this.#subscriptions.map((one) => one[Symbol.asyncDispose]()))
  }

  /** Soon: what changes until then goes into one message. */
  #wake(): void {
    if (this.#isClosed || this.#timers.has('flush')) return
    const cancel = this.#port.clock.setTimer(this.settings.gossipMs, () => this.#flush(), { unref: true })
    this.#timers.set('flush', cancel)
  }

  #flush(): void {
    this.#timers.get('flush')?.()
    this.#timers.delete('flush')
    if (this.#isNews) this.#step({ type: 'hello-due', atMs: this.#nowMs(), answer: true })
    this.#isNews = false
    const states = [...this.#changed].flatMap((name): readonly CellState[] => {
      const replica = this.#replicas.get(name)
      return replica === undefined ? [] : [[name, replica.crdt.kind, replica.takeUnsent()]]
    })
    this.#changed.clear()
    if (states.length > 0) this.#sendStates(undefined, states)
  }

  /** With a little jitter, so that nodes that began together do not stay so. */
  #repeat(name: 'sync' | 'hello', everyMs: number, run: () => void): void {
    if (this.#isClosed) return
    const delayMs = everyMs * (0.8 + 0.4 * this.#port.random.next())
    const cancel = this.#port.clock.setTimer(
      delayMs,
      () => {
        run()
        this.#repeat(name, everyMs, run)
      },
      { unref: true },
    )
    this.#timers.set(name, cancel)
  }

  #hear(body: Uint8Array): void {
    if (this.#isClosed) return
    try {
      const envelope = cellEnvelope(this.#port.codec.decode(body))
      if (envelope === undefined) throw unreadableMessage('no message of cells of version 1')
      const { from, message } = envelope
      if (from === this.#self) return
      const differing = message.type === 'digests' ? this.#differing(message.digests) : []
      this.#step({ type: 'heard', from, message, differing, atMs: this.#nowMs() }, message)
    } catch (thrown) {
      this.#refuse('', 'unreadable', messageOf(thrown))
    }
  }

  #step(event: GossipEvent, heard?: CellMessage): void {
    const [state, commands] = gossipStep(this.#state, event)
    this.#state = state
    for (const command of commands) this.#carryOut(command, heard)
  }

  #carryOut(command: GossipCommand, heard: CellMessage | undefined): void {
    switch (command.type) {
      case 'send-hello':
        this.#send(command.to, { type: 'hello', cells: [...this.#replicas.keys()], answer: command.answer })
        break
      case 'send-digests': {
        const digests = this.#held(command.cells).map((one): CellDigest => [one.name, one.crdt.kind, one.digest])
        this.#send(command.to, { type: 'digests', digests })
        break
      }
      case 'send-states': {
        const states = this.#held(command.cells).map((one): CellState => [one.name, one.crdt.kind, one.state])
        this.#sendStates(command.to, states)
        this.#report('cell-repaired', { to: command.to }, { cells: states.length })
        break
      }
      case 'send-want':
        this.#send(command.to, { type: 'want', cells: command.cells })
        break
      case 'merge':
        if (heard?.type === 'states') for (const one of heard.states) this.#merge(one)
        break
      case 'peer-forgotten':
        this.#report('cell-peer-forgotten', { peer: command.peer })
    }
  }

  #merge([name, kind, state]: CellState): void {
    const replica = this.#replicas.get(name)
    if (replica === undefined) return
    if (replica.crdt.kind !== kind) {
      this.#refuse(name, 'kind', kind)
      return
    }
    const latest = replica.latest(state)
    if (latest !== undefined) {
      const limit = { nowMs: this.#port.clock.nowMs(), driftMaxMs: this.settings.driftMaxMs }
      const observed = hybridObserved(this.#time, latest, limit)
      if (observed.type === 'ahead') {
        this.#refuse(name, 'clock-ahead', `${latest.replica}: ${observed.aheadMs} ms`)
        return
      }
      this.#time = observed.time
    }
    replica.merge(state)
  }

  #differing(digests: readonly CellDigest[]): readonly string[] {
    return digests.flatMap(([name, kind, digest]) => {
      const replica = this.#replicas.get(name)
      if (replica === undefined || replica.digest === digest) return []
      if (replica.crdt.kind === kind) return [name]
      this.#refuse(name, 'kind', kind)
      return []
    })
  }

  #held(cells: readonly string[]): readonly AnyReplica[] {
    return cells.flatMap((cell) => this.#replicas.get(cell) ?? [])
  }

  /** In as many messages as it takes. */
  #sendStates(to: string | undefined, states: readonly CellState[]): void {
    if (states.length === 0 || this.#send(to, { type: 'states', states })) return
    const middle = Math.ceil(states.length / 2)
    const [first] = states
    if (states.length > 1) {
      this.#sendStates(to, states.slice(0, middle))
      this.#sendStates(to, states.slice(middle))
    } else if (first !== undefined) {
      const [name, kind, state] = first
      const halves = this.#replicas.get(name)?.crdt.halves(state)
      if (halves === undefined) this.#refuse(name, 'too-large')
      else for (const half of halves) this.#sendStates(to, [[name, kind, half]])
    }
  }

  /** False when it is too large for one message. What else goes wrong is lost, as messages may be, and heals. */
  #send(to: string | undefined, message: CellMessage): boolean {
    try {
      const bytes = this.#port.codec.encode({ version: 1, from: this.#self, message }, 'cells')
      this.#port.engine.publish(this.#subject(to), bytes)
      return true
    } catch (thrown) {
      if (hasCode(thrown, 'foundation/payload-too-large')) return false
      this.#refuse('', 'not-sent', messageOf(thrown))
      return true
    }
  }

  #subject(to: string | undefined): string {
    return to === undefined ? `${this.#port.system}.cells.all` : `${this.#port.system}.cells.to.${to}`
  }

  #nowMs(): number {
    return this.#port.clock.monotonicMs()
  }

  #refuse(cell: string, reason: string, detail = ''): void {
    this.#report('cell-refused', { cell, reason, detail })
  }

  #report(event: string, metadata: { readonly [key: string]: string }, measurements = {}): void {
    const { telemetry, name: node } = this.#port
    if (!telemetry.enabled) return
    telemetry.emit({
      name: `foundation.${event}`,
      measurements: { count: 1, ...measurements },
      metadata: { node, ...metadata },
    })
  }
}

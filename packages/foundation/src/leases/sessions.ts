/**
 * The sessions of all nodes: keeps this node's own, beats for it, watches the beats of a few others and evicts those that fall
 * silent, and knows from the watch whose session is alive. Decides nothing; `session-step.ts` and `beat-watch-step.ts` do.
 */

import type { CancelTimer } from '../clock.ts'
import type { Subscription } from '../engine/engine.ts'
import type { KeyedState, StateChange } from '../engine/keyed-state.ts'
import { WatchedState } from '../engine/watched-state.ts'
import { hasCode } from '../errors.ts'
import { beatSubject, probeSubject } from '../membership/pulse-subjects.ts'
import type { NodePort } from '../node-port.ts'
import { rendezvousOrder } from '../placement/rendezvous.ts'
import { type BeatEvent, type BeatWatchStep, beatWatchStep, newBeatWatch } from './beat-watch-step.ts'
import { checkedSessions, type SessionOptions } from './session-options.ts'
import { openSessionState, type SessionRecord, type SignedBy, sessionBytes, sessionRecord } from './session-record.ts'
import { newSession, type SessionCommand, type SessionEvent, type SessionStep, sessionStep } from './session-step.ts'

/** The nodes there are, as membership knows them. */
export interface NodeNames {
  /** Names of the nodes that are not down, this one included. */
  names(): readonly string[]
  onChange(listener: () => void): () => void
}

/** `unknown`: newer than anything the watch has told of yet. */
export type SessionLife = 'alive' | 'over' | 'unknown'

/** The decisions, for tests that plant a wrong one. */
export interface SessionSteps {
  readonly session: SessionStep
  readonly beats: BeatWatchStep
}

export class Sessions implements AsyncDisposable {
  readonly #port: NodePort
  readonly #nodes: NodeNames
  readonly #settings: Required<SessionOptions>
  readonly #steps: SessionSteps
  readonly #records = new Map<string, SessionRecord>()
  readonly #listeners = new Set<() => void>()
  readonly #lostListeners = new Set<(reason: 'evicted' | 'expired' | 'closed') => void>()
  readonly #beatSubscriptions = new Map<string, Promise<Subscription>>()
  #state = newSession
  #beats = newBeatWatch
  #keyed: KeyedState | undefined
  #copy: WatchedState | undefined
  #pulse: AsyncDisposable | undefined
  #stopStatus: (() => void) | undefined
  #cancelTick: CancelTimer | undefined
  #stopMembers: (() => void) | undefined
  #closed = false

  constructor(port: NodePort, nodes: NodeNames, given: { options?: SessionOptions; steps?: SessionSteps } = {}) {
    this.#port = port
    this.#nodes = nodes
    this.#settings = checkedSessions(given.options ?? {})
    this.#steps = given.steps ?? { session: sessionStep, beats: beatWatchStep }
  }

  /** The token of this node's own session while it has one. */
  get own(): number | undefined {
    return this.#state.phase === 'held' ? this.#state.token : undefined
  }

  /** Nodes whose session is alive. */
  get alive(): readonly string[] {
    return [...this.#records.keys()]
  }

  /** Whether the session that `token` began is still the one of its node. */
  life(node: string, token: number): SessionLife {
    const record = this.#records.get(node)
    if (record?.token === token) return 'alive'
    return token > (this.#copy?.seenRevision ?? 0) ? 'unknown' : 'over'
  }

  /** Called when a session began or ended, this node's own included. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Called in the turn in which this node's own session is over: everything that hangs on it has to stop now. */
  onLost(listener: (reason: 'evicted' | 'expired' | 'closed') => void): () => void {
    this.#lostListeners.add(listener)
    return () => this.#lostListeners.delete(listener)
  }

  async open(): Promise<void> {
    const { system, name, engine } = this.#port
    this.#keyed = await openSessionState(this.#port, this.#settings.expiryMs)
    const [beats, probes] = [beatSubject(system, name), probeSubject(system, name)]
    this.#pulse = await engine.pulse({ beats, probes, everyMs: this.#settings.beatMs })
    this.#stopStatus = engine.onStatus((status) => status === 'connected' && this.#hearAgain())
    const { clock } = this.#port
    this.#copy = new WatchedState(this.#keyed, {
      clock,
      random: this.#port.random,
      onChange: (change) => this.#onState(change),
    })
    await this.#copy.open()
    this.#stopMembers = this.#nodes.onChange(() => this.#watchBeats())
    this.#watchBeats()
    this.#tick()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelTick?.()
    this.#stopMembers?.()
    this.#stopStatus?.()
    const held = this.#state.phase === 'held'
    const { revision, token } = this.#state
    this.#send({ type: 'leave' })
    if (held) {
      for (const listener of this.#lostListeners) listener('closed')
      // Said aloud, so that others need not wait; an engine that does not answer lets it expire.
      await this.#keyed?.delete(this.#port.name, revision).catch((thrown) => this.#removeLate(thrown, token))
    }
    await this.#copy?.[Symbol.asyncDispose]()
    await this.#pulse?.[Symbol.asyncDispose]()
    for (const one of [...this.#beatSubscriptions.values()]) {
      const subscription = await one.catch(() => undefined)
      await subscription?.[Symbol.asyncDispose]()
    }
    this.#beatSubscriptions.clear()
  }

  /** The write that was under way has come before the removal. */
  async #removeLate(thrown: unknown, token: number): Promise<void> {
    if (!hasCode(thrown, 'foundation/revision-conflict')) return
    const { name, codec } = this.#port
    const entry = await this.#keyed?.get(name).catch(() => undefined)
    const record = entry && sessionRecord(codec, entry.value, entry.revision)
    if (record?.token === token) await this.#keyed?.delete(name, record.revision).catch(() => {})
  }

  #tick(): void {
    if (this.#closed) return
    const { clock, engine } = this.#port
    const atMs = clock.monotonicMs()
    this.#send({ type: 'tick', atMs })
    // Who can hear nobody blames nobody for it.
    if (engine.status === 'connected') this.#sendBeat({ type: 'tick', atMs })
    this.#cancelTick = clock.setTimer(this.#settings.beatMs, () => this.#tick(), { unref: true })
  }

  #hearAgain(): void {
    this.#sendBeat({ type: 'deaf', atMs: this.#port.clock.monotonicMs() })
  }

  #send(event: SessionEvent): void {
    const [state, commands] = this.#steps.session(this.#state, event, this.#settings)
    this.#state = state
    for (const command of commands) this.#carryOut(command)
  }

  #carryOut(command: SessionCommand): void {
    const { name, clock } = this.#port
    switch (command.type) {
      case 'session-enter':
        this.#write(command.asked, this.#enter())
        break
      case 'session-renew':
        this.#write(command.asked, this.#update(command.token, command.revision))
        break
      case 'session-check':
        this.#check(command.asked, command.token)
        break
      case 'session-remove':
        break
      case 'session-begun':
        this.#records.set(name, { node: name, epoch: this.#port.epoch, token: command.token, revision: command.token })
        this.#emit('session-begun', { token: command.token }, {})
        this.#changed()
        break
      case 'session-lost':
        this.#emit('session-lost', { token: command.token }, { reason: command.reason, atMs: clock.nowMs() })
        for (const listener of this.#lostListeners) listener(command.reason)
        this.#changed()
    }
  }

  async #enter(): Promise<number> {
    const { name, epoch, codec } = this.#port
    const keyed = this.#keyed as KeyedState
    const value = sessionBytes(codec, { node: name, epoch, token: 0, ...this.#signed })
    const left = await keyed.get(name)
    return left === undefined ? keyed.create(name, value) : keyed.update(name, value, left.revision)
  }

  #update(token: number, revision: number): Promise<number> {
    const { name, epoch, codec } = this.#port
    const value = sessionBytes(codec, { node: name, epoch, token, ...this.#signed })
    return (this.#keyed as KeyedState).update(name, value, revision)
  }

  /** What those that start look at: whether they would understand this node. */
  get #signed(): { readonly signed?: SignedBy } {
    const { signing, clock } = this.#port
    return signing === undefined ? {} : { signed: { keyIds: signing.ids, atMs: clock.nowMs() } }
  }

  #write(asked: number, writing: Promise<number>): void {
    const atMs = () => this.#port.clock.monotonicMs()
    writing.then(
      (revision) => this.#send({ type: 'written', asked, revision, atMs: atMs() }),
      (thrown) => {
        const refused = hasCode(thrown, 'foundation/revision-conflict')
        this.#send({ type: refused ? 'refused' : 'unanswered', asked, atMs: atMs() })
      },
    )
  }

  #check(asked: number, token: number): void {
    const { name, codec, clock } = this.#port
    const keyed = this.#keyed as KeyedState
    keyed.get(name).then(
      (entry) => {
        const record = entry && sessionRecord(codec, entry.value, entry.revision)
        const revision = record?.token === token ? record.revision : undefined
        this.#send({ type: 'checked', asked, revision, atMs: clock.monotonicMs() })
      },
      () => this.#send({ type: 'unanswered', asked, atMs: clock.monotonicMs() }),
    )
  }

  #onState(change: StateChange): void {
    if (this.#closed) return
    const { name, codec, clock } = this.#port
    if (change.type === 'delete') {
      const known = this.#records.get(change.key)
      // What went while the watch was lost is told with the revision it had.
      if (known !== undefined && change.revision >= known.revision) this.#records.delete(change.key)
      if (change.key === name) this.#send({ type: 'removed', revision: change.revision, atMs: clock.monotonicMs() })
      this.#changed()
      return
    }
    const record = sessionRecord(codec, change.value, change.revision)
    if (record === undefined || record.node !== change.key) return
    const before = this.#records.get(change.key)
    this.#records.set(change.key, record)
    if (before?.token !== record.token) this.#changed()
  }

  /** The few nodes whose beats this one listens for, by the same rule everywhere. */
  #watchBeats(): void {
    if (this.#closed || this.#settings.strict) return
    const { name } = this.#port
    const names = this.#nodes.names()
    const mine = names.filter((node) => {
      if (node === name) return false
      const others = names.filter((other) => other !== node).map((other) => ({ name: other }))
      return rendezvousOrder(node, others).slice(0, this.#settings.watchersMax).includes(name)
    })
    this.#sendBeat({ type: 'watch', nodes: mine, atMs: this.#port.clock.monotonicMs() })
    for (const [node, subscription] of this.#beatSubscriptions) {
      if (mine.includes(node)) continue
      this.#beatSubscriptions.delete(node)
      subscription.then((one) => one[Symbol.asyncDispose]()).catch(() => {})
    }
    for (const node of mine) if (!this.#beatSubscriptions.has(node)) this.#listen(node)
  }

  #listen(node: string): void {
    const { engine, system, clock } = this.#port
    const onBeat = () => this.#sendBeat({ type: 'beat', node, atMs: clock.monotonicMs() })
    // With one connection the death of the observer's own server would look like that of everybody.
    const subscription = engine.subscribe(beatSubject(system, node), onBeat, { redundant: true })
    this.#beatSubscriptions.set(node, subscription)
    // Tried again with the next change of the members; until then its probes are what is heard of it.
    subscription.catch(() => {
      if (this.#beatSubscriptions.get(node) === subscription) this.#beatSubscriptions.delete(node)
    })
  }

  #sendBeat(event: BeatEvent): void {
    const [state, commands] = this.#steps.beats(this.#beats, event, this.#settings)
    this.#beats = state
    for (const { type, node } of commands) type === 'node-probe' ? this.#probe(node) : this.#evict(node)
  }

  #probe(node: string): void {
    const { engine, system, clock } = this.#port
    const done = (answered: boolean) => this.#sendBeat({ type: 'probed', node, answered, atMs: clock.monotonicMs() })
    // Over one connection only, a server that hangs would look like the death of whoever is asked.
    const options = { timeoutMs: this.#settings.beatMs, redundant: true }
    engine.request(probeSubject(system, node), new Uint8Array(0), options).then(
      () => done(true),
      () => done(false),
    )
  }

  #evict(node: string): void {
    const record = this.#records.get(node)
    if (this.#closed || record === undefined) return
    this.#emit('session-evicted', { token: record.token }, { silent: node })
    // A conflict says that the node has just written; no answer, that others may try.
    this.#keyed?.delete(node, record.revision).catch(() => {})
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  #emit(event: string, measurements: { readonly [name: string]: number }, more: object): void {
    const { telemetry, name: node } = this.#port
    if (telemetry.enabled) telemetry.emit({ name: `foundation.${event}`, measurements, metadata: { node, ...more } })
  }
}

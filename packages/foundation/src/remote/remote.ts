/**
 * Actors of other nodes: calls, casts, monitors, starts and stops over the engine. One subject a node; everything is
 * told apart here, not by the engine.
 *
 * *Delivery*: at most once, in order for each pair of nodes. A call that could not be delivered says so at once
 * (`foundation/node-unreachable`); one whose answer is lost ends at its deadline, or when its node is known to be down.
 */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import type { Engine, EngineMessage, Subscription } from '../engine/engine.ts'
import { callTimeout } from '../errors/actor-errors.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import { messageLate, nodeDown, nodeUnreachable } from '../errors/remote-errors.ts'
import { fromWireError, isMabeamError, messageOf, toWireError, type WireError } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { ArrivalOrder } from './arrival-order.ts'
import { decodeEnvelope, type Envelope, type EnvelopeKind, encodeEnvelope } from './envelope.ts'

/** The actor another node means: by name where it has one, else by id in one life of this node. */
export type RemoteTarget = Pick<Envelope, 'targetId' | 'targetEpoch' | 'targetName'>

export interface RemoteCall {
  readonly name: string
  readonly input: unknown
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Who waits for this call, the caller last: one that is asked again would wait for itself. */
  readonly chain: readonly string[]
  /** What flows along with the call, as the context part writes it. */
  readonly context?: unknown
}

export interface RemoteStart {
  readonly definition: string
  readonly version: number
  readonly arg: unknown
  readonly options: object
}

/** What messages from other nodes are carried out by. Each may throw or reject; the other node gets the error. */
export interface RemoteHost {
  call(target: RemoteTarget, call: RemoteCall): Promise<unknown>
  cast(target: RemoteTarget, cast: { readonly name: string; readonly input: unknown; readonly context?: unknown }): void
  monitor(target: RemoteTarget, listener: (reason: ExitReason) => void): () => void
  stop(target: RemoteTarget): Promise<ExitReason>
  start(what: RemoteStart): Promise<ActorAddress>
}

/** How often news of an end are sent again to a node that does not say it got them, and how long after. */
const downAttemptsMax = 10
const downRetryMs = 1_000
const controlTimeoutMs = 5_000

interface Watched {
  readonly node: string
  readonly epoch: number
  readonly listener: (reason: ExitReason) => void
}

interface Underway {
  readonly node: string
  readonly fail: (error: Error) => void
}

export class Remote implements AsyncDisposable {
  readonly #port: NodePort
  readonly #host: RemoteHost
  readonly #arrivals = new ArrivalOrder()
  readonly #sequences = new Map<string, number>()
  /** Inbound calls that their senders may take back. */
  readonly #cancellable = new Map<string, AbortController>()
  /** Monitors of actors elsewhere, by their number here. */
  readonly #watched = new Map<number, Watched>()
  /** Monitors of actors here that other nodes hold, by node and number. */
  readonly #watchers = new Map<string, () => void>()
  readonly #underway = new Set<Underway>()
  readonly #cancelRetries = new Set<() => void>()
  #subscription: Subscription | undefined
  #lastMonitor = 0
  #closed = false

  constructor(port: NodePort, host: RemoteHost) {
    this.#port = port
    this.#host = host
  }

  /** Resolves when other nodes can reach this one. */
  async open(): Promise<void> {
    this.#subscription = await this.#engine.subscribe(this.#subject(this.#port.name), (message) => this.#take(message))
  }

  async call(to: ActorAddress, call: RemoteCall): Promise<unknown> {
    call.signal?.throwIfAborted()
    const body = this.#encode([call.name, call.input, call.chain, call.context], call.name)
    const how = { deadlineMs: call.timeoutMs, cancellable: call.signal !== undefined, body }
    const envelope = this.#envelope('call', to, how)
    const takeBack = () => this.#send(this.#envelope('cancel', to, { body: this.#encode(envelope.sequence) }))
    call.signal?.addEventListener('abort', takeBack, { once: true })
    try {
      return this.#answer(await this.#request(to.node, envelope, call.timeoutMs, call.signal))
    } catch (thrown) {
      if (isMabeamError(thrown) && thrown.code === 'foundation/request-timeout') {
        throw callTimeout(labelOf(to), call.name, call.timeoutMs)
      }
      throw thrown
    } finally {
      call.signal?.removeEventListener('abort', takeBack)
    }
  }

  cast(to: ActorAddress, name: string, input: unknown, context?: unknown): void {
    this.#send(this.#envelope('cast', to, { body: this.#encode([name, input, context], name) }))
  }

  /** Tells `listener` once when that actor, or its node, is no more. */
  monitor(to: ActorAddress, listener: (reason: ExitReason) => void): () => void {
    const id = ++this.#lastMonitor
    this.#watched.set(id, { node: to.node, epoch: to.epoch, listener })
    const body = this.#encode(id)
    this.#ask(to, 'monitor', body).catch((thrown) => {
      const gone = isMabeamError(thrown) && thrown.code === 'foundation/node-unreachable'
      this.#fire(id, gone ? { type: 'node-down' } : { type: 'no-such-actor' })
    })
    return () => {
      if (this.#watched.delete(id) && !this.#closed) this.#send(this.#envelope('demonitor', to, { body }))
    }
  }

  async stop(to: ActorAddress): Promise<ExitReason> {
    return (await this.#ask(to, 'stop', this.#encode(null))) as ExitReason
  }

  async start(node: string, what: RemoteStart): Promise<ActorAddress> {
    const body = this.#encode([what.definition, what.version, what.arg, what.options], what.definition)
    const nobody = { node, epoch: 0, id: 0 }
    return (await this.#ask(nobody, 'start', body)) as ActorAddress
  }

  /** That life of the node is over: what waits for it ends. */
  nodeIsDown(node: string, epoch: number): void {
    for (const [id, one] of this.#watched) {
      if (one.node === node && one.epoch <= epoch) this.#fire(id, { type: 'node-down' })
    }
    for (const one of [...this.#underway]) if (one.node === node) one.fail(nodeDown(node))
    for (const [key, release] of this.#watchers) {
      if (!key.startsWith(`${node}/${epoch}/`)) continue
      this.#watchers.delete(key)
      release()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const release of this.#watchers.values()) release()
    this.#watchers.clear()
    this.#watched.clear()
    for (const cancel of this.#cancelRetries) cancel()
    for (const one of [...this.#underway]) one.fail(nodeDown(this.#port.name))
    for (const one of this.#cancellable.values()) one.abort(nodeDown(this.#port.name))
    await this.#subscription?.[Symbol.asyncDispose]()
  }

  get #engine(): Engine {
    return this.#port.engine
  }

  #subject(node: string): string {
    return `${this.#port.system}.node.${node}`
  }

  #encode(value: unknown, label = 'message'): Uint8Array {
    return this.#port.codec.encode(value, label)
  }

  #envelope(
    kind: EnvelopeKind,
    to: Pick<ActorAddress, 'node' | 'epoch' | 'id' | 'name'>,
    given: Partial<Envelope> & { readonly body: Uint8Array },
  ): Envelope & { readonly node: string } {
    const sequence = (this.#sequences.get(to.node) ?? 0) + 1
    this.#sequences.set(to.node, sequence)
    return {
      kind,
      node: to.node,
      targetId: to.id,
      targetEpoch: to.epoch,
      targetName: to.name ?? '',
      sender: this.#port.name,
      senderEpoch: this.#port.epoch,
      sequence,
      deadlineMs: Number.POSITIVE_INFINITY,
      traceId: '',
      spanId: '',
      cancellable: false,
      ...given,
    }
  }

  #send(envelope: Envelope & { readonly node: string }): void {
    if (!this.#closed) this.#engine.publish(this.#subject(envelope.node), encodeEnvelope(envelope))
  }

  async #ask(
    to: Pick<ActorAddress, 'node' | 'epoch' | 'id' | 'name'>,
    kind: EnvelopeKind,
    body: Uint8Array,
  ): Promise<unknown> {
    const envelope = this.#envelope(kind, to, { body, deadlineMs: controlTimeoutMs })
    return this.#answer(await this.#request(to.node, envelope, controlTimeoutMs, undefined))
  }

  /** Ends with the answer, the deadline, the signal, or the end of the node. */
  // biome-ignore lint/complexity/useMaxParams: one place where a request is made.
  #request(node: string, envelope: Envelope, timeoutMs: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const underway: Underway = {
        node,
        fail: (error) => {
          this.#underway.delete(underway)
          reject(error)
        },
      }
      this.#underway.add(underway)
      this.#engine.request(this.#subject(node), encodeEnvelope(envelope), { timeoutMs, signal }).then(
        (answer) => {
          this.#underway.delete(underway)
          resolve(answer)
        },
        (thrown) => {
          const silent = isMabeamError(thrown) && thrown.code === 'foundation/no-responders'
          underway.fail(silent ? nodeUnreachable(node) : thrown)
        },
      )
    })
  }

  #answer(bytes: Uint8Array): unknown {
    const value = this.#port.codec.decode(bytes.subarray(1))
    if (bytes[0] === answered.reply) return value
    if (bytes[0] === answered.failure) throw fromWireError(value as WireError)
    throw unreadableMessage(`expected an answer, got status ${bytes[0]}`)
  }

  #respond(message: EngineMessage, outcome: { readonly reply: unknown } | { readonly failure: unknown }): void {
    if (!message.isRequest || this.#closed) return
    let status: number = answered.reply
    let body: Uint8Array
    try {
      if ('failure' in outcome) throw outcome.failure
      body = this.#encode(outcome.reply, 'reply')
    } catch (thrown) {
      status = answered.failure
      body = this.#encode(boundedError(thrown), 'failure')
    }
    const bytes = new Uint8Array(body.length + 1)
    bytes[0] = status
    bytes.set(body, 1)
    message.respond(bytes)
  }

  #take(message: EngineMessage): void {
    let envelope: Envelope
    try {
      envelope = decodeEnvelope(message.body)
    } catch (thrown) {
      this.#dropped('unknown', 'unreadable')
      return void this.#respond(message, { failure: thrown })
    }
    const { sender, senderEpoch, sequence } = envelope
    const arrival = this.#arrivals.arrived(sender, senderEpoch, sequence)
    if (arrival !== 'taken') {
      this.#dropped(sender, arrival)
      if (arrival === 'late') this.#respond(message, { failure: messageLate(this.#port.name) })
      return
    }
    try {
      const outcome = this.#carryOut(envelope)
      if (outcome instanceof Promise) {
        outcome.then(
          (reply) => this.#respond(message, { reply }),
          (failure) => this.#respond(message, { failure }),
        )
      } else this.#respond(message, { reply: outcome })
    } catch (failure) {
      if (!message.isRequest) this.#dropped(sender, isMabeamError(failure) ? failure.code : 'failed')
      this.#respond(message, { failure })
    }
  }

  #carryOut(envelope: Envelope): unknown {
    const body = this.#port.codec.decode(envelope.body)
    switch (envelope.kind) {
      case 'call':
        return this.#carryOutCall(envelope, body)
      case 'cast': {
        const [name, input, context] = parts(body)
        return this.#host.cast(envelope, { name: String(name), input, context })
      }
      case 'cancel':
        return this.#cancellable.get(`${senderOf(envelope)}/${body}`)?.abort(cancelled())
      case 'monitor':
        return this.#watch(envelope, Number(body))
      case 'demonitor': {
        const key = `${senderOf(envelope)}/${body}`
        this.#watchers.get(key)?.()
        return void this.#watchers.delete(key)
      }
      case 'down': {
        const [id, reason] = parts(body)
        return this.#fire(Number(id), reason as ExitReason)
      }
      case 'stop':
        return this.#host.stop(envelope)
      case 'start': {
        const [definition, version, arg, options] = parts(body)
        return this.#host.start({
          definition: String(definition),
          version: Number(version),
          arg,
          options: options as object,
        })
      }
      case 'probe':
        return null
    }
  }

  #carryOutCall(envelope: Envelope, body: unknown): Promise<unknown> {
    const [name, input, chain, context] = parts(body)
    const call = { name: String(name), input, timeoutMs: envelope.deadlineMs, chain: parts(chain).map(String), context }
    if (!envelope.cancellable) return this.#host.call(envelope, call)
    const key = `${senderOf(envelope)}/${envelope.sequence}`
    const controller = new AbortController()
    this.#cancellable.set(key, controller)
    return this.#host
      .call(envelope, { ...call, signal: controller.signal })
      .finally(() => void this.#cancellable.delete(key))
  }

  #watch(envelope: Envelope, id: number): null {
    const key = `${senderOf(envelope)}/${id}`
    this.#watchers.get(key)?.()
    const release = this.#host.monitor(envelope, (reason) => {
      this.#watchers.delete(key)
      this.#tellDown(envelope, { id, reason }, downAttemptsMax)
    })
    this.#watchers.set(key, release)
    return null
  }

  /** Until the other node says that it knows, or is known to be gone. */
  #tellDown(to: Envelope, news: { readonly id: number; readonly reason: ExitReason }, attemptsLeft: number): void {
    if (this.#closed || attemptsLeft === 0) return
    const watcher = { node: to.sender, epoch: to.senderEpoch, id: 0 }
    this.#ask(watcher, 'down', this.#encode([news.id, news.reason])).catch(() => {
      if (this.#closed) return
      const cancel = this.#port.clock.setTimer(
        downRetryMs,
        () => {
          this.#cancelRetries.delete(cancel)
          this.#tellDown(to, news, attemptsLeft - 1)
        },
        { unref: true },
      )
      this.#cancelRetries.add(cancel)
    })
  }

  #fire(id: number, reason: ExitReason): void {
    const watched = this.#watched.get(id)
    this.#watched.delete(id)
    watched?.listener(reason)
  }

  #dropped(sender: string, reason: string): void {
    const { telemetry, name: node } = this.#port
    if (!telemetry.enabled) return
    const metadata = { node, sender, reason }
    telemetry.emit({ name: 'foundation.message-dropped', measurements: { count: 1 }, metadata })
  }
}

const answered = { reply: 1, failure: 2 } as const

function senderOf({ sender, senderEpoch }: Envelope): string {
  return `${sender}/${senderEpoch}`
}

function labelOf({ name, node, id }: ActorAddress): string {
  return name === undefined ? `actor ${id} of node ${node}` : `"${name}"`
}

function parts(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) throw unreadableMessage(`expected a list of parts, got ${typeof body}`)
  return body
}

function cancelled(): DOMException {
  return new DOMException('the caller gave up', 'AbortError')
}

/** An error that surely fits into a message: data and sentence are cut where they are long. */
function boundedError(thrown: unknown): WireError {
  const wire = toWireError(thrown)
  const message = messageOf(thrown).slice(0, 4_096)
  return { ...wire, message, data: JSON.stringify(wire.data).length > 65_536 ? {} : wire.data }
}

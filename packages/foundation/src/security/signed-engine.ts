/**
 * An engine whose messages are signed: it wraps any other. What is published, asked and answered carries sender, number, time and a MAC;
 * what comes without, with a wrong one, late or twice is dropped and counted, and who asked is told that it was refused. Keyed
 * state, queues and blobs are the engine's own and pass as they are, and so do signs of life, which a thread without the secret beats.
 */

import type { BlobStore } from '../engine/blob-store.ts'
import type { DurableQueue, QueueOptions } from '../engine/durable-queue.ts'
import type {
  Engine,
  EngineMessage,
  EnginePort,
  EngineStatus,
  PulseOptions,
  RequestOptions,
  StoreName,
  SubscribeOptions,
  Subscription,
} from '../engine/engine.ts'
import type { KeyedState, StateOptions } from '../engine/keyed-state.ts'
import { timerPulse } from '../engine/timer-pulse.ts'
import { messageRefused } from '../errors/security-errors.ts'
import { isPulseSubject } from '../membership/pulse-subjects.ts'
import { Admission, genuineFrame } from './admission.ts'
import {
  conversationOf,
  type FrameContext,
  type FrameKind,
  frameTemplate,
  lifeOf,
  type RefusalReason,
  refusalFrame,
  refusalOf,
  sealedFrame,
} from './frame.ts'
import { Refusals } from './refusals.ts'
import type { SystemKeys } from './system-keys.ts'

export interface SignedEngineSettings {
  /** Beneath; closed with this one. */
  readonly engine: Engine
  readonly keys: SystemKeys
  readonly port: EnginePort & { readonly epoch: number }
}

/** A number for each message that is higher than those of an earlier life of the same name, seed and epoch. */
const sequencesPerMs = 1_024

export class SignedEngine implements Engine {
  readonly #engine: Engine
  readonly #keys: SystemKeys
  readonly #port: SignedEngineSettings['port']
  readonly #template: Uint8Array
  readonly #life: string
  readonly #refusals: Refusals
  #sequence: number

  constructor({ engine, keys, port }: SignedEngineSettings) {
    const random = port.random.fork('security')
    const instance = Uint8Array.from({ length: 8 }, () => random.int(256))
    this.#engine = engine
    this.#keys = keys
    this.#port = port
    this.#template = frameTemplate({ name: port.name, epoch: port.epoch, instance })
    this.#life = lifeOf(this.#template)
    this.#refusals = new Refusals(port)
    this.#sequence = Math.floor(port.clock.nowMs()) * sequencesPerMs
  }

  get name(): string {
    return this.#engine.name
  }

  get native(): unknown {
    return this.#engine.native
  }

  get status(): EngineStatus {
    return this.#engine.status
  }

  /** Messages refused so far, by reason. */
  get refused(): { readonly [R in RefusalReason]: number } {
    return this.#refusals.counts
  }

  onStatus(listener: (status: EngineStatus) => void): () => void {
    return this.#engine.onStatus(listener)
  }

  publish(subject: string, body: Uint8Array): void {
    const isPulse = isPulseSubject(this.#port.system, subject)
    this.#engine.publish(subject, isPulse ? body : this.#sealed('publish', { subject }, body).bytes)
  }

  subscribe(
    subject: string,
    onMessage: (message: EngineMessage) => void,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    // Each subscription has to hear a message that is for several, so each remembers by itself.
    const sinceMs = this.#port.clock.nowMs()
    const admission = new Admission(this.#keys, { isRedundant: options.redundant === true, sinceMs })
    const onAny = (message: EngineMessage) => {
      const taken = this.#taken(admission, message)
      if (taken !== undefined) onMessage(taken)
    }
    return this.#engine.subscribe(subject, onAny, options)
  }

  /** Rejects also with `foundation/message-refused`: the request was not taken, or its answer was none that can be believed. */
  async request(subject: string, body: Uint8Array, options: RequestOptions = {}): Promise<Uint8Array> {
    if (isPulseSubject(this.#port.system, subject)) return await this.#engine.request(subject, body, options)
    const { bytes, sequence } = this.#sealed(options.redundant ? 'redundant-request' : 'request', { subject }, body)
    const answer = await this.#engine.request(subject, bytes, options)
    const refusal = refusalOf(answer)
    if (refusal !== undefined) throw messageRefused(subject, refusal, 'receiver')
    const conversation = conversationOf(this.#life, sequence)
    const frame = genuineFrame(this.#keys, answer, { subject, conversation })
    if (typeof frame !== 'string' && frame.kind === 'answer') return frame.body
    const reason = typeof frame === 'string' ? frame : 'malformed'
    this.#refusals.count({ subject, reason, sender: '' })
    throw messageRefused(subject, reason, 'sender')
  }

  state(name: string, options?: StateOptions): Promise<KeyedState> {
    return this.#engine.state(name, options)
  }

  queue(name: string, options?: QueueOptions): Promise<DurableQueue> {
    return this.#engine.queue(name, options)
  }

  blobs(name: string): Promise<BlobStore> {
    return this.#engine.blobs(name)
  }

  stores(): Promise<readonly StoreName[]> {
    return this.#engine.stores()
  }

  removeStore(store: StoreName): Promise<void> {
    return this.#engine.removeStore(store)
  }

  /** Beats on other subjects than a node's own are signed, by a timer of this thread. */
  pulse(options: PulseOptions): Promise<AsyncDisposable> {
    const { system, clock } = this.#port
    const isOwn = isPulseSubject(system, options.beats) && isPulseSubject(system, options.probes)
    return isOwn ? this.#engine.pulse(options) : timerPulse(this, clock, options)
  }

  close(): Promise<void> {
    return this.#engine.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #sealed(kind: FrameKind, context: FrameContext, body: Uint8Array) {
    const sequence = ++this.#sequence
    const head = { kind, sequence, sentMs: this.#port.clock.nowMs(), ...context }
    return { sequence, bytes: sealedFrame({ template: this.#template, key: this.#keys.signing }, head, body) }
  }

  /** The message as it was said; undefined for one that is refused. */
  #taken(admission: Admission, message: EngineMessage): EngineMessage | undefined {
    const { subject, isRequest } = message
    if (isPulseSubject(this.#port.system, subject)) {
      // Nothing is said there but that somebody lives.
      if (message.body.length === 0) return message
      return this.#refuse(message, 'unsigned', '')
    }
    const verdict = admission.judge(message, this.#port.clock.nowMs())
    if (verdict.type === 'refused') return this.#refuse(message, verdict.reason, verdict.sender)
    if (verdict.type === 'known') return undefined
    const { frame } = verdict
    const conversation = conversationOf(frame.life, frame.sequence)
    const respond = (body: Uint8Array) => message.respond(this.#sealed('answer', { subject, conversation }, body).bytes)
    return { subject, body: frame.body, isRequest, respond }
  }

  #refuse(message: EngineMessage, reason: RefusalReason, sender: string): undefined {
    this.#refusals.count({ subject: message.subject, reason, sender })
    // Who waits is told why, rather than left to its time-out. A replay was answered when it was none.
    if (message.isRequest && reason !== 'replayed') message.respond(refusalFrame(reason))
  }
}

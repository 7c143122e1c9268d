/** References in a thread: whatever is asked of them goes to the node, which does it in the actor's place. */

import type { MessagePort } from 'node:worker_threads'
import type { ActorAddress, ActorReference } from '../actors/actor-address.ts'
import type { CallOptions } from '../actors/actor-ref.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import type { Codec } from '../codec/codec.ts'
import { currentAsyncContext } from '../context/async-context.ts'
import { contextToWire } from '../context/wire-context.ts'
import { limitReached } from '../errors/actor-errors.ts'
import { checkOptions, rule } from '../options.ts'
import { HostedWork } from './hosted-actor.ts'
import { threadCodecs } from './thread-codecs.ts'
import { handedOver, ledger, type Outgoing, type ThreadBirth, type ToThread } from './thread-protocol.ts'
import { decodeThrown, encodeThrown } from './thrown-value.ts'

/** *Runs in* the thread. */
export class ThreadOutbox {
  readonly codec: Codec
  /** What replies are checked by. */
  readonly checked: Codec
  readonly #port: MessagePort
  readonly #outgoingMax: number
  readonly #ledger: Uint32Array
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #monitors = new Map<number, (reason: ExitReason) => void>()
  #sent = 0
  #lastId = 0

  constructor(port: MessagePort, birth: ThreadBirth) {
    this.#port = port
    this.#outgoingMax = birth.outgoingMax
    this.#ledger = new Uint32Array(birth.ledger)
    const { checked, crossing } = threadCodecs(birth.messageBytesMax, {
      accepts: (value) => value instanceof ThreadRef,
      toAddress: (value) => (value as ThreadRef).address,
      fromAddress: (address) => new ThreadRef(this, address),
    })
    this.checked = checked
    this.codec = crossing
  }

  async call(to: ActorAddress, what: { readonly name: string; readonly input: unknown }, options: CallOptions = {}) {
    checkOptions('call', options, { timeoutMs: rule.optional(rule.any()), signal: rule.optional(rule.any()) })
    const { timeoutMs, signal } = options
    signal?.throwIfAborted()
    const input = this.codec.encode(what.input, what.name)
    const call = ++this.#lastId
    const waiting = Promise.withResolvers<unknown>()
    const request = currentRequest()
    this.#send({ type: 'call', call, request, to, name: what.name, input, timeoutMs, flow: contextToWire() }, input)
    this.#calls.set(call, waiting)
    const onAbort = () => {
      const reason = encodeThrown(this.codec, signal?.reason)
      this.#post({ type: 'call-abort', call, reason }, reason)
      waiting.reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort)
    try {
      return await waiting.promise
    } finally {
      this.#calls.delete(call)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  cast(to: ActorAddress, name: string, value: unknown): void {
    const input = this.codec.encode(value, name)
    this.#send({ type: 'cast', request: currentRequest(), to, name, input, flow: contextToWire() }, input)
  }

  monitor(to: ActorAddress, listener: (reason: ExitReason) => void): () => void {
    const monitor = ++this.#lastId
    this.#send({ type: 'monitor', monitor, to }, undefined)
    this.#monitors.set(monitor, listener)
    return () => {
      if (this.#monitors.delete(monitor)) this.#post({ type: 'monitor-end', monitor }, undefined)
    }
  }

  onCallDone(message: Extract<ToThread, { readonly type: 'call-done' }>): void {
    const waiting = this.#calls.get(message.call)
    if (message.ok) waiting?.resolve(this.codec.decode(message.value))
    else waiting?.reject(decodeThrown(this.codec, message.value))
  }

  onMonitorDown(message: Extract<ToThread, { readonly type: 'monitor-down' }>): void {
    const listener = this.#monitors.get(message.monitor)
    this.#monitors.delete(message.monitor)
    listener?.(message.reason)
  }

  /** Bounded: the node may be too busy to take what a handler sends. */
  #send(message: Outgoing, bytes: Uint8Array | undefined): void {
    const open = (this.#sent - Atomics.load(this.#ledger, ledger.taken)) >>> 0
    if (open >= this.#outgoingMax) throw limitReached('a thread', 'outgoingMax', this.#outgoingMax)
    this.#post(message, bytes)
  }

  #post(message: Outgoing, bytes: Uint8Array | undefined): void {
    this.#sent = (this.#sent + 1) >>> 0
    this.#port.postMessage(message, bytes === undefined ? [] : handedOver(bytes))
  }
}

/** A reference to an actor anywhere, in a thread. */
export class ThreadRef implements ActorReference {
  readonly address: ActorAddress
  readonly #outbox: ThreadOutbox

  constructor(outbox: ThreadOutbox, address: ActorAddress) {
    this.#outbox = outbox
    this.address = address
  }

  toJSON(): ActorAddress {
    return this.address
  }

  call(name: string, input?: unknown, options?: CallOptions): Promise<unknown> {
    return this.#outbox.call(this.address, { name, input }, options)
  }

  cast(name: string, input?: unknown): void {
    this.#outbox.cast(this.address, name, input)
  }

  monitor(listener: (reason: ExitReason) => void): () => void {
    return this.#outbox.monitor(this.address, listener)
  }
}

/** On whose behalf the running code acts. */
function currentRequest(): number | undefined {
  const work = currentAsyncContext()?.work?.message
  return work instanceof HostedWork ? work.request : undefined
}

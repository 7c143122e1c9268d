/** What the handlers of one thread ask of others, done by the node in their place: calls, casts, monitors. */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { CallOptions } from '../actors/actor-ref.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import type { Clock } from '../clock.ts'
import type { Codec } from '../codec/codec.ts'
import { type AsyncContext, runInContext } from '../context/async-context.ts'
import { contextFromWire, type WireContext } from '../context/wire-context.ts'
import type { Outgoing, ToThread } from './thread-protocol.ts'
import { decodeThrown, encodeThrown } from './thrown-value.ts'

/** A reference as the node gives it to itself. */
export interface BoundRef {
  call(name: string, input?: unknown, options?: CallOptions): Promise<unknown>
  cast(name: string, input?: unknown): void
  monitor(listener: (reason: ExitReason) => void): () => void
}

/** What errands need of their thread. */
export interface ErrandHost {
  readonly codec: Codec
  readonly clock: Clock
  bind(address: ActorAddress): BoundRef
  /** On whose behalf a request runs, while it does. */
  contextOf(request: number | undefined): AsyncContext | undefined
  send(message: ToThread, bytes: Uint8Array | undefined): void
  /** A cast that its receiver or its own input made impossible. */
  castRefused(name: string, thrown: unknown): void
}

/** *Runs in* a turn of its own for each message of the thread. */
export class ThreadErrands {
  readonly #host: ErrandHost
  readonly #calls = new Map<number, AbortController>()
  readonly #monitors = new Map<number, () => void>()

  constructor(host: ErrandHost) {
    this.#host = host
  }

  take(errand: Outgoing): void {
    switch (errand.type) {
      case 'call':
        void this.#call(errand)
        break
      case 'call-abort':
        this.#calls.get(errand.call)?.abort(decodeThrown(this.#host.codec, errand.reason))
        break
      case 'cast':
        this.#cast(errand)
        break
      case 'monitor':
        this.#monitor(errand.monitor, errand.to)
        break
      case 'monitor-end':
        this.#monitors.get(errand.monitor)?.()
        this.#monitors.delete(errand.monitor)
    }
  }

  /** The thread is no more: nobody waits for any of it. */
  close(reason: unknown): void {
    for (const stop of this.#monitors.values()) stop()
    for (const call of this.#calls.values()) call.abort(reason)
    this.#monitors.clear()
  }

  async #call(errand: Extract<Outgoing, { readonly type: 'call' }>): Promise<void> {
    const { codec } = this.#host
    const { call, name, timeoutMs } = errand
    const aborted = new AbortController()
    this.#calls.set(call, aborted)
    const options = { signal: aborted.signal, ...(timeoutMs !== undefined && { timeoutMs }) }
    let ok = true
    let value: Uint8Array
    try {
      const ref = this.#host.bind(errand.to)
      const input = codec.decode(errand.input)
      const context = this.#contextOf(errand.request, errand.flow)
      value = codec.encode(await runInContext(context, () => ref.call(name, input, options)), `${name} reply`)
    } catch (thrown) {
      ok = false
      value = encodeThrown(codec, thrown)
    }
    this.#calls.delete(call)
    this.#host.send({ type: 'call-done', call, ok, value }, value)
  }

  #cast(errand: Extract<Outgoing, { readonly type: 'cast' }>): void {
    try {
      const ref = this.#host.bind(errand.to)
      const input = this.#host.codec.decode(errand.input)
      runInContext(this.#contextOf(errand.request, errand.flow), () => ref.cast(errand.name, input))
    } catch (thrown) {
      this.#host.castRefused(errand.name, thrown)
    }
  }

  #monitor(monitor: number, to: ActorAddress): void {
    const listener = (reason: ExitReason) => {
      this.#monitors.delete(monitor)
      this.#host.send({ type: 'monitor-down', monitor, reason }, undefined)
    }
    this.#monitors.set(monitor, this.#host.bind(to).monitor(listener))
  }

  /** The work is that of the node's side; the flow is the thread's, which may have added to it. */
  #contextOf(request: number | undefined, wire: WireContext | undefined): AsyncContext | undefined {
    const work = this.#host.contextOf(request)?.work
    const flow = contextFromWire(wire, this.#host.clock)
    return work === undefined && flow === undefined ? undefined : { work, flow }
  }
}

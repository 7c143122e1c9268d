/**
 * Actors of other nodes: calls, casts, monitors, starts and stops over the engine. One subject a node; everything is
 * told apart here, not by the engine.
 *
 * *Delivery*: at most once, in order for each pair of nodes. A call that could not be delivered says so at once
 * (`foundation/node-unreachable`); one whose answer is lost ends at its deadline, or when its node is known to be down. A node that
 * leaves answers all that has come to it first, so that nothing is lost by that.
 */

import { type ActorAddress, labelOf } from '../actors/actor-address.ts'
import type { Way } from '../actors/elsewhere.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import type { Subscription } from '../engine/engine.ts'
import { callTimeout } from '../errors/actor-errors.ts'
import { hasCode } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import type { Envelope } from './envelope.ts'
import { Incoming } from './incoming.ts'
import { type NodeEnd, Outgoing } from './outgoing.ts'

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
  /** How it came, where it was sent after an actor that has left. */
  readonly way?: Way | undefined
}

export interface RemoteCast {
  readonly name: string
  readonly input: unknown
  readonly context?: unknown
  /** As of a call. */
  readonly way?: Way | undefined
}

export interface RemoteStart {
  readonly definition: string
  readonly version: number
  readonly arg: unknown
  readonly options: object
}

/** What nodes tell each other about an actor that moves; the migration part knows the verbs. */
export interface RemoteMove {
  readonly verb: string
  /** Of the actor. */
  readonly name: string
  readonly data: unknown
  /** The node that sent it. */
  readonly from: string
}

/** What messages from other nodes are carried out by. Each may throw or reject; the other node gets the error. */
export interface RemoteHost {
  call(target: RemoteTarget, call: RemoteCall): Promise<unknown>
  cast(target: RemoteTarget, cast: RemoteCast): void
  monitor(target: RemoteTarget, listener: (reason: ExitReason) => void): () => void
  stop(target: RemoteTarget): Promise<ExitReason>
  start(what: RemoteStart): Promise<ActorAddress>
  move(what: RemoteMove): Promise<unknown>
}

/** For what is done at once where it arrives. */
const controlTimeoutMs = 5_000

interface Watched {
  readonly node: string
  readonly epoch: number
  readonly listener: (reason: ExitReason) => void
}

export class Remote implements AsyncDisposable {
  readonly #port: NodePort
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  /** Monitors of actors elsewhere, by their number here. */
  readonly #watched = new Map<number, Watched>()
  #subscription: Subscription | undefined
  #lastMonitor = 0

  constructor(port: NodePort, host: RemoteHost) {
    this.#port = port
    this.#outgoing = new Outgoing(port)
    const onDown = (monitor: number, reason: ExitReason) => this.#fire(monitor, reason)
    this.#incoming = new Incoming({ port, host, outgoing: this.#outgoing, onDown })
  }

  /** Resolves when other nodes can reach this one. */
  async open(): Promise<void> {
    const { engine, name } = this.#port
    const subject = this.#outgoing.subjectOf(name)
    this.#subscription = await engine.subscribe(subject, (message) => this.#incoming.take(message))
  }

  async call(to: ActorAddress, call: RemoteCall): Promise<unknown> {
    const { name, input, chain, context, timeoutMs, signal, way } = call
    signal?.throwIfAborted()
    let sequence = 0
    const takeBack = () => this.#outgoing.mention(to, { kind: 'cancel', body: sequence })
    signal?.addEventListener('abort', takeBack, { once: true })
    const onSent = (sent: number) => {
      sequence = sent
    }
    try {
      return await this.#outgoing.ask(
        to,
        { kind: 'call', body: [name, input, chain, context, ...wayParts(way)], label: name },
        { timeoutMs, signal, onSent },
      )
    } catch (thrown) {
      const late = hasCode(thrown, 'foundation/request-timeout')
      throw late ? callTimeout(labelOf(to), name, timeoutMs) : thrown
    } finally {
      signal?.removeEventListener('abort', takeBack)
    }
  }

  cast(to: ActorAddress, { name, input, context, way }: RemoteCast): void {
    this.#outgoing.tell(to, { kind: 'cast', body: [name, input, context, ...wayParts(way)], label: name })
  }

  /** Tells `listener` once when that actor, or its node, is no more. */
  monitor(to: ActorAddress, listener: (reason: ExitReason) => void): () => void {
    const id = ++this.#lastMonitor
    this.#watched.set(id, { node: to.node, epoch: to.epoch, listener })
    this.#outgoing.ask(to, { kind: 'monitor', body: id }, { timeoutMs: controlTimeoutMs }).catch((thrown) => {
      // There is no such actor, as far as anybody can say; or its node is silent.
      const there = hasCode(thrown, 'foundation/no-such-actor')
      // The watch may stand all the same, where only the answer was lost.
      if (!there) this.#outgoing.mention(to, { kind: 'demonitor', body: id })
      this.#fire(id, there ? { type: 'no-such-actor' } : { type: 'node-down' })
    })
    return () => {
      if (this.#watched.delete(id)) this.#outgoing.mention(to, { kind: 'demonitor', body: id })
    }
  }

  /** It may take `shutdownMs` to stop. */
  async stop(to: ActorAddress, shutdownMs: number): Promise<ExitReason> {
    const timeoutMs = shutdownMs + controlTimeoutMs
    return (await this.#outgoing.ask(to, { kind: 'stop', body: null }, { timeoutMs })) as ExitReason
  }

  /** It may take `startMs` to start: who gives up before would leave behind what nobody refers to. */
  async start(node: string, what: RemoteStart, startMs: number): Promise<ActorAddress> {
    const { definition, version, arg, options } = what
    const whole = { node, epoch: 0, id: 0 }
    const body = [definition, version, arg, options]
    return (await this.#outgoing.ask(
      whole,
      { kind: 'start', body, label: definition },
      { timeoutMs: startMs + controlTimeoutMs },
    )) as ActorAddress
  }

  /** Rejects as a call does, of the node rather than of an actor. `epoch` is the life that is meant, 0 for any. */
  async move(
    to: Pick<ActorAddress, 'node' | 'epoch'>,
    what: Omit<RemoteMove, 'from'>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<unknown> {
    const { verb, name, data } = what
    const receiver = { node: to.node, epoch: to.epoch, id: 0 }
    return await this.#outgoing.ask(receiver, { kind: 'move', body: [verb, name, data], label: verb }, options)
  }

  /**
   * That life of the node is not heard of, or over: what waits for it ends. One that is only silent may come back, and goes on
   * watching what it watches here.
   */
  nodeIsDown(node: string, epoch: number, end: NodeEnd): void {
    for (const [id, one] of [...this.#watched]) {
      if (one.node === node && one.epoch <= epoch) this.#fire(id, { type: 'node-down' })
    }
    this.#outgoing.nodeIsDown(node, epoch, end)
    if (end === 'down') this.#incoming.nodeIsSilent(node, epoch)
    else this.#incoming.nodeIsGone(node, epoch)
  }

  /** A higher epoch of its name is there: all lives before are over, also those that nobody here had heard of. */
  nodeIsReplaced(node: string, byEpoch: number): void {
    for (const [id, one] of [...this.#watched]) {
      if (one.node === node && one.epoch < byEpoch) this.#fire(id, { type: 'node-down' })
    }
    this.#incoming.nodeIsReplaced(node, byEpoch)
  }

  /** It was not down. */
  nodeIsBack(node: string, epoch: number): void {
    this.#incoming.nodeIsBack(node, epoch)
  }

  /** Whoever asks, or has asked, is answered before nobody listens any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#watched.clear()
    this.#incoming.close()
    this.#outgoing.close()
    await this.#subscription?.drain()
    this.#subscription = undefined
  }

  #fire(id: number, reason: ExitReason): void {
    const watched = this.#watched.get(id)
    this.#watched.delete(id)
    watched?.listener(reason)
  }
}

/** Nothing for what comes straight, which is nearly all. */
function wayParts(way: Way | undefined): readonly unknown[] {
  return way === undefined ? [] : [[way.by, way.isMail]]
}

/** The way to other nodes: numbers each message for its receiver, and ends what waits for a node that is down. */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { CancelTimer } from '../clock.ts'
import { nodeDown, nodeUnreachable } from '../errors/remote-errors.ts'
import { hasCode, isMabeamError } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { decodeAnswer } from './answer.ts'
import { type Envelope, type EnvelopeKind, encodeEnvelope } from './envelope.ts'

/** Whom a message is for; `id` 0 and no name for the node itself. */
export type Receiver = Pick<ActorAddress, 'node' | 'epoch' | 'id' | 'name'>

/** What is sent. */
export interface Outbound {
  readonly kind: EnvelopeKind
  readonly body: unknown
  /** What it is called in errors about what can't be sent. @default its kind */
  readonly label?: string
}

export interface AskOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Told of the number of the message, by which it can be taken back. */
  readonly onSent?: (sequence: number) => void
}

export interface OutgoingOptions {
  /** Receivers whose numbers are remembered; what is sent to one of the others begins above all that were forgotten. @default 10_000 */
  readonly receiversMax?: number
}

const outgoingDefaults = { receiversMax: 10_000 } as const satisfies Required<OutgoingOptions>

interface Underway {
  readonly node: string
  readonly epoch: number
  readonly fail: (error: unknown) => void
  /** Of what is awaited of a node that has left. */
  cancelTimer?: CancelTimer
}

/** How life of a node is over: `down` is silence, `left` is what it said itself. */
export type NodeEnd = 'down' | 'left' | 'replaced'

/**
 * How long answers of a node that has left are waited for: it has answered all that came to it, and what it said may be overtaken by the word
 * that it left.
 */
export const answersAfterMs = 2_000

export class Outgoing {
  readonly #port: NodePort
  readonly #receiversMax: number
  readonly #sequences = new Map<string, number>()
  /** The highest number of a receiver that was forgotten: one that is there again takes no lower ones. */
  #forgotten = 0
  readonly #underway = new Set<Underway>()
  #closed = false

  constructor(port: NodePort, options: OutgoingOptions = {}) {
    this.#port = port
    this.#receiversMax = { ...outgoingDefaults, ...options }.receiversMax
  }

  get receivers(): number {
    return this.#sequences.size
  }

  /** The subject a node takes messages of others from. */
  subjectOf(node: string): string {
    return `${this.#port.system}.node.${node}`
  }

  /** *Delivery*: at most once, in order with everything else sent to that node. Does nothing once closed. */
  tell(to: Receiver, { kind, body, label }: Outbound): void {
    if (this.#closed) return
    const bytes = encodeEnvelope(this.#envelope(to, kind, this.#port.codec.encode(body, label ?? kind)))
    this.#port.engine.publish(this.subjectOf(to.node), bytes)
  }

  /** What is good to say and no loss if it is not: nothing is thrown where the engine is closed. */
  mention(to: Receiver, message: Outbound): void {
    try {
      this.tell(to, message)
    } catch (thrown) {
      if (!isMabeamError(thrown)) throw thrown
    }
  }

  /** Rejects with what the other side threw, `foundation/node-unreachable`, `foundation/node-down`, `foundation/request-timeout`. */
  async ask(to: Receiver, { kind, body, label }: Outbound, options: AskOptions): Promise<unknown> {
    const encoded = this.#port.codec.encode(body, label ?? kind)
    const plain = this.#envelope(to, kind, encoded)
    const envelope: Envelope = { ...plain, deadlineMs: options.timeoutMs, cancellable: options.signal !== undefined }
    options.onSent?.(envelope.sequence)
    return decodeAnswer(this.#port.codec, await this.#request(to, envelope, options))
  }

  /** Of that life of the node; what is asked of a later one goes on. What one that left was asked ends a while later, unless it is answered. */
  nodeIsDown(node: string, epoch: number, end: NodeEnd): void {
    for (const one of [...this.#underway]) {
      if (one.node !== node || one.epoch > epoch) continue
      const fail = () => one.fail(nodeDown(node))
      if (end === 'left') one.cancelTimer ??= this.#port.clock.setTimer(answersAfterMs, fail, { unref: true })
      else fail()
    }
  }

  close(): void {
    this.#closed = true
    for (const one of [...this.#underway]) one.fail(nodeDown(this.#port.name))
  }

  #envelope(to: Receiver, kind: EnvelopeKind, body: Uint8Array): Envelope {
    const sequence = (this.#sequences.get(to.node) ?? this.#forgotten) + 1
    this.#sequences.set(to.node, sequence)
    if (this.#sequences.size > this.#receiversMax) this.#forgetFirst()
    return {
      kind,
      targetId: to.id,
      targetEpoch: to.epoch,
      targetName: to.name ?? '',
      sender: this.#port.name,
      senderEpoch: this.#port.epoch,
      sequence,
      deadlineMs: Number.POSITIVE_INFINITY,
      cancellable: false,
      body,
    }
  }

  #forgetFirst(): void {
    for (const [node, sequence] of this.#sequences) {
      this.#sequences.delete(node)
      this.#forgotten = Math.max(this.#forgotten, sequence)
      return
    }
  }

  #request({ node, epoch }: Receiver, envelope: Envelope, { timeoutMs, signal }: AskOptions): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    const end = () => {
      this.#underway.delete(underway)
      underway.cancelTimer?.()
    }
    const underway: Underway = {
      node,
      epoch,
      fail: (error) => {
        end()
        reject(error)
      },
    }
    if (this.#closed) {
      reject(nodeDown(this.#port.name))
      return promise
    }
    this.#underway.add(underway)
    this.#port.engine.request(this.subjectOf(node), encodeEnvelope(envelope), { timeoutMs, signal }).then(
      (answer) => {
        end()
        resolve(answer)
      },
      (thrown) => {
        const silent = hasCode(thrown, 'foundation/no-responders')
        underway.fail(silent ? nodeUnreachable(node) : thrown)
      },
    )
    return promise
  }
}

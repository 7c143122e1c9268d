/** Messages on their way out and in: made into frames, and taken apart for each subscriber when it is their turn. */

import { currentFlow } from '../context/async-context.ts'
import { type Context, childContext, deadlineIn } from '../context/context.ts'
import { contextFromWire, contextToWire, type WireContext } from '../context/wire-context.ts'
import { payloadTooLarge } from '../errors/engine-errors.ts'
import type { NodePort } from '../node-port.ts'
import type { Random } from '../random.ts'
import { compressed } from './body-compression.ts'
import {
  type Frame,
  type FrameHeader,
  type FrameKind,
  readBody,
  readFrame,
  readHeader,
  writeFrame,
} from './channel-frame.ts'
import type { Priority } from './priority.ts'
import { checkMessage, type Topic } from './topic.ts'

/** A message that has arrived and waits for its turn. */
export interface Arrival {
  readonly priority: Priority
  readonly topic: string
  readonly frame: Frame
  readonly bytes: number
  readonly arrivedMs: number
}

/** A message as a subscriber gets it. */
export interface Delivery<T = unknown> {
  readonly topic: string
  readonly priority: Priority
  /** The node that sent it. */
  readonly from: string
  readonly message: T
  /** What its sender gave along; handlers run in it, readers of a stream may enter it with `enterContext`. */
  readonly context: Context | undefined
}

export interface MailSettings {
  readonly messageBytesMax: number
  readonly compressBytes: number
  readonly checkSent: boolean
}

/** Where answers go. */
export interface Reply {
  readonly replyTo?: string
  readonly request: number
}

export class ChannelMail {
  readonly #port: NodePort
  readonly #settings: MailSettings
  readonly #spans: Random
  readonly #plainHeader: Uint8Array
  /** Most messages in a row have the same header. */
  #lastBytes: Uint8Array = new Uint8Array(0)
  #lastHeader: FrameHeader | undefined

  constructor(port: NodePort, settings: MailSettings) {
    this.#port = port
    this.#settings = settings
    this.#spans = port.random.fork('channel-spans')
    this.#plainHeader = port.codec.encode({ from: port.name, epoch: port.epoch })
  }

  /** Throws `foundation/unsendable`, `foundation/payload-too-large`, `foundation/invalid-message`. */
  message(topic: Topic, message: unknown): Uint8Array {
    if (this.#settings.checkSent) checkMessage(topic, message)
    const context = contextToWire(currentFlow())
    const header = context === undefined ? this.#plainHeader : this.#header({ context })
    return this.#frame('message', header, this.#body(message, topic.name))
  }

  /** A request gives its deadline along, so that what is done for it ends with it. */
  request(topic: Topic, message: unknown, reply: Reply & { readonly deadlineMs: number }): Uint8Array {
    if (this.#settings.checkSent) checkMessage(topic, message)
    const context = { ...contextToWire(currentFlow()), leftMs: reply.deadlineMs }
    const { replyTo = '', request } = reply
    return this.#frame('request', this.#header({ context, replyTo, request }), this.#body(message, topic.name))
  }

  answer(kind: 'answer' | 'failure', request: number, value: unknown): Uint8Array {
    return this.#frame(kind, this.#header({ request }), this.#body(value, 'answer'))
  }

  /** Throws `foundation/unreadable-message`. */
  arrival(priority: Priority, topic: string, bytes: Uint8Array): Arrival {
    const arrivedMs = this.#port.clock.monotonicMs()
    return { priority, topic, frame: readFrame(bytes), bytes: bytes.length, arrivedMs }
  }

  headerOf({ frame }: Arrival): FrameHeader {
    const { header } = frame
    if (this.#lastHeader === undefined || Buffer.compare(header, this.#lastBytes) !== 0) {
      this.#lastHeader = readHeader(this.#port.codec, header)
      this.#lastBytes = header
    }
    return this.#lastHeader
  }

  /** Throws `foundation/unreadable-message`, `foundation/payload-too-large`, `foundation/invalid-message`. */
  open(arrival: Arrival, topic: Topic): Delivery {
    const header = this.headerOf(arrival)
    const message = readBody(this.#port.codec, arrival.frame, this.#settings.messageBytesMax)
    const fromHere = header.from === this.#port.name && header.epoch === this.#port.epoch
    if (!fromHere) checkMessage(topic, message)
    const context = this.#contextOf(header, arrival)
    return { topic: arrival.topic, priority: arrival.priority, from: header.from, message, context }
  }

  body(arrival: Arrival): unknown {
    return readBody(this.#port.codec, arrival.frame, this.#settings.messageBytesMax)
  }

  /** A hop further than the sender, and with less time left by what it waited here. */
  #contextOf({ context: wire }: FrameHeader, { arrivedMs }: Arrival): Context | undefined {
    if (wire === undefined) return undefined
    const { clock } = this.#port
    const context = contextFromWire(wire, clock)
    if (context === undefined) return undefined
    const child = childContext(context, this.#spans)
    if (child.deadline === undefined) return child
    const waitedMs = clock.monotonicMs() - arrivedMs
    return waitedMs <= 0 ? child : { ...child, deadline: deadlineIn(clock, child.deadline.leftMs - waitedMs) }
  }

  #header(more: { readonly context?: WireContext; readonly replyTo?: string; readonly request?: number }): Uint8Array {
    const { name, epoch, codec } = this.#port
    return codec.encode({ from: name, epoch, ...more })
  }

  /** Errors name the value by `label`. */
  #body(value: unknown, label: string): Uint8Array {
    const { messageBytesMax } = this.#settings
    const body = this.#port.codec.encode(value, label)
    if (body.length > messageBytesMax) throw payloadTooLarge(label, messageBytesMax, body.length)
    return body
  }

  #frame(kind: FrameKind, header: Uint8Array, body: Uint8Array): Uint8Array {
    const { compressBytes } = this.#settings
    const small = compressed(body, compressBytes)
    return writeFrame({ kind, header, body: small ?? body, compressed: small !== undefined })
  }
}

/** Messages by the way of a hub: subscriptions that outlive it, and requests. */

import { noResponders, payloadTooLarge, requestTimeout } from '../../../errors/engine-errors.ts'
import { hasCode, messageOf } from '../../../errors.ts'
import type { EngineMessage, RequestOptions, SubscribeOptions, Subscription } from '../../engine.ts'
import { checkedRequest, checkedSubscribe } from '../../message-options.ts'
import { checkSubscription } from '../../subject.ts'
import type { InLine } from '../memory/line.ts'
import type { MemoryPort } from '../memory/memory-port.ts'
import { PendingRequest } from '../memory/pending-request.ts'
import { Subscriber } from '../memory/subscriber.ts'
import { copyOf, type HubLink } from './hub-link.ts'
import type { Bytes, MessageAddress } from './hub-messages.ts'
import type { Waiting } from './link-port.ts'

/** A message as the hub brought it. */
class BroughtMessage implements EngineMessage, InLine {
  readonly subject: string
  readonly body: Uint8Array
  earlier: InLine | undefined = undefined
  later: InLine | undefined = undefined
  readonly #link: HubLink
  /** 0 when it is no request, or was answered. */
  #reference: number
  readonly isRequest: boolean

  constructor(
    link: HubLink,
    reference: number,
    { subject, body }: { readonly subject: string; readonly body: Uint8Array },
  ) {
    this.#link = link
    this.#reference = reference
    this.isRequest = reference !== 0
    this.subject = subject
    this.body = body
  }

  respond(body: Uint8Array): void {
    if (this.#reference === 0) return
    this.#link.respond(this.#reference, body)
    this.#reference = 0
  }
}

/** A request on its way by the hub. */
class LocalRequest extends PendingRequest implements Waiting {
  /** By which the link knows it. */
  id = 0
  readonly #subject: string

  constructor(subject: string, onEnd: (pending: PendingRequest) => void) {
    super(onEnd)
    this.#subject = subject
  }

  get doing(): string {
    return `asking ${this.#subject}`
  }

  /** Undefined where nobody listens. */
  override succeed(answer: unknown): void {
    if (answer === undefined) this.fail(noResponders(this.#subject))
    else super.succeed(answer as Uint8Array)
  }
}

interface OpenSubscription {
  readonly pattern: string
  readonly queue: string | undefined
  readonly subscriber: Subscriber
  /** The hub knows it, so the next one is to know it too. */
  isKnown: boolean
}

/** Subjects that are published on have been checked by whoever does. */
export class LocalMessages {
  readonly #port: MemoryPort
  readonly #link: HubLink
  readonly #open = new Map<number, OpenSubscription>()
  #lastId = 0

  constructor(port: MemoryPort, link: HubLink) {
    this.#port = port
    this.#link = link
  }

  publish(subject: string, body: Uint8Array): void {
    this.#check(subject, body)
    this.#link.publish(subject, body)
  }

  async subscribe(
    subject: string,
    onMessage: (message: EngineMessage) => void,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    this.#port.checkOpen()
    checkSubscription(subject)
    // There is one way to the hub: what is redundant is heard by it as anything is.
    const { queue, capacity } = checkedSubscribe(options)
    const id = ++this.#lastId
    const onEnd = () => this.#end(id)
    const onDrain = () => this.#unlisten(id)
    const subscriber = new Subscriber(this.#port, { pattern: subject, queue, capacity, onMessage, onEnd, onDrain })
    const open: OpenSubscription = { pattern: subject, queue, subscriber, isKnown: false }
    this.#open.set(id, open)
    try {
      await this.#link.askAgain('subscribe', [id, subject, queue ?? null], `subscribing to ${subject}`)
    } catch (thrown) {
      this.#open.delete(id)
      throw thrown
    }
    open.isKnown = true
    return subscriber
  }

  async request(subject: string, body: Uint8Array, options: RequestOptions = {}): Promise<Uint8Array> {
    this.#check(subject, body)
    const { timeoutMs, signal } = checkedRequest(options)
    signal?.throwIfAborted()
    const pending = new LocalRequest(subject, this.#onEnd)
    pending.cancelTimer = this.#port.clock.setTimer(timeoutMs, () => pending.fail(requestTimeout(subject, timeoutMs)))
    pending.abortWith(signal)
    pending.id = this.#link.request(subject, body, pending)
    return await pending.promise
  }

  readonly #onEnd = (pending: PendingRequest): void => void this.#link.cancel((pending as LocalRequest).id)

  /** The hub brought it. */
  bring({ subscription, reference }: MessageAddress, subject: string, { source, start, end }: Bytes): void {
    const open = this.#open.get(subscription)
    open?.subscriber.offer(new BroughtMessage(this.#link, reference, { subject, body: copyOf(source, start, end) }))
  }

  /** There is another hub. */
  renew(): void {
    for (const [id, { pattern, queue, isKnown }] of this.#open) {
      if (!isKnown) continue
      this.#link.operate('subscribe', [id, pattern, queue ?? null], {
        doing: `subscribing to ${pattern} again`,
        succeed: () => {},
        fail: (reason) => {
          // Of a hub that is lost again the next one is asked.
          if (hasCode(reason, 'foundation/engine-unavailable') || hasCode(reason, 'foundation/engine-closed')) return
          this.#port.report('subscriber-failed', { subject: pattern, message: messageOf(reason) })
        },
      })
    }
  }

  /** Resolves when everything that was brought has been handed over. */
  async drained(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ subscriber }) => subscriber.drained()))
  }

  async close(): Promise<void> {
    for (const { subscriber } of [...this.#open.values()]) await subscriber[Symbol.asyncDispose]()
  }

  /** What the hub has sent before comes before its answer. */
  async #unlisten(id: number): Promise<void> {
    const open = this.#open.get(id)
    if (open === undefined) return
    // Another hub is not to know it: then nothing more comes anyway.
    open.isKnown = false
    if (!this.#link.isConnected) return
    await this.#link.ask('unsubscribe', [id], `listening to ${open.pattern} no more`).catch(() => {})
  }

  #end(id: number): void {
    if (this.#open.delete(id)) this.#link.tell('unsubscribe', [id])
  }

  #check(subject: string, body: Uint8Array): void {
    this.#port.checkOpen()
    const { bytesMax } = this.#port.limits
    if (body.length > bytesMax) throw payloadTooLarge(subject, bytesMax, body.length)
  }
}

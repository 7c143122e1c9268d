/** A subscription of the memory engine, and what it is handed. */

import { messageOf } from '../../../errors.ts'
import type { EngineMessage, Subscription } from '../../engine.ts'
import { subjectMatcher } from '../../subject.ts'
import { Handover } from './handover.ts'
import { type InLine, Line } from './line.ts'
import type { MemoryPort } from './memory-port.ts'
import type { PendingRequest } from './pending-request.ts'

/** A message that waits for its subscriber, whose body is nobody else's. */
export type WaitingMessage = EngineMessage & InLine

/** One message on its way to one subscriber, with a copy of the body: nobody shares memory with anybody. */
export class SentMessage implements EngineMessage, InLine {
  readonly subject: string
  readonly body: Uint8Array
  readonly #pending: PendingRequest | undefined
  earlier: InLine | undefined = undefined
  later: InLine | undefined = undefined

  constructor(subject: string, body: Uint8Array, pending: PendingRequest | undefined) {
    this.subject = subject
    this.body = new Uint8Array(body)
    this.#pending = pending
  }

  get isRequest(): boolean {
    return this.#pending !== undefined
  }

  respond(body: Uint8Array): void {
    this.#pending?.answer(body)
  }
}

export interface SubscriberSettings {
  readonly pattern: string
  readonly queue: string | undefined
  readonly capacity: number
  onMessage(message: EngineMessage): void
  onEnd(): void
  /** Resolves when nothing more is offered; must not reject. */
  onDrain(): Promise<void>
}

export class Subscriber implements Subscription {
  readonly pattern: string
  readonly queue: string | undefined
  readonly matches: (subject: string) => boolean
  dropped = 0
  readonly #port: MemoryPort
  readonly #settings: SubscriberSettings
  readonly #waiting = new Line<WaitingMessage>()
  readonly #handover: Handover<WaitingMessage>

  constructor(port: MemoryPort, settings: SubscriberSettings) {
    this.#port = port
    this.#settings = settings
    this.pattern = settings.pattern
    this.queue = settings.queue
    this.matches = subjectMatcher(settings.pattern)
    this.#handover = new Handover(port.turns, {
      size: () => this.#waiting.size,
      take: () => this.#waiting.shift(),
      hand: (message) => settings.onMessage(message),
      onThrown: (thrown) => port.report('subscriber-failed', { subject: settings.pattern, message: messageOf(thrown) }),
    })
  }

  offer(message: WaitingMessage): void {
    if (this.#waiting.size < this.#settings.capacity) {
      this.#waiting.append(message)
      this.#handover.ask()
      return
    }
    this.dropped++
    this.#port.report('message-dropped', { subject: this.pattern, reason: 'subscriber-full' })
  }

  /** Resolves when nothing waits. */
  drained(): Promise<void> {
    return this.#handover.drained()
  }

  async drain(): Promise<void> {
    if (this.#handover.ended) return
    await this.#settings.onDrain()
    await this.#handover.drained()
    await this[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#handover.ended) return
    this.#handover.end()
    this.#settings.onEnd()
  }
}

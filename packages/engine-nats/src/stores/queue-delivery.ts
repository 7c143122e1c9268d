/** One delivery of a message, in the hands of whoever pulled it. */

import { checkedReason, checkedRetry, deliveryLost, type QueueDelivery } from '@mabeam/foundation'
import type { Msg } from '@nats-io/nats-core'
import type { NatsPort } from '../nats-port.ts'
import type { DeadLetters } from './dead-letters.ts'
import { nanosOf } from './store-stream.ts'
import { untilHeard } from './until-heard.ts'

export interface DeliverySettings {
  readonly queue: string
  readonly ackWaitMs: number
  readonly deliveriesMax: number
  readonly deadLetters: DeadLetters
}

export interface DeliveredMessage {
  readonly message: Msg
  readonly id: string
  readonly attempt: number
  /** Which message of the queue's stream it is. */
  readonly sequence: number
  /** Until when it is held, on the monotonic clock. */
  readonly dueMs: number
}

/** The server gives a message to others so much later than whoever holds it lets go. */
export const ackMarginMs = 100

export class NatsDelivery implements QueueDelivery {
  readonly id: string
  readonly body: Uint8Array
  readonly attempt: number
  readonly #port: NatsPort
  readonly #settings: DeliverySettings
  readonly #delivered: DeliveredMessage
  #dueMs: number
  #settled = false

  constructor(port: NatsPort, settings: DeliverySettings, delivered: DeliveredMessage) {
    this.id = delivered.id
    this.attempt = delivered.attempt
    this.body = new Uint8Array(delivered.message.data)
    this.#port = port
    this.#settings = settings
    this.#delivered = delivered
    this.#dueMs = delivered.dueMs
  }

  async ack(): Promise<void> {
    if (this.#settle()) await this.#carryOut(() => this.#say('+ACK'))
  }

  async retry(options: { readonly delayMs?: number; readonly reason?: string } = {}): Promise<void> {
    const { delayMs, reason } = checkedRetry(options)
    if (!this.#settle()) return
    const isLast = this.attempt >= this.#settings.deliveriesMax
    const again = delayMs === 0 ? '-NAK' : `-NAK {"delay":${nanosOf(delayMs)}}`
    await this.#carryOut(() => (isLast ? this.#bury(reason) : this.#say(again)))
  }

  async reject(reason: string): Promise<void> {
    const kept = checkedReason(reason)
    if (this.#settle()) await this.#carryOut(() => this.#bury(kept))
  }

  async extend(): Promise<void> {
    this.#port.checkOpen()
    const nowMs = this.#port.clock.monotonicMs()
    if (this.#settled || nowMs > this.#dueMs) throw this.#lost()
    await this.#say('+WPI')
    this.#dueMs = nowMs + this.#settings.ackWaitMs
  }

  /** False when it was settled before. */
  #settle(): boolean {
    this.#port.checkOpen()
    if (this.#settled) return false
    if (this.#port.clock.monotonicMs() > this.#dueMs) throw this.#lost()
    this.#settled = true
    return true
  }

  /** A verdict of which nobody knows whether it counted may be given again: it is the server that takes the first. */
  async #carryOut(verdict: () => Promise<void>): Promise<void> {
    try {
      await verdict()
    } catch (thrown) {
      this.#settled = false
      throw thrown
    }
  }

  /** Kept among the dead first, so that a message is not lost between two places. */
  async #bury(reason: string): Promise<void> {
    const { id, body, sequence } = { ...this.#delivered, body: this.#delivered.message.data }
    const letter = { id, body, sequence, attempts: this.attempt, reason }
    await this.#settings.deadLetters.bury(letter)
    await this.#say('+TERM')
  }

  /** Resolves when the server has it. */
  async #say(verdict: string): Promise<void> {
    const reply = this.#delivered.message.reply ?? ''
    const timeout = this.#port.requestTimeoutMs
    try {
      await untilHeard(this.#port, () => this.#port.access().connection.request(reply, verdict, { timeout }))
    } catch (thrown) {
      throw this.#port.failure(thrown, `settling message ${this.id} of queue ${this.#settings.queue}`)
    }
  }

  #lost(): Error {
    return deliveryLost(this.#settings.queue, this.id)
  }
}

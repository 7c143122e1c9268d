/** One delivery of a message, in the hands of whoever pulled it. */

import { deliveryLost } from '../../../errors/engine-errors.ts'
import type { QueueDelivery } from '../../durable-queue.ts'
import { checkedReason, checkedRetry } from '../../store-options.ts'
import type { KeptMessage } from './queue-ledger.ts'

/** What a delivery holds of its message. */
export type DeliveredMessage = Pick<KeptMessage, 'id' | 'body' | 'attempts'>

/** What may be done to a message that is held. */
export type Verdict =
  | { readonly type: 'ack' }
  | { readonly type: 'extend' }
  | { readonly type: 'retry'; readonly delayMs: number; readonly reason: string }
  | { readonly type: 'reject'; readonly reason: string }

export class MemoryDelivery implements QueueDelivery {
  readonly id: string
  readonly body: Uint8Array
  readonly attempt: number
  readonly #queue: string
  /** False when it is not held any more. */
  readonly #carryOut: (verdict: Verdict) => boolean | Promise<boolean>
  #settled = false

  constructor(queue: string, message: DeliveredMessage, carryOut: (verdict: Verdict) => boolean | Promise<boolean>) {
    this.id = message.id
    this.body = new Uint8Array(message.body)
    this.attempt = message.attempts
    this.#queue = queue
    this.#carryOut = carryOut
  }

  async ack(): Promise<void> {
    await this.#settle({ type: 'ack' })
  }

  async retry(options: { readonly delayMs?: number; readonly reason?: string } = {}): Promise<void> {
    await this.#settle({ type: 'retry', ...checkedRetry(options) })
  }

  async reject(reason: string): Promise<void> {
    await this.#settle({ type: 'reject', reason: checkedReason(reason) })
  }

  async extend(): Promise<void> {
    if (this.#settled || !(await this.#carryOut({ type: 'extend' }))) throw deliveryLost(this.#queue, this.id)
  }

  async #settle(verdict: Verdict): Promise<void> {
    if (this.#settled) return
    this.#settled = true
    try {
      if (!(await this.#carryOut(verdict))) throw deliveryLost(this.#queue, this.id)
    } catch (thrown) {
      // It did not count, as far as is known: whoever asks again is to be told the same, or has it done.
      this.#settled = false
      throw thrown
    }
  }
}

/** A pull that found nothing and waits for a message. */

import type { CancelTimer } from '../../../clock.ts'
import type { QueueDelivery } from '../../durable-queue.ts'
import type { InLine } from './line.ts'

export class WaitingPull implements InLine {
  earlier: InLine | undefined = undefined
  later: InLine | undefined = undefined
  cancelTimer: CancelTimer | undefined
  readonly max: number
  readonly promise: Promise<readonly QueueDelivery[]>
  readonly #settle: PromiseWithResolvers<readonly QueueDelivery[]>
  readonly #signal: AbortSignal | undefined
  readonly #onEnd: (pull: WaitingPull) => void

  /** `onEnd` is called once, when it waits no more. */
  constructor(max: number, signal: AbortSignal | undefined, onEnd: (pull: WaitingPull) => void) {
    this.max = max
    this.#settle = Promise.withResolvers()
    this.promise = this.#settle.promise
    this.#onEnd = onEnd
    this.#signal = signal
    signal?.addEventListener('abort', this)
  }

  /** The signal's event. */
  handleEvent(): void {
    this.fail(this.#signal?.reason)
  }

  succeed(deliveries: readonly QueueDelivery[]): void {
    this.#end()
    this.#settle.resolve(deliveries)
  }

  fail(thrown: unknown): void {
    this.#end()
    this.#settle.reject(thrown)
  }

  #end(): void {
    this.cancelTimer?.()
    this.#signal?.removeEventListener('abort', this)
    this.#onEnd(this)
  }
}

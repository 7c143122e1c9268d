/** A request that waits for its first answer. */

import type { CancelTimer } from '../../../clock.ts'
import { payloadTooLarge } from '../../../errors/engine-errors.ts'

export class PendingRequest {
  readonly promise: Promise<Uint8Array>
  cancelTimer: CancelTimer | undefined
  readonly #bytesMax: number
  readonly #onEnd: (pending: PendingRequest) => void
  readonly #settle: PromiseWithResolvers<Uint8Array>
  #signal: AbortSignal | undefined

  constructor(onEnd: (pending: PendingRequest) => void, bytesMax = Number.POSITIVE_INFINITY) {
    this.#bytesMax = bytesMax
    this.#settle = Promise.withResolvers()
    this.promise = this.#settle.promise
    this.#onEnd = onEnd
  }

  abortWith(signal: AbortSignal | undefined): void {
    this.#signal = signal
    signal?.addEventListener('abort', this)
  }

  /** The signal's event. */
  handleEvent(): void {
    this.fail(this.#signal?.reason)
  }

  /** The body is copied. Throws `foundation/payload-too-large`. */
  answer(body: Uint8Array): void {
    if (body.length > this.#bytesMax) throw payloadTooLarge('an answer', this.#bytesMax, body.length)
    this.succeed(new Uint8Array(body))
  }

  succeed(body: Uint8Array): void {
    this.#end()
    this.#settle.resolve(body)
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

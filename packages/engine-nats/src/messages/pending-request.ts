/** A request that waits for its first answer: in a line of the engine, or sent over one connection or both. */

import { type CancelTimer, noResponders, requestTimeout } from '@mabeam/foundation'
import { notPermitted } from '../nats-errors.ts'
import type { Answered, RequestInbox } from './request-inbox.ts'

export class PendingRequest implements Answered {
  readonly subject: string
  readonly promise: Promise<Uint8Array>
  ended = false
  cancelTimer: CancelTimer | undefined
  /** Called when it ends, as long as it waits in a line. */
  leaveLine: (() => void) | undefined
  readonly #onEnd: (one: PendingRequest) => void
  readonly #settle = Promise.withResolvers<Uint8Array>()
  #signal: AbortSignal | undefined
  /** Where an answer is awaited. */
  readonly #replies: { readonly inbox: RequestInbox; readonly reply: string }[] = []
  /** Of those, how many have said that there is nobody to answer. */
  #failed = 0

  constructor(subject: string, onEnd: (one: PendingRequest) => void) {
    this.subject = subject
    this.promise = this.#settle.promise
    this.#onEnd = onEnd
  }

  /** Where the answer is to go, now that it is known over which connection the request goes. */
  expectOn(inbox: RequestInbox): string {
    this.leaveLine = undefined
    const reply = inbox.expect(this)
    this.#replies.push({ inbox, reply })
    return reply
  }

  abortWith(signal: AbortSignal | undefined): void {
    this.#signal = signal
    signal?.addEventListener('abort', this)
  }

  /** The signal's event. */
  handleEvent(): void {
    this.reject(this.#signal?.reason)
  }

  succeed(body: Uint8Array): void {
    if (this.#end()) this.#settle.resolve(body)
  }

  /** Once for each way it was sent; what one says counts when all have said so. */
  fail(reason: 'no-responders' | 'not-permitted'): void {
    if (++this.#failed < this.#replies.length) return
    this.reject(reason === 'no-responders' ? noResponders(this.subject) : notPermitted('publish', this.subject))
  }

  expire(timeoutMs: number): void {
    this.reject(requestTimeout(this.subject, timeoutMs))
  }

  /** With an error of ours, or with the reason of a signal. */
  reject(reason: unknown): void {
    if (this.#end()) this.#settle.reject(reason)
  }

  #end(): boolean {
    if (this.ended) return false
    this.ended = true
    this.cancelTimer?.()
    this.#signal?.removeEventListener('abort', this)
    this.leaveLine?.()
    for (const { inbox, reply } of this.#replies) inbox.forget(reply)
    this.#onEnd(this)
    return true
  }
}

/** The answers to requests over one connection: one subscription for all of them, and who waits for which. */

import type { Msg, NatsConnection, PermissionViolationError } from '@nats-io/transport-node'
import { createInbox } from '@nats-io/transport-node'

/** Who waits for an answer. The first call of either counts. */
export interface Answered {
  readonly subject: string
  readonly ended: boolean
  succeed(body: Uint8Array): void
  fail(reason: 'no-responders' | 'not-permitted'): void
}

export class RequestInbox {
  readonly #connection: NatsConnection
  readonly #prefix: string
  readonly #waiting = new Map<string, Answered>()
  #next = 0
  #isListening = false

  constructor(connection: NatsConnection, inboxPrefix: string) {
    this.#connection = connection
    this.#prefix = `${createInbox(inboxPrefix)}.`
  }

  /** The subject to answer on. Whoever ends calls `forget` with it. */
  expect(one: Answered): string {
    if (!this.#isListening) this.#listen()
    const token = (this.#next++).toString(36)
    this.#waiting.set(token, one)
    return this.#prefix + token
  }

  forget(subject: string): void {
    this.#waiting.delete(subject.slice(this.#prefix.length))
  }

  /** The server refused to take a request on that subject. */
  refuse({ subject }: PermissionViolationError): void {
    for (const one of this.#waiting.values()) if (one.subject === subject) one.fail('not-permitted')
  }

  #listen(): void {
    this.#isListening = true
    const callback = (error: Error | null, message: Msg) => {
      if (error === null) return this.#onAnswer(message)
      // The subscription is gone with it; the next request tries again.
      this.#isListening = false
      for (const one of this.#waiting.values()) one.fail('not-permitted')
    }
    this.#connection.subscribe(`${this.#prefix}*`, { callback })
  }

  #onAnswer(message: Msg): void {
    const one = this.#waiting.get(message.subject.slice(this.#prefix.length))
    if (one === undefined) return
    const { data } = message
    if (data.length === 0 && message.headers?.code === 503) one.fail('no-responders')
    else one.succeed(bytesOf(data))
  }
}

/** The client hands out views of its receive buffer as `Buffer`, whose `slice` shares. */
export function bytesOf(data: Uint8Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.length)
}

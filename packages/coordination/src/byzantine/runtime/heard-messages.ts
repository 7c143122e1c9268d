/** What members of a node have heard in one agreement, for the look for evidence at its end. Bounded in number, and in bytes for all agreements of a node. */

import type { Message } from '../message.ts'

/** Of what other nodes sent, over all agreements of a node. */
const bytesMax = 67_108_864

/** What is left for them all. */
export class HeardRoom {
  #left: number

  constructor(bytes: number = bytesMax) {
    this.#left = bytes
  }

  take(bytes: number): boolean {
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }

  give(bytes: number): void {
    this.#left += bytes
  }
}

export class HeardMessages {
  readonly #messagesMax: number
  readonly #room: HeardRoom
  readonly #messages = new Set<Message>()
  #bytes = 0

  constructor(messagesMax: number, room: HeardRoom) {
    this.#messagesMax = messagesMax
    this.#room = room
  }

  get messages(): ReadonlySet<Message> {
    return this.#messages
  }

  /** What finds no room is not kept. `bytes`: as they came from another node; nothing for what members of this node say to each other. */
  keep(message: Message, bytes: number): void {
    if (this.#messages.size >= this.#messagesMax || this.#messages.has(message) || !this.#room.take(bytes)) return
    this.#bytes += bytes
    this.#messages.add(message)
  }

  forget(): void {
    this.#messages.clear()
    this.#room.give(this.#bytes)
    this.#bytes = 0
  }
}

/** What waits for a connection, in order and bounded: what may wait is counted over all lines of an engine together. */

export interface PendingLimits {
  readonly pendingBytesMax: number
  readonly pendingMax: number
}

/** What is kept, over all lines. */
export class PendingRoom {
  messages = 0
  bytes = 0
  readonly #limits: PendingLimits

  constructor(limits: PendingLimits) {
    this.#limits = limits
  }

  /** False when there is no room for it. */
  take(bytes: number): boolean {
    const { pendingBytesMax, pendingMax } = this.#limits
    if (this.messages >= pendingMax || this.bytes + bytes > pendingBytesMax) return false
    this.messages++
    this.bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.messages--
    this.bytes -= bytes
  }
}

export class PendingLine<T extends { readonly body: Uint8Array }> {
  readonly #room: PendingRoom
  readonly #waiting = new Set<T>()

  constructor(room: PendingRoom) {
    this.#room = room
  }

  /** False when there is no room for it. */
  add(one: T): boolean {
    if (!this.#room.take(one.body.length)) return false
    this.#waiting.add(one)
    return true
  }

  /** Nobody waits for it any more; its room is free again. Does nothing for what is not in the line. */
  leave(one: T): void {
    if (this.#waiting.delete(one)) this.#room.give(one.body.length)
  }

  /** All that waits, first come first; the room is free again. */
  takeAll(): readonly T[] {
    const all = [...this.#waiting]
    for (const one of all) this.leave(one)
    return all
  }
}

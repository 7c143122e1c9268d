/** What waits for an actor: a bounded queue of messages with a stated policy for the one too many. */

/**
 * What happens to the message that does not fit: `reject` refuses it to the sender's face, `drop-newest` forgets it,
 * `drop-oldest` forgets the one that waited longest and takes it. The caller of a forgotten call is told.
 */
export type Overflow = 'reject' | 'drop-oldest' | 'drop-newest'

/** What a mailbox holds. */
export interface Queued {
  /** Owned by the mailbox. */
  next: Queued | undefined
  /** Its sender has given up: it is not delivered and gives its place away. */
  done: boolean
}

/**
 * First in, first out. Linked through its messages, so that an empty one costs nothing and an offer allocates nothing.
 * *Runs in* the sender's turn (`offer`) and the actor's (`take`).
 */
export class Mailbox<M extends Queued> {
  readonly capacity: number
  readonly overflow: Overflow
  /** Messages held, those given up included. */
  size = 0
  #first: M | undefined
  #last: M | undefined

  constructor(capacity: number, overflow: Overflow) {
    this.capacity = capacity
    this.overflow = overflow
  }

  /** Returns the message that found no place: the one offered or the oldest; undefined when all did. */
  offer(message: M): M | undefined {
    if (this.size < this.capacity || this.#sweep()) {
      this.#append(message)
      return undefined
    }
    if (this.overflow !== 'drop-oldest') return message
    const oldest = this.take()
    this.#append(message)
    return oldest
  }

  /** The message that waits longest and is still wanted. */
  take(): M | undefined {
    for (let message = this.#first; message !== undefined; message = this.#first) {
      this.#first = message.next as M | undefined
      if (this.#first === undefined) this.#last = undefined
      message.next = undefined
      this.size--
      if (!message.done) return message
    }
    return undefined
  }

  #append(message: M): void {
    if (this.#last === undefined) this.#first = message
    else this.#last.next = message
    this.#last = message
    this.size++
  }

  /** Lets go of what nobody waits for any more; true when that made room. */
  #sweep(): boolean {
    let kept: M | undefined
    let size = 0
    for (let message = this.#first; message !== undefined; ) {
      const next = message.next as M | undefined
      message.next = undefined
      if (!message.done) {
        if (kept === undefined) this.#first = message
        else kept.next = message
        kept = message
        size++
      }
      message = next
    }
    if (kept === undefined) this.#first = undefined
    this.#last = kept
    this.size = size
    return size < this.capacity
  }
}

/** What waits for an actor: a bounded queue of messages with a stated policy for the one too many. */

/**
 * What happens to the message that does not fit: `reject` refuses it to the sender's face, `drop-newest` forgets it,
 * `drop-oldest` forgets the one that waited longest and takes it; the caller of a forgotten call is told. `block` lets
 * a call wait for room until its deadline, first come, first served, at most `waitersMax` of them; a cast waits for
 * nothing, so that one is refused as with `reject`.
 */
export type Overflow = 'reject' | 'drop-oldest' | 'drop-newest' | 'block'

/** The policies, for checks of options. */
export const overflows: readonly Overflow[] = ['reject', 'drop-oldest', 'drop-newest', 'block']

/** What a mailbox holds. */
export interface Queued {
  /** Owned by the mailbox. */
  next: Queued | undefined
  /** Its sender has given up: it is not delivered and gives its place away. */
  done: boolean
  /** Its sender waits for an answer, so it can wait for room too. */
  readonly patient?: boolean
  /** Must not be dropped to make room: news that comes once. */
  readonly lasting?: boolean
}

/**
 * First in, first out. Linked through its messages, so that an empty one costs nothing and an offer allocates nothing.
 * *Runs in* the sender's turn (`offer`, `append`) and the actor's (`take`).
 */
export class Mailbox<M extends Queued> {
  readonly capacity: number
  readonly overflow: Overflow
  readonly waitersMax: number
  /** Messages held, those given up and those appended past the bound included; not those that wait for room. */
  size = 0
  /** Messages that wait for room, those given up included. */
  waiters = 0
  #first: M | undefined
  #last: M | undefined
  /** The first that waits for room: the rest of the one list, so that coming in is a step of this pointer. */
  #outside: M | undefined

  constructor(capacity: number, overflow: Overflow, waitersMax = 0) {
    this.capacity = capacity
    this.overflow = overflow
    this.waitersMax = waitersMax
  }

  /** Returns the message that found no place: the one offered or the oldest; undefined when all did. */
  offer(message: M): M | undefined {
    if (this.#outside === undefined && this.size < this.capacity) {
      this.#link(message)
      this.size++
      return undefined
    }
    if (this.overflow === 'block' && message.patient && this.waiters < this.waitersMax) {
      this.#link(message)
      this.#outside ??= message
      this.waiters++
      return undefined
    }
    if (this.#sweep()) return this.offer(message)
    if (this.overflow !== 'drop-oldest') return message
    const oldest = this.#takeDroppable()
    if (oldest === undefined) return message
    this.#link(message)
    this.size++
    return oldest
  }

  /** Takes it in behind all others, whatever the bound: for news that must come after what was sent before it. */
  append(message: M): void {
    if (this.#outside !== undefined) {
      // Those outside were sent before it too, so it waits with them; it is taken in past the bound with the last.
      this.#link(message)
      this.waiters++
      return
    }
    this.#link(message)
    this.size++
  }

  /** The message that waits longest and is still wanted. */
  take(): M | undefined {
    for (let message = this.#first; message !== undefined; message = this.#first) {
      this.#first = message.next as M | undefined
      if (this.#first === undefined) this.#last = undefined
      message.next = undefined
      this.size--
      if (this.#outside !== undefined) this.#admit()
      if (!message.done) return message
    }
    return undefined
  }

  /** In order, those outside last. `visit` must not offer or take. */
  each(visit: (message: M) => void): void {
    for (let message = this.#first; message !== undefined; message = message.next as M | undefined) visit(message)
  }

  #link(message: M): void {
    if (this.#last === undefined) this.#first = message
    else this.#last.next = message
    this.#last = message
  }

  /** Lets those outside come in, as far as there is room. */
  #admit(): void {
    while (this.#outside !== undefined && (this.size < this.capacity || this.#outside.lasting)) {
      this.#outside = this.#outside.next as M | undefined
      this.waiters--
      this.size++
    }
  }

  /** Takes out the oldest that may be dropped; undefined when there is none. */
  #takeDroppable(): M | undefined {
    let before: M | undefined
    for (let message = this.#first; message !== undefined; message = message.next as M | undefined) {
      if (!message.lasting) {
        if (before === undefined) this.#first = message.next as M | undefined
        else before.next = message.next
        if (this.#last === message) this.#last = before
        message.next = undefined
        this.size--
        return message
      }
      before = message
    }
    return undefined
  }

  /** Lets go of what nobody waits for any more; true when there was any. */
  #sweep(): boolean {
    const held = this.size + this.waiters
    let message = this.#first
    let outside = false
    this.#first = undefined
    this.#last = undefined
    const first = this.#outside
    this.#outside = undefined
    this.size = 0
    this.waiters = 0
    while (message !== undefined) {
      const next = message.next as M | undefined
      message.next = undefined
      outside ||= message === first
      if (!message.done) {
        this.#link(message)
        if (outside) {
          this.#outside ??= message
          this.waiters++
        } else this.size++
      }
      message = next
    }
    this.#admit()
    return this.size + this.waiters < held
  }
}

/** First in, first out, bounded by count and by bytes, with a stated policy for what does not fit. */

/** `drop-oldest` makes room by forgetting what waited longest, `drop-newest` forgets the one that came. */
export type ChannelOverflow = 'drop-oldest' | 'drop-newest'

export interface QueueLimits {
  readonly capacity: number
  readonly bytesMax: number
  readonly overflow: ChannelOverflow
}

interface Held<T> {
  readonly item: T
  readonly bytes: number
}

/** Room given back at once would copy the queue for each message. */
const compactAt = 1_024

export class BoundedQueue<T> {
  readonly #limits: QueueLimits
  #held: (Held<T> | undefined)[] = []
  #first = 0
  #bytes = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#held.length - this.#first
  }

  /** Whether one of so many bytes is taken; with `drop-oldest` always, unless it is larger than the whole. */
  accepts(bytes: number): boolean {
    const { capacity, bytesMax, overflow } = this.#limits
    if (bytes > bytesMax) return false
    return overflow === 'drop-oldest' || (this.size < capacity && this.#bytes + bytes <= bytesMax)
  }

  /** Returns how many found no place: the one offered, or older ones. */
  offer(item: T, bytes: number): number {
    if (!this.accepts(bytes)) return 1
    const { capacity, bytesMax } = this.#limits
    let dropped = 0
    while (this.size > 0 && (this.size >= capacity || this.#bytes + bytes > bytesMax)) {
      this.take()
      dropped++
    }
    this.#held.push({ item, bytes })
    this.#bytes += bytes
    return dropped
  }

  take(): T | undefined {
    const held = this.#held[this.#first]
    if (held === undefined) return undefined
    this.#held[this.#first++] = undefined
    this.#bytes -= held.bytes
    if (this.#first === this.#held.length) {
      this.#held = []
      this.#first = 0
    } else if (this.#first >= compactAt && this.#first * 2 >= this.#held.length) {
      this.#held.splice(0, this.#first)
      this.#first = 0
    }
    return held.item
  }
}

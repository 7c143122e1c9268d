/** A subscription of a simulated node: what waits for it on the node, and the lanes its messages come by. */

import { Mailbox, type Queued } from '../../actors/mailbox.ts'
import { delay } from '../../clock.ts'
import type { EngineMessage, Subscription } from '../../engine/engine.ts'
import { subjectMatcher } from '../../engine/subject.ts'
import type { Task, Turns } from '../../turns.ts'
import type { SimLife } from './sim-life.ts'
import type { Lane } from './sim-network.ts'

export interface SimSubscriptionSettings {
  readonly pattern: string
  readonly queue: string | undefined
  readonly capacity: number
  readonly life: SimLife
  readonly turns: Turns
  onMessage(message: EngineMessage): void
  onThrown(thrown: unknown): void
  onDropped(): void
  onEnd(subscription: SimSubscription): void
  /** Resolves when the server sends it nothing more; must not reject. */
  onDrain(subscription: SimSubscription): Promise<void>
}

/** A message on its way to one subscriber, with a copy of the body. */
export class SimMessage implements EngineMessage, Queued {
  readonly subject: string
  readonly body: Uint8Array
  readonly #answer: ((body: Uint8Array) => void) | undefined
  next: Queued | undefined = undefined
  done = false

  constructor(subject: string, body: Uint8Array, answer: ((body: Uint8Array) => void) | undefined) {
    this.subject = subject
    this.body = body
    this.#answer = answer
  }

  get isRequest(): boolean {
    return this.#answer !== undefined
  }

  respond(body: Uint8Array): void {
    this.#answer?.(new Uint8Array(body))
  }
}

/** Lanes are looked through for stale ones when there are so many, and then when there are twice as many as were left. */
const lanesSweptAt = 256
const messagesPerTurn = 32

export class SimSubscription implements Subscription, Task {
  readonly settings: SimSubscriptionSettings
  readonly matches: (subject: string) => boolean
  nextTask: Task | undefined = undefined
  dropped = 0
  ended = false
  readonly #waiting: Mailbox<SimMessage>
  readonly #lanes = new Map<string, Lane>()
  #sweepAt = lanesSweptAt
  #asked = false
  #onDrained: (() => void)[] = []

  constructor(settings: SimSubscriptionSettings) {
    this.settings = settings
    this.matches = subjectMatcher(settings.pattern)
    this.#waiting = new Mailbox(settings.capacity, 'drop-newest')
  }

  get pattern(): string {
    return this.settings.pattern
  }

  get queue(): string | undefined {
    return this.settings.queue
  }

  /** The lane of one publisher and subject. */
  lane(publisher: string, subject: string, nowMs: number): Lane {
    const key = `${publisher} ${subject}`
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      if (this.#lanes.size >= this.#sweepAt) this.#sweep(nowMs)
      lane = { lastMs: Number.NEGATIVE_INFINITY }
      this.#lanes.set(key, lane)
    }
    return lane
  }

  /** A message has come to the node. */
  offer(message: SimMessage): void {
    if (this.ended) return
    if (this.#waiting.offer(message) !== undefined) {
      this.dropped++
      this.settings.onDropped()
    }
    this.#ask()
  }

  runTurn(): void {
    this.#asked = false
    for (let left = messagesPerTurn; left > 0; left--) {
      const message = this.ended || this.settings.life.dead ? undefined : this.#waiting.take()
      if (message === undefined) break
      try {
        this.settings.onMessage(message)
      } catch (thrown) {
        this.settings.onThrown(thrown)
      }
    }
    if (!this.ended && !this.settings.life.dead && this.#waiting.size > 0) this.#ask()
    else for (const told of this.#onDrained.splice(0)) told()
  }

  /** Resolves when nothing waits. */
  drained(): Promise<void> {
    if (this.ended || (this.#waiting.size === 0 && !this.#asked)) return Promise.resolve()
    return new Promise((resolve) => this.#onDrained.push(resolve))
  }

  async drain(): Promise<void> {
    if (this.ended) return
    await this.settings.onDrain(this)
    const { clock } = this.settings.life
    // What the server had sent comes by its lanes, each in its time.
    await delay(clock, Math.max(0, this.#lastMs() - clock.monotonicMs()))
    await this.drained()
    await this[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended) return
    this.ended = true
    this.settings.onEnd(this)
  }

  /** When the last of what is on its way arrives. */
  #lastMs(): number {
    let lastMs = 0
    for (const lane of this.#lanes.values()) lastMs = Math.max(lastMs, lane.lastMs)
    return lastMs
  }

  #sweep(nowMs: number): void {
    for (const [key, { lastMs }] of this.#lanes) if (lastMs <= nowMs) this.#lanes.delete(key)
    this.#sweepAt = Math.max(lanesSweptAt, 2 * this.#lanes.size)
  }

  #ask(): void {
    if (this.#asked) return
    this.#asked = true
    this.settings.turns.ask(this)
  }
}

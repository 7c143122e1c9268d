/** Writers of keyed state and of a queue that keep book of what was acknowledged, while servers come and go. */

import { type DurableQueue, delay, isMabeamError, type KeyedState, systemClock } from '@mabeam/foundation'
import { bytes, known, text } from './opened-engine.ts'

/** Counts up a key by compare-and-set, for as long as it is not stopped. */
export class Counting {
  /** The last value that was acknowledged, and all its revisions. */
  acknowledged = 0
  readonly revisions: number[] = []
  /** Writes of which nobody knows whether they happened. */
  unknown = 0
  readonly #state: KeyedState
  readonly #key: string
  readonly #done: Promise<void>
  #stopped = false

  constructor(state: KeyedState, key: string) {
    this.#state = state
    this.#key = key
    this.#done = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#step()
      await delay(systemClock, 2)
    }
  }

  async #step(): Promise<void> {
    const entry = await known(this.#state.get(this.#key))
    const next = entry === undefined ? 1 : Number(text(entry.value)) + 1
    // Read nothing because nothing answers is no reason to create.
    if (entry === undefined && this.revisions.length > 0) return
    try {
      const body = bytes(String(next))
      const revision = await known(
        entry === undefined ? this.#state.create(this.#key, body) : this.#state.update(this.#key, body, entry.revision),
      )
      if (revision === undefined) {
        this.unknown++
        return
      }
      this.acknowledged = next
      this.revisions.push(revision)
    } catch (thrown) {
      // A read that was old, or a write that happened without an answer.
      if (!isMabeamError(thrown) || thrown.code !== 'foundation/revision-conflict') throw thrown
    }
  }
}

/** Pushes numbered messages, each until it is acknowledged, and works on them at once. */
export class Working {
  readonly pushed = new Set<string>()
  readonly done = new Map<string, number>()
  /** Done messages that came again after their acknowledgement was confirmed. */
  readonly again: string[] = []
  readonly #queue: DurableQueue
  readonly #running: Promise<unknown>
  #confirmed = new Set<string>()
  #stopped = false

  constructor(queue: DurableQueue) {
    this.#queue = queue
    this.#running = Promise.all([this.#push(), this.#work()])
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  /** Works on until nothing is left. */
  async drain(): Promise<void> {
    for (;;) {
      const took = await known(this.#take(500))
      if (took === 0) {
        const stats = await known(this.#queue.stats())
        if (stats !== undefined && stats.waiting + stats.underWay === 0) return
      }
    }
  }

  async #push(): Promise<void> {
    for (let i = 0; !this.#stopped; i++) {
      const id = `m${i}`
      for (;;) {
        const kept = await known(this.#queue.push(bytes(id), { id }).then(() => true))
        if (kept) this.pushed.add(id)
        if (kept || this.#stopped) break
      }
    }
  }

  async #work(): Promise<void> {
    while (!this.#stopped) await known(this.#take(200))
  }

  async #take(waitMs: number): Promise<number> {
    const taken = await this.#queue.pull(8, { waitMs })
    for (const one of taken) {
      if (this.#confirmed.has(one.id)) this.again.push(one.id)
      this.done.set(one.id, (this.done.get(one.id) ?? 0) + 1)
      const confirmed = await known(one.ack().then(() => true)).catch(() => false)
      if (confirmed) this.#confirmed.add(one.id)
    }
    return taken.length
  }
}

/**
 * Many tasks over the workers of a queue, with their results: pushes no more than a bound ahead, and ends when each task has
 * a result or was given up. Tasks of workers that die are done by others. Nothing of a run is left on the engine after it, but its
 * dead tasks.
 */

import { delay } from '../clock.ts'
import type { DurableQueue } from '../engine/durable-queue.ts'
import { invalidTask } from '../errors/queue-errors.ts'
import { hasCode } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { checkOptions, rule } from '../options.ts'
import { openResults } from './results.ts'
import type { EngineWorkQueue } from './work-queue.ts'

export interface DistributionOptions {
  /** Names the run: unique among those of a queue. @default a number of this node's own */
  readonly run?: string
  /** Tasks pushed and not concluded. @default 1_000 */
  readonly aheadMax?: number
  /** Ends it with `signal.reason`; tasks already pushed are done all the same. @default none */
  readonly signal?: AbortSignal | undefined
}

/** What became of the task at `index` of those given. */
export type Distributed<R> =
  | { readonly type: 'done'; readonly index: number; readonly result: R }
  | { readonly type: 'dead'; readonly index: number; readonly reason: string }

const pollMs = 1_000
/** How long after the engine did not answer it is asked again, while nobody waits any more. */
const againMs = 1_000
/** Dead tasks looked at: as many as an engine tells of at once. */
const deadMax = 10_000

/** What `distribute` of a queue does: results in the order in which tasks are concluded. */
export async function* distributeWork<T, R>(
  port: NodePort,
  queue: EngineWorkQueue<T>,
  given: { readonly tasks: Iterable<T> } & DistributionOptions,
): AsyncGenerator<Distributed<R>, void, undefined> {
  const { tasks, ...options } = given
  checkOptions('distributeWork', options, {
    run: rule.optional(rule.string()),
    aheadMax: rule.optional(rule.int(1)),
    signal: rule.optional(rule.object()),
  })
  const { aheadMax = 1_000, signal } = options
  const id = options.run ?? `${port.name}-${port.epoch}-${Math.floor(port.random.next() * 2 ** 32).toString(36)}`
  const run = new Run<T, R>(port, queue, { id, results: await openResults(port, `${queue.name}-${id}`) })
  const source = tasks[Symbol.iterator]()
  let exhausted = false
  try {
    for (;;) {
      while (!exhausted && run.waiting < aheadMax) {
        const next = source.next()
        exhausted = next.done === true
        if (!next.done) await run.push(next.value)
      }
      if (run.waiting === 0) return
      signal?.throwIfAborted()
      yield* run.concluded(signal)
    }
  } finally {
    await run.end()
  }
}

interface RunSettings {
  /** Names it among those of the queue. */
  readonly id: string
  readonly results: DurableQueue
}

/** Tasks on their way, and the queue that takes their results. */
class Run<T, R> {
  readonly #port: NodePort
  readonly #queue: EngineWorkQueue<T>
  readonly #settings: RunSettings
  /** Indices by the ids of tasks. */
  readonly #waiting = new Map<string, number>()
  #pushed = 0
  #deadSeen = 0

  constructor(port: NodePort, queue: EngineWorkQueue<T>, settings: RunSettings) {
    this.#port = port
    this.#queue = queue
    this.#settings = settings
  }

  get waiting(): number {
    return this.#waiting.size
  }

  async push(value: T): Promise<void> {
    const { id: run } = this.#settings
    const id = `${run}.${this.#pushed}`
    this.#waiting.set(id, this.#pushed++)
    await this.#queue.pushFor(value, { id, resultsTo: `${this.#queue.name}-${run}` })
  }

  /** Those that are concluded by now, or within a while. */
  async *concluded(signal: AbortSignal | undefined): AsyncGenerator<Distributed<R>, void, undefined> {
    const most = Math.min(this.#waiting.size, 256)
    const deliveries = await this.#settings.results.pull(most, { waitMs: pollMs, signal })
    for (const delivery of deliveries) {
      const [id, result] = resultOf(this.#queue.name, this.#port.codec.decode(delivery.body))
      const index = this.#take(id)
      if (index !== undefined) yield { type: 'done', index, result: result as R }
      // After it was taken: a run that ends in between is not told of it again.
      await delivery.ack().catch(ignoreLost)
    }
    const { dead: deadNow } = await this.#queue.stats()
    // They stay, so that there may be many of other runs: looked at when there are more, and when nothing else comes.
    if (deadNow === 0 || (deadNow === this.#deadSeen && deliveries.length > 0)) return
    this.#deadSeen = deadNow
    for (const dead of await this.#queue.deadTasks(Math.min(deadNow, deadMax))) {
      const index = this.#take(dead.id)
      if (index !== undefined) yield { type: 'dead', index, reason: dead.reason }
    }
  }

  /**
   * Removes the queue of results. Where the run was given up, tasks that are under way would fail without it: it stays, and is emptied,
   * until the last of them is concluded, or the queue is closed on this node.
   */
  async end(): Promise<void> {
    if (this.#waiting.size > 0 || !(await this.#remove())) void this.#windUp()
  }

  /** Never rejects. */
  async #windUp(): Promise<void> {
    const { ended } = this.#queue
    while (!ended.aborted) {
      try {
        if (this.#waiting.size === 0) {
          if (await this.#remove()) return
        } else for await (const _ of this.concluded(ended));
      } catch (thrown) {
        if (ended.aborted || hasCode(thrown, 'foundation/engine-closed')) return
        await delay(this.#port.clock, againMs, ended).catch(() => {})
      }
    }
  }

  async #remove(): Promise<boolean> {
    try {
      await this.#port.engine.removeStore({ kind: 'queue', name: this.#settings.results.name })
      return true
    } catch (thrown) {
      if (hasCode(thrown, 'foundation/engine-closed')) return true
      await delay(this.#port.clock, againMs, this.#queue.ended).catch(() => {})
      return false
    }
  }

  #take(id: string): number | undefined {
    const index = this.#waiting.get(id)
    this.#waiting.delete(id)
    return index
  }
}

function resultOf(queue: string, body: unknown): readonly [id: string, result: unknown] {
  if (!Array.isArray(body)) throw invalidTask(queue, `expected a result, got ${typeof body}`)
  return [String(body[0]), body[1]]
}

function ignoreLost(thrown: unknown): void {
  if (!hasCode(thrown, 'foundation/delivery-lost')) throw thrown
}

/**
 * Many tasks over the workers of a queue, with their results: pushes no more than a bound ahead, and ends when each task has
 * a result or was given up. Tasks of workers that die are done by others.
 */

import { invalidTask } from '../errors/queue-errors.ts'
import { isMabeamError } from '../errors.ts'
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
  const run = options.run ?? `${port.name}-${port.epoch}-${Math.floor(port.random.next() * 2 ** 32).toString(36)}`
  const results = await openResults(port, `${queue.name}-${run}`)
  const waiting = new Map<string, number>()
  const source = tasks[Symbol.iterator]()
  let pushed = 0
  let exhausted = false
  let deadSeen = 0
  for (;;) {
    while (!exhausted && waiting.size < aheadMax) {
      const next = source.next()
      exhausted = next.done === true
      if (next.done) break
      const id = `${run}.${pushed}`
      waiting.set(id, pushed++)
      await queue.pushFor(next.value, { id, resultsTo: `${queue.name}-${run}` })
    }
    if (waiting.size === 0) return
    signal?.throwIfAborted()
    const deliveries = await results.pull(Math.min(waiting.size, 256), { waitMs: pollMs, signal })
    for (const delivery of deliveries) {
      const [id, result] = resultOf(queue.name, port.codec.decode(delivery.body))
      const index = waiting.get(id)
      waiting.delete(id)
      if (index !== undefined) yield { type: 'done', index, result: result as R }
      // After it was taken: a run that ends in between is not told of it again.
      await delivery.ack().catch(ignoreLost)
    }
    const { dead: deadNow } = await queue.stats()
    // They stay, so that there may be many of other runs: looked at when there are more, and when nothing else comes.
    if (deadNow === 0 || (deadNow === deadSeen && deliveries.length > 0)) continue
    deadSeen = deadNow
    for (const dead of await queue.deadTasks(Math.min(deadNow, deadMax))) {
      const index = waiting.get(dead.id)
      waiting.delete(dead.id)
      if (index !== undefined) yield { type: 'dead', index, reason: dead.reason }
    }
  }
}

function resultOf(queue: string, body: unknown): readonly [id: string, result: unknown] {
  if (!Array.isArray(body)) throw invalidTask(queue, `expected a result, got ${typeof body}`)
  return [String(body[0]), body[1]]
}

function ignoreLost(thrown: unknown): void {
  if (!isMabeamError(thrown) || thrown.code !== 'foundation/delivery-lost') throw thrown
}

/**
 * Works on tasks of a queue, several at a time: keeps what it works on by extending its delivery, acknowledges what is done, and
 * gives back what failed with a growing delay.
 *
 * *Delivery*: at least once. A handler may see a task again after a crash, so what it does should be safe to do twice, or be
 * guarded by the task's id.
 */

import { type CancelTimer, type Clock, delay } from '../clock.ts'
import type { DurableQueue, QueueDelivery } from '../engine/durable-queue.ts'
import { taskTimeout } from '../errors/queue-errors.ts'
import { hasCode, isMabeamError, messageOf } from '../errors.ts'
import type { Random } from '../random.ts'
import { type RetryPolicy, retryDelayMs } from '../retry.ts'
import { untilAborted } from '../until-aborted.ts'
import type { Task } from './task.ts'

export interface WorkerOptions {
  /** Tasks worked on at once. @default 1 */
  readonly concurrency?: number
  /** How long one attempt may take. @default Infinity */
  readonly taskTimeoutMs?: number
  /** How long after a failure a task is tried again; attempts are bounded by `deliveriesMax` of the queue. @default retryPolicyDefaults */
  readonly backoff?: Pick<RetryPolicy, 'delayMinMs' | 'delayMaxMs' | 'factor' | 'jitter'>
}

export interface WorkerStats {
  readonly underWay: number
  readonly done: number
  /** Attempts that failed and will be made again, or were the last. */
  readonly failed: number
  readonly rejected: number
  /** Tasks that were somebody else's before this worker was done with them. */
  readonly lost: number
}

/** Disposing it stops it: no further task is taken, and those under way are finished. Idempotent. */
export interface QueueWorker extends AsyncDisposable {
  readonly stats: WorkerStats
  /** Takes no further task and resolves when those under way have ended; `abort` ends them through their signals, unfinished. */
  stop(options?: { readonly abort?: boolean }): Promise<void>
}

export interface WorkerSettings {
  readonly queue: DurableQueue
  readonly ackWaitMs: number
  readonly clock: Clock
  readonly random: Random
  readonly options: Required<WorkerOptions>
  /** Runs the handler of one delivery; what it rejects with decides what becomes of the task. */
  readonly run: (delivery: QueueDelivery, signal: AbortSignal) => Promise<void>
  readonly emit: (event: 'task-done' | 'task-failed' | 'task-lost', delivery: QueueDelivery, message?: string) => void
  /** It works no more. */
  readonly onStopped: () => void
  /** A task has ended here, in whatever way. */
  readonly onTaskEnd: () => void
  /** Whether it begins paused. */
  readonly paused: boolean
}

/** No longer: while the answer of a pull is lost nothing is taken here. */
const pullWaitMs = 5_000
const retryPullMs = 500

export class RunningWorker implements QueueWorker {
  readonly #settings: WorkerSettings
  readonly #stopping = new AbortController()
  readonly #aborting = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #counts = { done: 0, failed: 0, rejected: 0, lost: 0 }
  #loop: Promise<void>
  #roomMade: () => void = () => {}
  /** Aborted while it is paused. */
  #pausing = new AbortController()

  constructor(settings: WorkerSettings) {
    this.#settings = settings
    if (settings.paused) this.pause()
    this.#loop = this.#pull()
  }

  get stats(): WorkerStats {
    return { underWay: this.#underWay.size, ...this.#counts }
  }

  /** Takes no further task until it is resumed; those under way go on. */
  pause(): void {
    this.#pausing.abort(new DOMException('the worker is paused', 'AbortError'))
  }

  resume(): void {
    if (!this.#pausing.signal.aborted) return
    this.#pausing = new AbortController()
    this.#roomMade()
  }

  async stop(options: { readonly abort?: boolean } = {}): Promise<void> {
    this.#stopping.abort(new DOMException('the worker stops', 'AbortError'))
    if (options.abort) this.#aborting.abort(new DOMException('the worker stops', 'AbortError'))
    this.#roomMade()
    await this.#loop
    await Promise.all(this.#underWay)
    this.#settings.onStopped()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #pull(): Promise<void> {
    const { queue, clock, options } = this.#settings
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const room = options.concurrency - this.#underWay.size
      const { signal: paused } = this.#pausing
      if (room <= 0 || paused.aborted) {
        await new Promise<void>((resolve) => {
          this.#roomMade = resolve
        })
        continue
      }
      try {
        const pull = { waitMs: pullWaitMs, signal: AbortSignal.any([signal, paused]) }
        for (const delivery of await queue.pull(room, pull)) this.#start(delivery)
      } catch (thrown) {
        if (signal.aborted || isClosed(thrown)) return
        if (paused.aborted) continue
        // The engine is away: what waits in the queue stays there.
        await delay(clock, retryPullMs, signal).catch(() => {})
      }
    }
  }

  #start(delivery: QueueDelivery): void {
    const work = this.#work(delivery).finally(() => {
      this.#underWay.delete(work)
      this.#roomMade()
      this.#settings.onTaskEnd()
    })
    this.#underWay.add(work)
  }

  async #work(delivery: QueueDelivery): Promise<void> {
    const { clock, options, queue } = this.#settings
    const ending = new AbortController()
    const signal = AbortSignal.any([ending.signal, this.#aborting.signal])
    const keeping = this.#keep(delivery, ending)
    const limit = options.taskTimeoutMs
    const cancelLimit = Number.isFinite(limit)
      ? clock.setTimer(limit, () => ending.abort(taskTimeout(queue.name, delivery.id, limit)), { unref: true })
      : undefined
    let outcome: { readonly thrown: unknown } | undefined
    try {
      await untilAborted(this.#settings.run(delivery, signal), signal)
    } catch (thrown) {
      outcome = { thrown }
    }
    cancelLimit?.()
    keeping()
    await this.#conclude(delivery, outcome).catch((thrown) => this.#lose(delivery, thrown))
  }

  async #conclude(delivery: QueueDelivery, outcome: { readonly thrown: unknown } | undefined): Promise<void> {
    const { options, random, emit } = this.#settings
    if (outcome === undefined) {
      await delivery.ack()
      this.#counts.done++
      emit('task-done', delivery)
      return
    }
    const { thrown } = outcome
    const code = isMabeamError(thrown) ? thrown.code : ''
    if (code === 'foundation/delivery-lost') throw thrown
    if (this.#aborting.signal.aborted) return await delivery.retry({ reason: 'the worker stopped' })
    const reason = messageOf(thrown)
    emit('task-failed', delivery, reason)
    if (code === 'foundation/task-rejected' || code === 'foundation/invalid-task') {
      this.#counts.rejected++
      await delivery.reject(reason)
    } else {
      this.#counts.failed++
      await delivery.retry({ delayMs: retryDelayMs(options.backoff, delivery.attempt, random), reason })
    }
  }

  /** Extends the delivery until the result is called; aborts when that comes too late. */
  #keep(delivery: QueueDelivery, ending: AbortController): () => void {
    const { clock, ackWaitMs } = this.#settings
    let cancel: CancelTimer = () => {}
    let done = false
    const next = () => {
      cancel = clock.setTimer(Math.max(1, ackWaitMs / 3), extend, { unref: true })
    }
    const extend = () => {
      delivery.extend().then(
        () => void (done || next()),
        (thrown) => {
          if (done) return
          if (hasCode(thrown, 'foundation/delivery-lost')) ending.abort(thrown)
          else next()
        },
      )
    }
    next()
    return () => {
      done = true
      cancel()
    }
  }

  /** Somebody else has it, or the engine did not hear: it is delivered again. */
  #lose(delivery: QueueDelivery, thrown: unknown): void {
    this.#counts.lost++
    this.#settings.emit('task-lost', delivery, messageOf(thrown))
  }
}

function isClosed(thrown: unknown): boolean {
  return hasCode(thrown, 'foundation/engine-closed')
}

export type TaskHandler<T, R> = (task: Task<T>) => Promise<R> | R

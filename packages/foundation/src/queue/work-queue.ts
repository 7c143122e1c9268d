/**
 * A durable queue of typed tasks: pushed by anybody, worked on by workers on any node, tried again after failures, given up
 * as dead letters, never lost. Stands on the durable queue of the engine.
 */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { delay } from '../clock.ts'
import { currentContext, enterContext, withoutDeadline } from '../context/context.ts'
import { contextFromWire, contextToWire } from '../context/wire-context.ts'
import type { DeadLetter, DurableQueue, QueueDelivery, QueueOptions, QueueStats } from '../engine/durable-queue.ts'
import { queueDefaults } from '../engine/durable-queue.ts'
import type { Subscription } from '../engine/engine.ts'
import { invalidTask, queueClosed } from '../errors/queue-errors.ts'
import type { NodePort } from '../node-port.ts'
import { type DrainLeft, type DrainPart, nothingLeft } from '../operations/drain-part.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import { checkRetryPolicy, retryPolicyDefaults } from '../retry.ts'
import { schemaFault } from '../schema-fault.ts'
import { type Distributed, type DistributionOptions, distributeWork } from './distribution.ts'
import {
  type QueueWorker,
  RunningWorker,
  type TaskHandler,
  type WorkerOptions,
  type WorkerStats,
} from './queue-worker.ts'
import { openResults } from './results.ts'
import { type Task, type TaskProgress, taskBody, taskBytes } from './task.ts'

export interface WorkQueueOptions<T> extends QueueOptions {
  /** Any Standard Schema that checks and does not change: tasks are checked when pushed and again when worked on. @default none */
  readonly schema?: StandardSchemaV1<T, T>
  /** How long closing waits for tasks under way here before it ends them, unfinished. @default 5_000 */
  readonly closeMs?: number
}

const workerDefaults = {
  concurrency: 1,
  taskTimeoutMs: Number.POSITIVE_INFINITY,
  backoff: retryPolicyDefaults,
} as const satisfies Required<WorkerOptions>

/** Runs whose queue of results is kept open; one more takes the place of the one opened first, and opens it again if need be. */
const resultsMax = 100

/** A dead letter with its task readable again. */
export interface DeadTask<T> extends Omit<DeadLetter, 'body'> {
  /** Undefined where it is no task of this version. */
  readonly value: T | undefined
}

export interface DrainedOptions {
  /** @default 100 */
  readonly pollMs?: number
  /** @default none */
  readonly signal?: AbortSignal | undefined
}

const drainedPollMs = 100
const closeDefaultMs = 5_000

/** The same name is the same queue on every node. */
export interface WorkQueue<T> extends AsyncDisposable {
  readonly name: string
  /** Resolves when it is kept. With an `id`, pushing it again within `dedupeMs` adds nothing. */
  push(value: T, options?: { readonly id?: string }): Promise<void>
  /** Begins to work on tasks here. Throws `foundation/queue-closed` once the queue is disposed. */
  work(handler: TaskHandler<T, unknown>, options?: WorkerOptions): QueueWorker
  /**
   * Pushes tasks, no more than `aheadMax` of them ahead, and gives their results as they come. *Delivery*: each task has one
   * result or is dead, also when it was done more than once.
   *
   * @example for await (const one of pages.distribute<number>(urls)) if (one.type === 'done') sum += one.result
   */
  distribute<R>(tasks: Iterable<T>, options?: DistributionOptions): AsyncGenerator<Distributed<R>, void, undefined>
  stats(): Promise<QueueStats>
  /** Resolves when no task waits or is under way; dead ones do not count. Looks again every `pollMs`. */
  drained(options?: DrainedOptions): Promise<void>
  /** Tasks that were given up, the oldest first. */
  deadTasks(max?: number): Promise<readonly DeadTask<T>[]>
  /** Lets a dead task wait again; false when there is none of that id. */
  redrive(id: string): Promise<boolean>
  /** Told of the progress of tasks on all nodes. *Delivery*: at most once. */
  onProgress(listener: (progress: TaskProgress) => void): Promise<Subscription>
}

/** @example const mails = await openWorkQueue<Mail>(port, 'mails'); await mails.push(mail); mails.work(({ value }) => send(value)) */
export async function openWorkQueue<T>(
  port: NodePort,
  name: string,
  options: WorkQueueOptions<T> = {},
): Promise<WorkQueue<T>> {
  checkOptions('openWorkQueue', options, {
    schema: rule.optional(rule.object()),
    closeMs: rule.optional(rule.number(0)),
    ackWaitMs: rule.optional(rule.int(1)),
    deliveriesMax: rule.optional(rule.int(1)),
    messagesMax: rule.optional(rule.int(1)),
    dedupeMs: rule.optional(rule.int(1)),
  })
  const { schema, closeMs = closeDefaultMs, ...queueOptions } = options
  const queue = await port.engine.queue(`${port.system}-queue-${name}`, queueOptions)
  return new EngineWorkQueue<T>(port, name, {
    queue,
    schema,
    ackWaitMs: options.ackWaitMs ?? queueDefaults.ackWaitMs,
    closeMs,
  })
}

interface WorkQueueSettings<T> {
  readonly queue: DurableQueue
  readonly schema: StandardSchemaV1<T, T> | undefined
  readonly ackWaitMs: number
  readonly closeMs: number
}

export class EngineWorkQueue<T> implements WorkQueue<T>, DrainPart {
  readonly name: string
  readonly #port: NodePort
  readonly #settings: WorkQueueSettings<T>
  readonly #workers = new Set<RunningWorker>()
  readonly #results = new Map<string, Promise<DurableQueue>>()
  /** Set while this node is drained. */
  #onDrain: (() => void) | undefined
  readonly #ended = new AbortController()

  constructor(port: NodePort, name: string, settings: WorkQueueSettings<T>) {
    this.#port = port
    this.name = name
    this.#settings = settings
  }

  async push(value: T, options: { readonly id?: string } = {}): Promise<void> {
    await this.pushFor(value, { ...options, resultsTo: '' })
  }

  /** Aborts when the queue is closed on this node. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** As `push`, with the queue that takes the result. */
  async pushFor(value: T, options: { readonly id?: string; readonly resultsTo: string }): Promise<void> {
    const { resultsTo, ...push } = options
    const checked = this.#checked(value)
    // A task waits longer than whoever pushed it: its deadline is not theirs.
    const context = contextToWire(withoutDeadline(currentContext()))
    const body = taskBytes(this.#port.codec, { value: checked, resultsTo, context }, this.name)
    await this.#settings.queue.push(body, push)
  }

  work(handler: TaskHandler<T, unknown>, options: WorkerOptions = {}): QueueWorker {
    if (typeof handler !== 'function') throw invalidOption('work', 'handler', 'a function', handler)
    checkOptions('work', options, {
      concurrency: rule.optional(rule.int(1, 10_000)),
      taskTimeoutMs: rule.optional(rule.number(1)),
      backoff: rule.optional(rule.object()),
    })
    checkRetryPolicy(options.backoff ?? {})
    if (this.ended.aborted) throw queueClosed(this.name)
    const { clock, random } = this.#port
    const worker = new RunningWorker({
      queue: this.#settings.queue,
      ackWaitMs: this.#settings.ackWaitMs,
      clock,
      random: random.fork(`queue ${this.name}`),
      options: { ...workerDefaults, ...options },
      run: (delivery, signal) => this.#run(handler, delivery, signal),
      emit: (event, delivery, message) => this.#emit(event, delivery, message),
      onStopped: () => void this.#workers.delete(worker),
      onTaskEnd: () => this.#onDrain?.(),
      paused: this.#onDrain !== undefined,
    })
    this.#workers.add(worker)
    return worker
  }

  /** Takes no further task here; those under way go on. */
  drain(onChange: () => void): void {
    this.#onDrain = onChange
    for (const worker of this.#workers) worker.pause()
  }

  undrain(): void {
    this.#onDrain = undefined
    for (const worker of this.#workers) worker.resume()
  }

  get left(): DrainLeft {
    return { ...nothingLeft, tasks: this.workers.underWay }
  }

  /** All workers here together. */
  get workers(): WorkerStats & { readonly count: number } {
    const sum = { count: 0, underWay: 0, done: 0, failed: 0, rejected: 0, lost: 0 }
    for (const { stats } of this.#workers) {
      sum.count++
      for (const key of ['underWay', 'done', 'failed', 'rejected', 'lost'] as const) sum[key] += stats[key]
    }
    return sum
  }

  distribute<R>(
    tasks: Iterable<T>,
    options: DistributionOptions = {},
  ): AsyncGenerator<Distributed<R>, void, undefined> {
    return distributeWork<T, R>(this.#port, this, { tasks, ...options })
  }

  stats(): Promise<QueueStats> {
    return this.#settings.queue.stats()
  }

  async drained(options: DrainedOptions = {}): Promise<void> {
    checkOptions('drained', options, { pollMs: rule.optional(rule.number(1)), signal: rule.optional(rule.object()) })
    const { pollMs = drainedPollMs, signal } = options
    for (;;) {
      signal?.throwIfAborted()
      const { waiting, underWay } = await this.stats()
      if (waiting === 0 && underWay === 0) return
      await delay(this.#port.clock, pollMs, signal)
    }
  }

  async deadTasks(max = 100): Promise<readonly DeadTask<T>[]> {
    const letters = await this.#settings.queue.deadLetters(max)
    return letters.map(({ body, ...letter }) => ({ ...letter, value: this.#valueOf(body) }))
  }

  redrive(id: string): Promise<boolean> {
    return this.#settings.queue.redrive(id)
  }

  async onProgress(listener: (progress: TaskProgress) => void): Promise<Subscription> {
    const { engine, codec } = this.#port
    return await engine.subscribe(this.#progressSubject, ({ body }) => listener(codec.decode(body) as TaskProgress))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(queueClosed(this.name))
    const workers = [...this.#workers]
    // A handler that hangs is ended through its signal; its task is somebody else's then.
    const cancel = this.#port.clock.setTimer(this.#settings.closeMs, () => {
      for (const one of workers) void one.stop({ abort: true })
    })
    await Promise.all(workers.map((one) => one.stop()))
    cancel()
  }

  get #progressSubject(): string {
    return `${this.#port.system}.queue.progress.${this.name}`
  }

  async #run(handler: TaskHandler<T, unknown>, delivery: QueueDelivery, signal: AbortSignal): Promise<void> {
    const { codec, engine, name: node } = this.#port
    const { id, attempt } = delivery
    const body = taskBody(codec, this.name, delivery.body)
    const task: Task<T> = {
      id,
      value: this.#checked(body.value as T),
      attempt,
      signal,
      progress: (fraction, note = '') => {
        engine.publish(this.#progressSubject, codec.encode({ id, fraction, note, node }, 'progress'))
      },
    }
    const result = await enterContext(contextFromWire(body.context, this.#port.clock), () => handler(task))
    // Somebody else has the task by now, and its result is theirs: it may be told already, and its run be over.
    signal.throwIfAborted()
    if (body.resultsTo !== '') await this.#deliverResult(body.resultsTo, id, result)
  }

  async #deliverResult(resultsTo: string, id: string, result: unknown): Promise<void> {
    const results = await (this.#results.get(resultsTo) ?? this.#openResults(resultsTo))
    // The id keeps one result of a task that was done twice.
    await results.push(this.#port.codec.encode([id, result], `result of ${id}`), { id })
  }

  #openResults(resultsTo: string): Promise<DurableQueue> {
    const opening = openResults(this.#port, resultsTo)
    for (const first of this.#results.keys()) {
      if (this.#results.size < resultsMax) break
      this.#results.delete(first)
    }
    this.#results.set(resultsTo, opening)
    opening.catch(() => {
      if (this.#results.get(resultsTo) === opening) this.#results.delete(resultsTo)
    })
    return opening
  }

  #checked(value: T): T {
    const fault = schemaFault(this.#settings.schema, value, 'task')
    if (fault !== undefined) throw invalidTask(this.name, fault)
    return value
  }

  #valueOf(body: Uint8Array): T | undefined {
    try {
      return taskBody(this.#port.codec, this.name, body).value as T
    } catch {
      // What is no task any more is still shown as a dead letter, by its id and reason.
      return undefined
    }
  }

  #emit(event: string, delivery: QueueDelivery, message: string | undefined): void {
    const { telemetry, name: node } = this.#port
    if (!telemetry.enabled) return
    const metadata = { node, queue: this.name, task: delivery.id, ...(message !== undefined && { message }) }
    telemetry.emit({ name: `foundation.${event}`, measurements: { attempt: delivery.attempt }, metadata })
  }
}

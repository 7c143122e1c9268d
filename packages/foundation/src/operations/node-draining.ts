/** The thin runtime of `drainStep` on a node: its parts, the word to the others, and whoever waits. Nothing decided. */

import type { CancelTimer } from '../clock.ts'
import type { NodePort } from '../node-port.ts'
import { checkOptions, rule } from '../options.ts'
import { type DrainLeft, type DrainPart, isDrainPart, isNothing, sumOfLeft } from './drain-part.ts'
import { type DrainCommand, type DrainEvent, type DrainPhase, drainStep, notDraining } from './drain-step.ts'
import { cutLeft, statusLimits } from './node-status.ts'

export interface DrainOptions {
  /** How long to wait for places to be taken by others and for tasks to end; draining goes on after it. @default 30_000 */
  readonly timeoutMs?: number
  /** Ends the waiting with `signal.reason`; draining goes on. @default none */
  readonly signal?: AbortSignal | undefined
}

export const drainDefaults = { timeoutMs: 30_000 } as const satisfies Partial<DrainOptions>

/** What became of draining, as plain data; of places and names as many as a status shows. */
export interface DrainReport extends DrainLeft {
  /** Nothing that others could have is left. */
  readonly done: boolean
  /** Names of the system that actors here have and that could not be moved: they end with the node. */
  readonly names: readonly string[]
  /** Actors alive. */
  readonly actors: number
  readonly tookMs: number
}

/** What is known of the node. */
export interface DrainSources {
  readonly port: Pick<NodePort, 'name' | 'clock' | 'telemetry'>
  /** Parts that are open. */
  parts(): Iterable<object>
  /** Tells the other nodes. */
  announce(draining: boolean): void
  names(): readonly string[]
  actors(): number
}

interface Waiter {
  readonly resolve: (report: DrainReport) => void
  readonly startedMs: number
  readonly cancel: CancelTimer
}

export class NodeDraining {
  readonly #sources: DrainSources
  readonly #waiters = new Map<number, Waiter>()
  #state = notDraining
  #lastWaiter = 0
  #isLooking = false
  #closed = false

  constructor(sources: DrainSources) {
    this.#sources = sources
  }

  get phase(): DrainPhase {
    return this.#state.phase
  }

  /** What others could still have. */
  get left(): DrainLeft {
    return sumOfLeft(this.#parts())
  }

  async drain(options: DrainOptions = {}): Promise<DrainReport> {
    checkOptions('drain', options, {
      timeoutMs: rule.optional(rule.number(0)),
      signal: rule.optional(rule.object()),
    })
    const { signal, timeoutMs } = { signal: undefined, ...drainDefaults, ...options }
    signal?.throwIfAborted()
    const { clock } = this.#sources.port
    const waiter = ++this.#lastWaiter
    const startedMs = clock.monotonicMs()
    const { promise, resolve, reject } = Promise.withResolvers<DrainReport>()
    // Holds the process: whoever waits for a drain would otherwise end before its answer.
    const cancel = clock.setTimer(timeoutMs, () => this.#look())
    this.#waiters.set(waiter, { resolve, startedMs, cancel })
    const onAbort = () => {
      this.#forget(waiter)
      this.#take({ type: 'gone', waiter })
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#take({ type: 'drain', waiter, untilMs: startedMs + timeoutMs, atMs: startedMs })
    this.#lookSoon()
    return await promise.finally(() => signal?.removeEventListener('abort', onAbort))
  }

  undrain(): void {
    this.#take({ type: 'undrain', atMs: this.#nowMs })
  }

  /** A part that is opened now begins as the node is. */
  opened(part: object): void {
    if (this.#state.phase !== 'serving' && isDrainPart(part)) part.drain(() => this.#lookSoon())
    this.#lookSoon()
  }

  /** The node closes: whoever waits is told how far it came. */
  close(): void {
    this.#closed = true
    for (const waiter of [...this.#waiters.keys()]) this.#answer(waiter, isNothing(this.left))
  }

  get #nowMs(): number {
    return this.#sources.port.clock.monotonicMs()
  }

  *#parts(): Iterable<DrainPart> {
    for (const part of this.#sources.parts()) if (isDrainPart(part)) yield part
  }

  /** Once for all that happens in one turn. */
  #lookSoon(): void {
    if (this.#isLooking || this.#state.phase === 'serving') return
    this.#isLooking = true
    queueMicrotask(() => {
      this.#isLooking = false
      this.#look()
    })
  }

  #look(): void {
    if (!this.#closed) this.#take({ type: 'left', nothing: isNothing(this.left), atMs: this.#nowMs })
  }

  #take(event: DrainEvent): void {
    const [state, commands] = drainStep(this.#state, event)
    this.#state = state
    for (const command of commands) this.#carryOut(command)
  }

  #carryOut(command: DrainCommand): void {
    switch (command.type) {
      case 'parts-drain':
        for (const part of this.#parts()) part.drain(() => this.#lookSoon())
        break
      case 'parts-undrain':
        for (const part of this.#parts()) part.undrain()
        break
      case 'announce':
        this.#sources.announce(command.draining)
        this.#emit(command.draining ? 'node-draining' : 'node-undrained', {})
        break
      case 'answer':
        this.#answer(command.waiter, command.done)
        break
      case 'drained':
        this.#emit('node-drained', { durationMs: command.afterMs })
    }
  }

  #answer(waiter: number, done: boolean): void {
    const waiting = this.#forget(waiter)
    waiting?.resolve({
      done,
      ...cutLeft(this.left),
      names: this.#sources.names().slice(0, statusLimits.names),
      actors: this.#sources.actors(),
      tookMs: this.#nowMs - waiting.startedMs,
    })
  }

  #forget(waiter: number): Waiter | undefined {
    const waiting = this.#waiters.get(waiter)
    this.#waiters.delete(waiter)
    waiting?.cancel()
    return waiting
  }

  #emit(event: string, more: { readonly [name: string]: number }): void {
    const { telemetry, name: node } = this.#sources.port
    if (!telemetry.enabled) return
    const { places, untaken, tasks } = this.left
    const measurements = { places: places.length, untaken: untaken.length, tasks, ...more }
    telemetry.emit({ name: `foundation.${event}`, measurements, metadata: { node } })
  }
}

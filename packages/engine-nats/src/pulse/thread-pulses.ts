/**
 * Signs of life from a thread, which is started with the first of them and again when it fails: a busy program is not a dead one.
 * When the whole process stands still, so does the thread.
 */

import type { Worker } from 'node:worker_threads'
import {
  type Clock,
  engineClosed,
  engineUnavailable,
  messageOf,
  type PulseOptions,
  startWorker,
} from '@mabeam/foundation'
import type { Reporter } from '../reporter.ts'
import { withinTime } from '../within-time.ts'
import type { FromPulse, PulseBirth, ToPulse } from './pulse-message.ts'
import type { Pulses } from './pulses.ts'

export interface ThreadPulsesPort extends Reporter {
  readonly clock: Clock
  readonly requestTimeoutMs: number
  readonly closeTimeoutMs: number
  /** What a thread is started with now. */
  birth(): PulseBirth
}

interface ThreadPulse {
  readonly options: PulseOptions
  readonly begun: PromiseWithResolvers<void>
  readonly ended: PromiseWithResolvers<void>
}

const restartMs = 1_000
/** It holds two connections and nothing else. */
const resourceLimits = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 }

export class ThreadPulses implements Pulses {
  readonly #port: ThreadPulsesPort
  readonly #pulses = new Map<number, ThreadPulse>()
  /** Those whose end the thread has not confirmed. */
  readonly #ending = new Map<number, ThreadPulse>()
  #worker: Worker | undefined
  #cancelRestart = () => {}
  #next = 0
  #closed = false

  constructor(port: ThreadPulsesPort) {
    this.#port = port
  }

  /** Rejects with `foundation/engine-unavailable` when the thread does not beat in time. */
  async begin(options: PulseOptions): Promise<AsyncDisposable> {
    if (this.#closed) throw engineClosed('nats')
    const id = this.#next++
    const pulse = { options, begun: Promise.withResolvers<void>(), ended: Promise.withResolvers<void>() }
    // Closing may come while nobody waits.
    pulse.begun.promise.catch(() => {})
    this.#pulses.set(id, pulse)
    if (this.#worker === undefined) this.#start()
    else this.#say({ type: 'pulse-begin', id, options })
    const { clock, requestTimeoutMs: timeoutMs } = this.#port
    try {
      await withinTime({ clock, timeoutMs }, pulse.begun.promise)
    } catch (cause) {
      this.#pulses.delete(id)
      this.#say({ type: 'pulse-end', id })
      throw this.#closed ? engineClosed('nats') : engineUnavailable('nats', 'beginning a pulse', cause)
    }
    return { [Symbol.asyncDispose]: () => this.#end(id, timeoutMs) }
  }

  /** Other servers are known. */
  tell(servers: readonly string[]): void {
    this.#say({ type: 'servers-known', servers })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelRestart()
    for (const { begun } of this.#pulses.values()) begun.reject(engineClosed('nats'))
    await Promise.all([...this.#pulses.keys()].map((id) => this.#end(id, this.#port.closeTimeoutMs)))
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  async #end(id: number, timeoutMs: number): Promise<void> {
    const pulse = this.#pulses.get(id)
    if (pulse === undefined) return
    this.#pulses.delete(id)
    if (this.#worker === undefined) return
    this.#ending.set(id, pulse)
    this.#say({ type: 'pulse-end', id })
    await withinTime({ clock: this.#port.clock, timeoutMs }, pulse.ended.promise).catch(() => {})
    this.#ending.delete(id)
  }

  /** With all pulses there are: those of a thread that failed too. */
  #start(): void {
    const workerData = this.#port.birth()
    const worker = startWorker(import.meta.url, './pulse-entry', { name: 'mabeam-pulse', workerData, resourceLimits })
    worker.unref()
    worker.on('message', (message: FromPulse) => this.#onMessage(message))
    worker.on('error', (error) => this.#onFailure(worker, messageOf(error)))
    worker.on('exit', (code) => this.#onFailure(worker, `it ended with ${code}`))
    this.#worker = worker
    for (const [id, { options }] of this.#pulses) this.#say({ type: 'pulse-begin', id, options })
  }

  #onMessage(message: FromPulse): void {
    if (message.type === 'pulse-begun') this.#pulses.get(message.id)?.begun.resolve()
    else if (message.type === 'pulse-ended') this.#ending.get(message.id)?.ended.resolve()
    else this.#port.report('pulse-failed', { message: message.message })
  }

  #onFailure(worker: Worker, message: string): void {
    if (worker !== this.#worker) return
    this.#worker = undefined
    for (const { ended } of this.#ending.values()) ended.resolve()
    this.#port.report('pulse-failed', { message })
    const restart = () => {
      if (this.#pulses.size > 0 && this.#worker === undefined) this.#start()
    }
    if (!this.#closed) this.#cancelRestart = this.#port.clock.setTimer(restartMs, restart, { unref: true })
  }

  #say(message: ToPulse): void {
    this.#worker?.postMessage(message)
  }
}

/** The thread of a local engine, as the program sees it. One that ends by itself is started again, and its pulses with it. */

import type { CancelTimer, Clock } from '../../../clock.ts'
import { engineClosed } from '../../../errors/engine-errors.ts'
import { localThreadEnded } from '../../../errors/local-errors.ts'
import { fromWireError } from '../../../errors.ts'
import { abandonLock } from '../../../journal/lock-file.ts'
import type { TelemetryEvent } from '../../../telemetry.ts'
import { startWorker } from '../../../threads/started-worker.ts'
import type { PulseOptions } from '../../engine.ts'
import type { FromLocalThread, LocalBirth, ToLocalThread } from './local-thread-protocol.ts'

export interface LocalThreadOwner {
  readonly clock: Clock
  /** There is a hub in this process, or none any more. */
  onHub(isHere: boolean): void
  onHubFailed(reason: Error): void
  onReport(event: TelemetryEvent): void
  /** It ended by itself, and is started again. */
  onEnded(reason: Error): void
}

/** A thread that runs a `LocalThreadHost`, as a worker is. */
export interface ThreadHandle {
  postMessage(message: ToLocalThread): void
  on(event: 'message', listener: (message: FromLocalThread) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'exit', listener: () => void): unknown
  ref(): void
  unref(): void
  terminate(): unknown
}

export type StartThread = (birth: LocalBirth) => ThreadHandle

/** A worker thread. */
export const startLocalThread: StartThread = (workerData) => {
  return startWorker(import.meta.url, './local-thread-entry', { name: 'mabeam-local', workerData })
}

const restartMs = 1_000
/** A thread that is asked to end and does not is ended. */
const closeMs = 3_000

export class LocalThread {
  readonly #birth: LocalBirth
  readonly #owner: LocalThreadOwner
  readonly #startThread: StartThread
  readonly #pulses = new Map<number, PulseOptions>()
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>()
  #worker: ThreadHandle | undefined
  #gone: Promise<void> = Promise.resolve()
  #isHub = false
  #isClosed = false
  #lastPulse = 0
  #cancelRestart: CancelTimer = () => {}

  constructor(birth: LocalBirth, owner: LocalThreadOwner, start: StartThread) {
    this.#birth = birth
    this.#owner = owner
    this.#startThread = start
    this.#start()
  }

  /** Beats until what is given is disposed of. */
  async pulse(options: PulseOptions): Promise<AsyncDisposable> {
    const id = ++this.#lastPulse
    this.#pulses.set(id, options)
    try {
      await this.#ask(id, { type: 'pulse-begin', id, options })
    } catch (thrown) {
      this.#pulses.delete(id)
      throw thrown
    }
    return {
      [Symbol.asyncDispose]: async () => {
        if (!this.#pulses.delete(id) || this.#isClosed) return
        // A thread that ends meanwhile has ended the pulse too.
        await this.#ask(id, { type: 'pulse-end', id }).catch(() => {})
      },
    }
  }

  /** Ends pulses and hub, and the thread with them. Idempotent. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#cancelRestart()
      this.#send({ type: 'close' })
      this.#worker?.ref()
      const cancel = this.#owner.clock.setTimer(closeMs, () => void this.#worker?.terminate(), { unref: true })
      void this.#gone.then(cancel)
    }
    await this.#gone
  }

  #start(): void {
    const worker = this.#startThread(this.#birth)
    this.#worker = worker
    let failure: unknown
    worker.on('message', (message: FromLocalThread) => this.#take(message))
    worker.on('error', (error: unknown) => {
      failure = error
    })
    this.#gone = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#ended(failure)
        resolve()
      })
    })
    // After the listeners: the first one for messages holds the process.
    worker.unref()
    for (const [id, options] of this.#pulses) this.#send({ type: 'pulse-begin', id, options })
  }

  #take(message: FromLocalThread): void {
    if (message.type === 'report') this.#owner.onReport(message.event)
    else if (message.type === 'hub-failed') this.#owner.onHubFailed(fromWireError(message.error))
    else if (message.type === 'hub') {
      this.#isHub = message.isHere
      this.#owner.onHub(message.isHere)
    } else {
      const { id, error } = message
      if (error === undefined) this.#waiting.get(id)?.resolve()
      else this.#waiting.get(id)?.reject(fromWireError(error))
      this.#forget(id)
    }
  }

  #ask(id: number, message: ToLocalThread): Promise<void> {
    if (this.#isClosed) return Promise.reject(engineClosed('local'))
    const waiting = Promise.withResolvers<void>()
    this.#waiting.set(id, waiting)
    this.#worker?.ref()
    this.#send(message)
    return waiting.promise
  }

  #forget(id: number): void {
    this.#waiting.delete(id)
    if (this.#waiting.size === 0 && !this.#isClosed) this.#worker?.unref()
  }

  #send(message: ToLocalThread): void {
    this.#worker?.postMessage(message)
  }

  #ended(failure: unknown): void {
    this.#worker = undefined
    const reason = this.#isClosed ? engineClosed('local') : localThreadEnded(failure)
    for (const { reject } of this.#waiting.values()) reject(reason)
    this.#waiting.clear()
    this.#abandonLock()
    if (this.#isHub) {
      this.#isHub = false
      this.#owner.onHub(false)
    }
    if (this.#isClosed) return
    this.#owner.onEnded(localThreadEnded(failure))
    this.#cancelRestart = this.#owner.clock.setTimer(restartMs, () => this.#start(), { unref: true })
  }

  /** It may have been about to be the hub, or to stop being it: only the lock itself says so. */
  #abandonLock(): void {
    const { place, lockToken } = this.#birth
    try {
      abandonLock(place.logPath, lockToken)
    } catch (thrown) {
      // The folder can't be written any more: whoever stands by says that by itself.
      this.#owner.onEnded(localThreadEnded(thrown))
    }
  }
}

/** The thread of a sandbox, and the one run that may be under way in it. */

import type { Worker } from 'node:worker_threads'
import { type Clock, messageOf, startWorker, type Telemetry } from '@mabeam/foundation'
import { endThread } from './ended-thread.ts'
import { sandboxFailed } from './errors.ts'
import { HostCalls, type HostFunction } from './host-calls.ts'
import { RunTime } from './run-time.ts'
import type { SandboxLimits } from './sandbox-limits.ts'
import type { SandboxBirth, SandboxOrder, SandboxReport } from './sandbox-message.ts'
import { failed, outcomeOf, type SandboxOutcome } from './sandbox-outcome.ts'

/** Everything a sandbox is made of. */
export interface SandboxSettings {
  readonly limits: Required<SandboxLimits>
  readonly hosts: { readonly [name: string]: HostFunction }
  readonly clock: Clock
  readonly seed: number
  readonly telemetry: Telemetry
}

/** Started when it is made. */
export class SandboxThread {
  readonly #settings: SandboxSettings
  readonly #stop = new SharedArrayBuffer(4)
  readonly #worker: Worker
  readonly #ready = Promise.withResolvers<void>()
  readonly #time: RunTime
  #open: OpenRun | undefined
  #runs = 0

  constructor(settings: SandboxSettings) {
    this.#settings = settings
    const { limits, hosts, clock, seed } = settings
    this.#time = new RunTime(clock, () => this.#timeOver())
    const { memoryBytes, stackBytes, valueCharsMax, printedCharsMax, hostCallsMax } = limits
    const birth: SandboxBirth = {
      ...{ memoryBytes, stackBytes, valueCharsMax, printedCharsMax, hostCallsMax },
      hosts: Object.keys(hosts),
      nowMs: clock.nowMs(),
      seed: seed >>> 0,
      stop: this.#stop,
    }
    // WebAssembly calls itself on the stack of the thread: it has to be roomier than the stack that code is given.
    const resourceLimits = { stackSizeMb: 8, maxOldGenerationSizeMb: 256 }
    this.#worker = startWorker(import.meta.url, './sandbox-entry', {
      name: 'mabeam-sandbox',
      workerData: birth,
      resourceLimits,
    })
    this.#worker.on('message', (report: SandboxReport) => this.#take(report))
    this.#worker.on('error', (thrown) => this.#lost(messageOf(thrown)))
    this.#worker.on('exit', () => this.#lost('its thread ended'))
    const { startTimeoutMs } = limits
    const cancel = clock.setTimer(startTimeoutMs, () => this.#lost(`no answer within ${startTimeoutMs} ms`))
    this.#ready.promise.then(cancel, cancel) // why it failed is told to whoever runs something
  }

  async run(code: string, signal: AbortSignal | undefined): Promise<SandboxOutcome> {
    const { limits, hosts, clock } = this.#settings
    const { promise, resolve, reject } = Promise.withResolvers<SandboxOutcome>()
    const calls = new HostCalls({ hosts, clock, ...limits })
    const run = ++this.#runs
    this.#open = { run, calls, resolve, reject }
    const onAbort = () => reject(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([this.#ready.promise, promise])
      Atomics.store(new Int32Array(this.#stop), 0, 0)
      this.#time.begin(limits.timeoutMs)
      this.#order({ type: 'run', run, code })
      return await promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#time.end()
      this.#open = undefined
      calls.end(new Error('the run in the sandbox has ended'))
    }
  }

  /** Ends the thread, and the run with `reason`; resolves within `threadEndMs`. */
  async end(reason: unknown): Promise<void> {
    this.#open?.reject(reason)
    this.#ready.reject(reason)
    Atomics.store(new Int32Array(this.#stop), 0, 1)
    await endThread(this.#worker, this.#settings)
  }

  #order(order: SandboxOrder): void {
    this.#time.given()
    this.#worker.postMessage(order)
  }

  #take(report: SandboxReport): void {
    if (report.type === 'ready') this.#ready.resolve()
    else if (report.type === 'unready') this.#ready.reject(sandboxFailed(report.message))
    else if (report.type === 'idle') this.#time.done()
    else if (report.type === 'broken') this.#lost(report.message)
    else if (report.type === 'call') this.#call(report)
    else if (this.#open?.run === report.run) this.#open.resolve(outcomeOf(report, this.#settings.limits.valueCharsMax))
  }

  #call({ call, name, json }: SandboxReport & { type: 'call' }): void {
    this.#open?.calls.take({ name, json }, (answer) =>
      this.#order(
        'message' in answer
          ? { type: 'refusal', call, message: answer.message }
          : { type: 'reply', call, json: answer.json },
      ),
    )
  }

  /** Asks the code to stop, which leaves what the sandbox holds; where nothing in it listens, its thread is ended. */
  #timeOver(): void {
    const wasAsked = Atomics.exchange(new Int32Array(this.#stop), 0, 1) !== 0
    if (wasAsked) this.#open?.resolve(failed('time', 'the time is over', true))
    else this.#time.begin(stopGraceMs)
  }

  #lost(message: string): void {
    this.#ready.reject(sandboxFailed(message))
    this.#open?.resolve(failed('broken', message))
  }
}

interface OpenRun {
  readonly run: number
  readonly calls: HostCalls
  readonly resolve: (outcome: SandboxOutcome) => void
  readonly reject: (reason: unknown) => void
}

/** How long code that was told to stop may go on. */
const stopGraceMs = 1_000

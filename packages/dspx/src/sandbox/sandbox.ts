/**
 * Sandboxes: JavaScript that nobody has read runs in QuickJS, in WebAssembly, in a thread of its own. It has the language and
 * nothing else: no files, no network, no modules, no timers; the functions it may call are named one by one. Time, memory,
 * stack, output and calls have limits. An endless loop keeps no other thread busy.
 */

import type { Worker } from 'node:worker_threads'
import {
  type Clock,
  checkOptions,
  definedOptions,
  invalidOption,
  type Json,
  messageOf,
  rule,
  startWorker,
  systemClock,
} from '@mabeam/foundation'
import { invalidCode, sandboxBusy, sandboxClosed, sandboxFailed } from './errors.ts'
import { HostCalls, type HostFunction } from './host-calls.ts'
import { plainData } from './plain-data.ts'
import { RunTime } from './run-time.ts'
import { checkedLimits, codeCharsMax, type SandboxLimits, valueDepthMax } from './sandbox-limits.ts'
import type { SandboxBirth, SandboxFault, SandboxOrder, SandboxReport } from './sandbox-message.ts'

/** What a sandbox is made of. */
export interface SandboxOptions {
  /** @default see `sandboxDefaults` */
  readonly limits?: SandboxLimits
  /** What code may call, by name. @default {} */
  readonly hosts?: { readonly [name: string]: HostFunction }
  /** Measures time limits, and is what `new Date()` tells code, always the same in one sandbox. @default systemClock */
  readonly clock?: Clock
  /** The seed of `Math.random` in it. @default 0 */
  readonly seed?: number
}

/** How one piece of code ended. An `Error` that it threw is a `failed` with its name and message. */
export type SandboxOutcome = {
  /** What it printed (`print`, `console.log`), up to the limit. */
  readonly printed: string
  /** The characters printed beyond it. */
  readonly printedOmitted: number
} & (
  | { readonly type: 'value'; readonly value: Json | undefined }
  | {
      readonly type: 'failed'
      readonly reason: SandboxFault
      readonly message: string
      /** True where what the sandbox held is gone: the next run begins with nothing. */
      readonly isReset: boolean
    }
)

/**
 * Runs one piece of code in a sandbox of its own. Its value is that of its last expression, or what it returns, as plain JSON;
 * `await` works anywhere.
 *
 * Throws: `signal.reason`; `dspx/invalid-code`; `dspx/sandbox-failed`; `foundation/invalid-option`.
 * @example await runSandboxed('[1, 2, 3].reduce((sum, one) => sum + one)') // => { type: 'value', value: 6, … }
 */
export async function runSandboxed(
  code: string,
  options: SandboxOptions & { readonly signal?: AbortSignal } = {},
): Promise<SandboxOutcome> {
  const { signal, ...own } = options
  await using sandbox = openSandbox(own)
  return await sandbox.run(code, definedOptions({ signal }) as { readonly signal?: AbortSignal })
}

/**
 * A sandbox for several pieces of code: what one leaves in global variables the next one finds. Its thread starts with the first.
 * Close it: an open one keeps its thread, and the process.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 */
export function openSandbox(options: SandboxOptions = {}): Sandbox {
  checkOptions('sandbox', options, {
    limits: rule.optional(rule.object()),
    hosts: rule.optional(rule.object()),
    clock: rule.optional(rule.having('setTimer', 'monotonicMs', 'nowMs')),
    seed: rule.optional(rule.int(0)),
  })
  const { hosts = {}, clock = systemClock, seed = 0 } = options
  const limits = checkedLimits('sandbox: limits', options.limits ?? {})
  for (const [name, host] of Object.entries(hosts)) {
    if (!hostName.test(name)) throw invalidOption('sandbox', 'hosts', 'names of letters, digits and _', name)
    if (typeof host !== 'function') throw invalidOption('sandbox', `hosts.${name}`, 'a function', host)
  }
  return new Sandbox({ limits, hosts, clock, seed })
}

interface SandboxSettings extends Required<SandboxOptions> {
  readonly limits: Required<SandboxLimits>
}

/** See {@link openSandbox}. */
export class Sandbox implements AsyncDisposable {
  readonly #settings: SandboxSettings
  #thread: SandboxThread | undefined
  #isBusy = false
  #isClosed = false

  constructor(settings: SandboxSettings) {
    this.#settings = settings
  }

  /** Runs code; see {@link runSandboxed}. Throws also `dspx/sandbox-closed`, `dspx/sandbox-busy` beside another run. */
  async run(code: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<SandboxOutcome> {
    if (typeof code !== 'string' || code.length > codeCharsMax) {
      throw invalidCode(`text of at most ${codeCharsMax} characters`, typeof code === 'string' ? code.length : code)
    }
    if (this.#isClosed) throw sandboxClosed()
    if (this.#isBusy) throw sandboxBusy()
    signal?.throwIfAborted()
    this.#isBusy = true
    try {
      this.#thread ??= new SandboxThread(this.#settings)
      const outcome = await this.#thread.run(code, signal)
      if (outcome.type === 'failed' && outcome.isReset) await this.#end()
      return outcome
    } catch (thrown) {
      await this.#end()
      throw thrown
    } finally {
      this.#isBusy = false
    }
  }

  /** Ends its thread; a run under way ends with `dspx/sandbox-closed`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#end()
  }

  async #end(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    await thread?.end(sandboxClosed())
  }
}

/** A thread, and the one run that may be under way in it. */
class SandboxThread {
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
    this.#ready.promise.catch(() => {}) // told to whoever runs something
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

  /** Ends the thread, and the run with `reason`. */
  async end(reason: unknown): Promise<void> {
    this.#open?.reject(reason)
    this.#ready.reject(reason)
    Atomics.store(new Int32Array(this.#stop), 0, 1)
    await this.#worker.terminate()
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
    else if (this.#open?.run === report.run) this.#open.resolve(outcomeOf(report, this.#settings.limits))
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

  /** Asks the code to stop; where it does not listen, the thread is ended all the same. */
  #timeOver(): void {
    const wasAsked = Atomics.exchange(new Int32Array(this.#stop), 0, 1) !== 0
    if (wasAsked) this.#open?.resolve(failed('time', 'the time is over'))
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

const hostName = /^[A-Za-z_$][\w$]{0,63}$/

function outcomeOf(
  report: SandboxReport & { type: 'ended' },
  { valueCharsMax }: Required<SandboxLimits>,
): SandboxOutcome {
  const { printed, printedOmitted, json, fault, message = '' } = report
  if (fault !== undefined) return { ...failed(fault, message), printed, printedOmitted }
  if (json === undefined) return { type: 'value', value: undefined, printed, printedOmitted }
  const copied = plainData(JSON.parse(json), { depthMax: valueDepthMax, partsMax: valueCharsMax })
  if (copied.type === 'refused') return { ...failed('value', `the value: ${copied.reason}`), printed, printedOmitted }
  return { type: 'value', value: copied.json, printed, printedOmitted }
}

/** After these nothing in the sandbox can be relied on. */
const resets: ReadonlySet<SandboxFault> = new Set<SandboxFault>(['time', 'memory', 'broken'])

function failed(reason: SandboxFault, message: string): SandboxOutcome & { type: 'failed' } {
  return { type: 'failed', reason, message, isReset: resets.has(reason), printed: '', printedOmitted: 0 }
}

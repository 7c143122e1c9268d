/**
 * Sandboxes: JavaScript that nobody has read runs in QuickJS, in WebAssembly, in a thread of its own. It has the language and
 * nothing else: no files, no network, no modules, no timers; the functions it may call are named one by one. Time, memory,
 * stack, output and calls have limits. An endless loop keeps no other thread busy.
 */

import {
  type Clock,
  checkOptions,
  definedOptions,
  invalidOption,
  rule,
  silentTelemetry,
  systemClock,
  type Telemetry,
} from '@mabeam/foundation'
import { invalidCode, sandboxBusy, sandboxClosed } from './errors.ts'
import type { HostFunction } from './host-calls.ts'
import { checkedLimits, codeCharsMax, type SandboxLimits } from './sandbox-limits.ts'
import type { SandboxOutcome } from './sandbox-outcome.ts'
import { type SandboxSettings, SandboxThread } from './sandbox-thread.ts'

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
  /** Told of a thread that does not end. @default silentTelemetry */
  readonly telemetry?: Telemetry
}

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
  checkOptions('runSandboxed', { options }, { options: rule.record() })
  const { signal, ...own } = options
  await using sandbox = openSandbox(own)
  return await sandbox.run(code, definedOptions({ signal }) as { readonly signal?: AbortSignal })
}

/**
 * A sandbox for several pieces of code: what one leaves in global variables the next one finds, also where it was stopped because
 * its time was over; `isStateLost` says where it does not. Its thread starts with the first.
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
    telemetry: rule.optional(rule.having('emit')),
  })
  const { hosts = {}, clock = systemClock, seed = 0, telemetry = silentTelemetry } = options
  const limits = checkedLimits('sandbox: limits', options.limits ?? {})
  for (const [name, host] of Object.entries(hosts)) {
    if (!hostName.test(name)) throw invalidOption('sandbox', 'hosts', 'names of letters, digits and _', name)
    if (typeof host !== 'function') throw invalidOption('sandbox', `hosts.${name}`, 'a function', host)
  }
  return new Sandbox({ limits, hosts, clock, seed, telemetry })
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

  /** Runs code; see {@link runSandboxed}. Throws also `dspx/sandbox-closed`; `dspx/sandbox-busy` beside another run. */
  async run(code: string, options: { readonly signal?: AbortSignal } = {}): Promise<SandboxOutcome> {
    checkOptions('sandbox: run', options, { signal: rule.optional(rule.signal()) })
    const { signal } = options
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
      if (outcome.type === 'failed' && outcome.isStateLost) await this.#end()
      return outcome
    } catch (thrown) {
      await this.#end()
      throw thrown
    } finally {
      this.#isBusy = false
    }
  }

  /** Ends its thread, for which it waits 5 s at most; a run under way ends with `dspx/sandbox-closed`. */
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

const hostName = /^[A-Za-z_$][\w$]{0,63}$/

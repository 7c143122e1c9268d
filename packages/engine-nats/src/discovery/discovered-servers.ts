/**
 * The servers an engine knows of: asks a source again and again, watches it where it can be watched, and keeps what was found
 * through answers that are empty, partial or missing. What it decides is in `discovery-step.ts`.
 */

import { type CancelTimer, checkOptions, isMabeamError, type MabeamError, messageOf, rule } from '@mabeam/foundation'
import { discoveryUnreachable, noServersFound } from './discovery-errors.ts'
import { type DiscoveryOptions, discoverySettings } from './discovery-options.ts'
import { type DiscoveryCommand, type DiscoveryEvent, discoveryStep, newDiscovery } from './discovery-step.ts'
import { pause } from './pause.ts'
import { serverAddress } from './server-address.ts'
import type { ServerSource, SourcePort } from './server-source.ts'
import { unlessAborted } from './unless-aborted.ts'

export interface FirstServersOptions {
  /** Rejects with `engine-nats/no-servers-found` after that. @default none: waits for ever */
  readonly timeoutMs?: number
  /** Rejects with `signal.reason` when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
}

/** Disposing it ends the looking. Idempotent. */
export interface DiscoveredServers extends AsyncDisposable {
  /** What is known now, the best first; never empty again once it was not. */
  readonly servers: readonly string[]
  /** Resolves as soon as there is a server. Rejects as `firstServers` does. */
  first(options?: FirstServersOptions): Promise<readonly string[]>
  /** Looks now, as when all servers are lost, and resolves with all that is known then. Rejects only while nothing is known. */
  look(signal?: AbortSignal): Promise<readonly string[]>
  /** Called with the list each time it has changed, until the function that is returned is called. Must not throw. */
  onChange(listener: (servers: readonly string[]) => void): () => void
}

interface Waiter {
  found(servers: readonly string[]): void
  failed(error: MabeamError): void
}

/** @example await using known = discoveredServers(dns({ name: 'nats.internal' }), port); await known.first({ timeoutMs: 5_000 }) */
export function discoveredServers(
  source: ServerSource,
  port: SourcePort,
  options: DiscoveryOptions = {},
): DiscoveredServers {
  return new WatchedServers(source, port, discoverySettings(options))
}

/**
 * Waits for the first addresses that a source finds, with growing delays, for ever unless told otherwise.
 *
 * Rejects with `engine-nats/no-servers-found` after `timeoutMs`, with `signal.reason`, and at once with the error of a source that
 * only a person can mend, such as a token that is refused.
 */
export async function firstServers(
  source: ServerSource,
  port: SourcePort,
  options: FirstServersOptions = {},
): Promise<readonly string[]> {
  await using known = discoveredServers(source, port)
  return await known.first(options)
}

class WatchedServers implements DiscoveredServers {
  readonly #source: ServerSource
  readonly #port: SourcePort
  readonly #options: Required<DiscoveryOptions>
  readonly #end = new AbortController()
  readonly #listeners = new Set<(servers: readonly string[]) => void>()
  readonly #waiters = new Set<Waiter>()
  readonly #startMs: number
  readonly #loop: Promise<void>
  #state
  #looks = 0
  #last: MabeamError | undefined
  #delayMs = 0
  /** Watches in a row that failed before a look would have been due. */
  #shortWatches = 0

  constructor(source: ServerSource, port: SourcePort, options: Required<DiscoveryOptions>) {
    this.#source = source
    this.#port = port
    this.#options = options
    this.#state = newDiscovery(options)
    this.#startMs = port.clock.monotonicMs()
    this.#loop = this.#run()
  }

  get servers(): readonly string[] {
    return this.#state.servers.map(({ address }) => address)
  }

  first(options: FirstServersOptions = {}): Promise<readonly string[]> {
    checkOptions('first', options, {
      timeoutMs: rule.optional(rule.number(0)),
      signal: rule.optional(rule.object()),
    })
    const { timeoutMs, signal } = options
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      if (this.#end.signal.aborted) return reject(this.#end.signal.reason)
      if (this.#state.servers.length > 0) return resolve(this.servers)
      if (this.#last?.retryable === false) return reject(this.#last)
      let cancel: CancelTimer = () => {}
      const done = () => {
        cancel()
        this.#waiters.delete(waiter)
        signal?.removeEventListener('abort', onAbort)
      }
      const failed = (error: unknown) => {
        done()
        reject(error)
      }
      const found = (servers: readonly string[]) => {
        done()
        resolve(servers)
      }
      const waiter: Waiter = { found, failed }
      const onAbort = () => failed(signal?.reason)
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', onAbort, { once: true })
      if (timeoutMs === undefined) return
      const late = () => failed(noServersFound(this.#source.name, timeoutMs, this.#lastSentence()))
      cancel = this.#port.clock.setTimer(timeoutMs, late)
    })
  }

  async look(signal?: AbortSignal): Promise<readonly string[]> {
    signal?.throwIfAborted()
    this.#end.signal.throwIfAborted()
    await this.#find(signal)
    signal?.throwIfAborted()
    if (this.#state.servers.length === 0) throw this.#last ?? noServersFound(this.#source.name, 0, 'it named none')
    return this.servers
  }

  onChange(listener: (servers: readonly string[]) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear()
    const closed = noServersFound(this.#source.name, this.#waitedMs(), 'the looking was ended')
    if (!this.#end.signal.aborted) this.#end.abort(closed)
    for (const waiter of [...this.#waiters]) waiter.failed(closed)
    await this.#loop
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    while (!signal.aborted) {
      if (this.#source.watch === undefined) await this.#find()
      else await this.#watch()
      if (signal.aborted) return
      // While nothing is known somebody waits for it, so the wait keeps the process.
      const unref = this.#state.servers.length > 0
      await pause(this.#port.clock, { delayMs: this.#delayMs, signal, unref })
    }
  }

  async #find(asked?: AbortSignal): Promise<void> {
    const { clock } = this.#port
    const { lookMs } = this.#options
    const late = new AbortController()
    const cancel = clock.setTimer(lookMs, () => {
      late.abort(
        discoveryUnreachable(this.#source.name, 'the look', `expected an answer within ${lookMs} ms, got none`),
      )
    })
    const signal = AbortSignal.any([this.#end.signal, late.signal, ...(asked === undefined ? [] : [asked])])
    try {
      const servers = await unlessAborted(this.#source.find(this.#port, signal), signal)
      if (!this.#end.signal.aborted) this.#found(servers)
    } catch (thrown) {
      if (!this.#end.signal.aborted && !asked?.aborted) this.#failed(thrown)
    } finally {
      cancel()
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#end
    const { clock } = this.#port
    const beganMs = clock.monotonicMs()
    try {
      const onServers = (servers: readonly string[]) => {
        if (!signal.aborted) this.#found(servers)
      }
      await unlessAborted(this.#source.watch?.(this.#port, { signal, onServers }) ?? Promise.resolve(), signal)
      if (!signal.aborted) throw discoveryUnreachable(this.#source.name, 'the watch', 'it ended by itself')
    } catch (thrown) {
      if (signal.aborted) return
      this.#failed(thrown)
      // One that answers and fails at once, as where only watching is forbidden, is begun ever more seldom.
      const isShort = clock.monotonicMs() - beganMs < this.#options.refreshMs
      this.#shortWatches = isShort ? this.#shortWatches + 1 : 0
      const { delayMinMs, delayMaxMs } = this.#options
      const grownMs = Math.min(delayMaxMs, delayMinMs * 2 ** (this.#shortWatches - 1))
      this.#delayMs = Math.max(this.#delayMs, this.#jittered(grownMs))
    }
  }

  #found(answer: readonly string[]): void {
    const { name } = this.#source
    let servers: readonly string[]
    try {
      servers = answer.map((address) => serverAddress(name, address))
      if (servers.length === 0) throw noServersFound(name, this.#waitedMs(), 'it answers, and names none')
    } catch (thrown) {
      this.#failed(thrown)
      return
    }
    this.#looks++
    this.#last = undefined
    const isFirst = this.#state.servers.length === 0
    this.#step({ type: 'found', servers, atMs: this.#port.clock.monotonicMs() })
    if (isFirst) this.#reportFirst()
    for (const waiter of [...this.#waiters]) waiter.found(this.servers)
  }

  #failed(thrown: unknown): void {
    this.#looks++
    const error = isMabeamError(thrown)
      ? thrown
      : discoveryUnreachable(this.#source.name, 'the look', messageOf(thrown), thrown)
    this.#last = error
    this.#step({ type: 'failed' })
    this.#reportFailure(error)
    if (error.retryable) return
    for (const waiter of [...this.#waiters]) waiter.failed(error)
  }

  #step(event: DiscoveryEvent): void {
    const [next, commands] = discoveryStep(this.#state, event)
    this.#state = next
    for (const command of commands) this.#carryOut(command)
  }

  #carryOut(command: DiscoveryCommand): void {
    if (command.type === 'look-again') {
      this.#delayMs = this.#jittered(command.delayMs)
      return
    }
    const { servers } = this
    const { added, removed, left } = command
    const measurements = { servers: servers.length, added: added.length, removed: removed.length, left }
    this.#emit('engine-nats.discovery-changed', measurements, { servers })
    for (const listener of [...this.#listeners]) listener(servers)
  }

  #jittered(delayMs: number): number {
    return delayMs * (1 - this.#options.jitter * this.#port.random.next())
  }

  #waitedMs(): number {
    return this.#port.clock.monotonicMs() - this.#startMs
  }

  #lastSentence(): string {
    const last = this.#last?.data.last
    return typeof last === 'string' ? last : (this.#last?.message ?? 'the first look is still under way')
  }

  #reportFirst(): void {
    const measurements = { servers: this.#state.servers.length, waitedMs: this.#waitedMs(), looks: this.#looks }
    this.#emit('engine-nats.discovery-found', measurements, {})
  }

  #reportFailure(error: MabeamError): void {
    const measurements = { failures: this.#state.failures, delayMs: this.#delayMs, known: this.#state.servers.length }
    this.#emit('engine-nats.discovery-failed', measurements, { code: error.code, sentence: error.message })
  }

  #emit(
    name: 'engine-nats.discovery-changed' | 'engine-nats.discovery-found' | 'engine-nats.discovery-failed',
    measurements: { readonly [name: string]: number },
    metadata: { readonly [name: string]: string | readonly string[] },
  ): void {
    const { telemetry } = this.#port
    if (telemetry.enabled) telemetry.emit({ name, measurements, metadata: { source: this.#source.name, ...metadata } })
  }
}

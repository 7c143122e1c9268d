/**
 * A system seen and steered from outside: no node of it, and nothing of it changes by looking. What the command line and a
 * dashboard stand on.
 */

import { randomInt } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'
import { type Codec, codecDefaults, createCodec } from '../codec/codec.ts'
import type { Engine, EngineOpener } from '../engine/engine.ts'
import { clusterClosed } from '../errors/operation-errors.ts'
import { messageOf } from '../errors.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import { type Random, seededRandom } from '../random.ts'
import { SignedEngine } from '../security/signed-engine.ts'
import { type SecurityOptions, systemKeys } from '../security/system-keys.ts'
import { silentTelemetry, type Telemetry } from '../telemetry.ts'
import { ClusterRecords } from './cluster-records.ts'
import type { ClusterStatus } from './cluster-status.ts'
import { gatherStatus } from './cluster-survey.ts'
import { type Asking, NodeClient } from './node-client.ts'
import { type DrainOptions, type DrainReport, drainDefaults } from './node-draining.ts'
import { drainTimeoutMaxMs } from './operation-message.ts'
import { StatusWatch } from './status-watch.ts'

export interface ClusterOptions {
  /** One that is open, which the client does not close, or what opens one, which it does. */
  readonly engine: Engine | EngineOpener
  /** @default 'mabeam' */
  readonly system?: string
  /** What an engine is opened as. @default 'operator-' and a random number */
  readonly name?: string
  /** @default systemClock */
  readonly clock?: Clock
  /** @default a stream with a seed of its own */
  readonly random?: Random
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
  /** `sessions.expiryMs` of the nodes, where they have another than the default. @default 20_000 */
  readonly expiryMs?: number
  /** Bytes of the longest answer of a node. @default 1_048_576 */
  readonly messageBytesMax?: number
  /** As that of the nodes: where they sign their messages, they take operations only from those who do. @default none */
  readonly security?: SecurityOptions
}

const clusterDefaults = {
  system: 'mabeam',
  clock: systemClock,
  telemetry: silentTelemetry,
  expiryMs: 20_000,
  messageBytesMax: codecDefaults.bytesMax,
} as const satisfies Omit<Required<ClusterOptions>, 'engine' | 'name' | 'random' | 'security'>

export interface StatusOptions {
  /** For all of it: nodes that have not answered by then are told as such. @default 2_000 */
  readonly timeoutMs?: number
  /** Rejects with `signal.reason`. @default none */
  readonly signal?: AbortSignal | undefined
}

const statusDefaults = { timeoutMs: 2_000 } as const satisfies Partial<StatusOptions>

export interface WatchOptions extends StatusOptions {
  /** How long at most between two looks; a change of places, sessions, names or services is looked at sooner. @default 1_000 */
  readonly everyMs?: number
  /** Told when a look failed; it is looked again. @default nothing */
  readonly onFailure?: (thrown: unknown) => void
}

const watchDefaults = { everyMs: 1_000 } as const satisfies Partial<WatchOptions>

/**
 * Used by operators' tools; concurrently. Whatever asks a node rejects with `foundation/no-such-node`, `foundation/operation-timeout`,
 * `foundation/operation-refused` (the secret of the system is missing, or another), what the node answered, `foundation/cluster-closed`, and as the engine does.
 */
export interface Cluster extends AsyncDisposable {
  readonly system: string
  /** The engine it looks through. */
  readonly engine: Engine
  /**
   * Asks all nodes at once that sessions, places or other nodes name, and reads what the engine keeps. *Delivery*: each part is of
   * its own moment, some milliseconds apart; a node that did not answer is listed as such.
   *
   * @example for (const { name, presence } of (await cluster.status()).nodes) console.log(name, presence)
   */
  status(options?: StatusOptions): Promise<ClusterStatus>
  /**
   * Looks again and again, until it is disposed or `signal` aborts. *Runs in* a turn of its own, one after the other; what
   * `onChange` throws goes to `onFailure`.
   */
  watch(onChange: (status: ClusterStatus) => void, options?: WatchOptions): AsyncDisposable
  /** As `node.drain` there. *Delivery*: it goes on when the answer is lost or late; asking again tells how far it is. */
  drain(node: string, options?: DrainOptions): Promise<DrainReport>
  undrain(node: string, options?: StatusOptions): Promise<void>
  /** As `node.leave` there: a program that awaits `node.serve()` ends. Resolves when the node is gone. */
  leave(node: string, options?: DrainOptions): Promise<DrainReport>
  /** Idempotent. */
  close(): Promise<void>
}

/**
 * Opens a client of a system.
 *
 * Rejects with `foundation/invalid-option`, `foundation/unknown-name`, `foundation/secret-missing`, and as an opener of an engine does.
 *
 * @example await using cluster = await openCluster({ engine: local() }); console.log(await cluster.status())
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  checkOptions('openCluster', options, {
    engine: {
      expected: 'an engine, or what opens one',
      test: (value) =>
        typeof value === 'function' || (typeof value === 'object' && value !== null && 'stores' in value),
      optional: false,
    },
    system: rule.optional(rule.string()),
    name: rule.optional(rule.string()),
    clock: rule.optional(rule.having('nowMs', 'monotonicMs', 'setTimer')),
    random: rule.optional(rule.having('next', 'fork')),
    telemetry: rule.optional(rule.having('emit')),
    expiryMs: rule.optional(rule.int(1_000)),
    messageBytesMax: rule.optional(rule.int(1)),
    // Checked where its keys are made, which shows no secret.
    security: rule.optional(rule.any()),
  })
  const { random = seededRandom(randomInt(2 ** 47)), engine: given, security, ...plain } = options
  const settings = { ...clusterDefaults, ...plain }
  const {
    system,
    clock,
    telemetry,
    name = `operator-${random
      .fork('name')
      .int(2 ** 32)
      .toString(36)}`,
  } = settings
  for (const [key, word] of Object.entries({ system, name })) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(word)) {
      throw invalidOption('openCluster', key, 'up to 64 letters, digits, - and _', word)
    }
  }
  const keys = security === undefined ? undefined : systemKeys('openCluster', system, security)
  const isOwn = typeof given === 'function'
  const port = { system, name, epoch: clock.nowMs(), clock, random: random.fork('engine'), telemetry }
  const opened = isOwn ? await given(port) : given
  const engine = keys === undefined ? opened : new SignedEngine({ engine: opened, keys, port })
  return new EngineCluster({ ...settings, name, random, engine, isOwn })
}

interface ClusterSettings extends Required<Omit<ClusterOptions, 'engine' | 'security'>> {
  readonly engine: Engine
  /** Whether it ends with the client. */
  readonly isOwn: boolean
}

class EngineCluster implements Cluster {
  readonly engine: Engine
  readonly #settings: ClusterSettings
  readonly #nodes: NodeClient
  readonly #records: ClusterRecords
  readonly #changed = new Set<() => void>()
  readonly #watches = new Set<AsyncDisposable>()
  readonly #closed = new AbortController()
  #closing: Promise<void> | undefined

  constructor(settings: ClusterSettings) {
    const codec = operatorCodec(settings.messageBytesMax)
    this.#settings = settings
    this.engine = settings.engine
    this.#nodes = new NodeClient({ ...settings, codec })
    const onChange = () => {
      for (const listener of this.#changed) listener()
    }
    this.#records = new ClusterRecords({ ...settings, codec, onChange })
  }

  get system(): string {
    return this.#settings.system
  }

  async status(options: StatusOptions = {}): Promise<ClusterStatus> {
    const { system, engine, clock } = this.#settings
    const survey = { system, engine, clock, nodes: this.#nodes, records: this.#records }
    return await gatherStatus(survey, this.#asking('status', { ...statusDefaults, ...options }))
  }

  watch(onChange: (status: ClusterStatus) => void, options: WatchOptions = {}): AsyncDisposable {
    const { everyMs, onFailure = () => {}, ...status } = { ...watchDefaults, ...options }
    checkOptions(
      'watch',
      { onChange, everyMs, onFailure },
      {
        onChange: rule.fn(),
        everyMs: rule.number(1),
        onFailure: rule.fn(),
      },
    )
    const asking = this.#asking('watch', { ...statusDefaults, ...status })
    const look = async (signal: AbortSignal) => onChange(await this.status({ ...status, signal }))
    const failed = (thrown: unknown) => {
      this.#report('cluster-look-failed', { message: messageOf(thrown) })
      onFailure(thrown)
    }
    const watch = new StatusWatch({ clock: this.#settings.clock, everyMs, signal: asking.signal, look, failed })
    const wake = () => watch.wake()
    this.#changed.add(wake)
    this.#watches.add(watch)
    void watch.ended.then(() => {
      this.#changed.delete(wake)
      this.#watches.delete(watch)
    })
    return watch
  }

  async drain(node: string, options: DrainOptions = {}): Promise<DrainReport> {
    return await this.#nodes.ask(node, 'drain', this.#draining(node, options))
  }

  async undrain(node: string, options: StatusOptions = {}): Promise<void> {
    checkNode('undrain', node)
    await this.#nodes.ask(node, 'undrain', this.#asking('undrain', { ...statusDefaults, ...options }))
  }

  async leave(node: string, options: DrainOptions = {}): Promise<DrainReport> {
    const asking = this.#draining(node, options)
    const report = await this.#nodes.ask(node, 'leave', asking)
    await this.#nodes.gone(node, asking)
    return report
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#closed.abort(clusterClosed(this.system))
    await Promise.all([...this.#watches].map((one) => one[Symbol.asyncDispose]()))
    await this.#records[Symbol.asyncDispose]()
    if (this.#settings.isOwn) await this.engine.close()
  }

  #draining(node: string, options: DrainOptions): Required<Asking> {
    checkNode('drain', node)
    return this.#asking('drain', { ...drainDefaults, ...options })
  }

  /** Ends with the client, and when the caller says so. */
  #asking(owner: string, options: Asking): { readonly timeoutMs: number; readonly signal: AbortSignal } {
    checkOptions(owner, options, {
      timeoutMs: rule.number(0, drainTimeoutMaxMs),
      signal: rule.optional(rule.object()),
    })
    const { timeoutMs, signal } = options
    const closed = this.#closed.signal
    closed.throwIfAborted()
    signal?.throwIfAborted()
    return { timeoutMs, signal: signal === undefined ? closed : AbortSignal.any([signal, closed]) }
  }

  #report(event: string, metadata: { readonly [name: string]: string }): void {
    const { telemetry, system } = this.#settings
    if (!telemetry.enabled) return
    telemetry.emit({ name: `foundation.${event}`, measurements: { count: 1 }, metadata: { system, ...metadata } })
  }
}

/** References to actors, which places hand over, are read as addresses: nobody is called from here. */
function operatorCodec(bytesMax: number): Codec {
  const reference = {
    tag: 'ref',
    accepts: () => false,
    toPlain: (value: object) => value,
    fromPlain: (plain: unknown) => plain,
  }
  return createCodec({ bytesMax, extensions: [reference] })
}

function checkNode(owner: string, node: string): void {
  if (typeof node === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(node)) return
  throw invalidOption(owner, 'node', 'the name of a node: up to 64 letters, digits, - and _', node)
}

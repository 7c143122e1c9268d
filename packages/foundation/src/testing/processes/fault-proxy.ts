/**
 * A proxy between a client and a server that does to their connections what networks do: delay, jitter, little bandwidth,
 * silence in one direction or both, half-open connections, resets, refusals. What is drawn is drawn from a seed.
 */

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from '../../clock.ts'
import { checkOptions, invalidOption, rule } from '../../options.ts'
import { type Random, seededRandom } from '../../random.ts'
import { FaultPipe, type FaultPipePort } from './fault-pipe.ts'
import { checkLinkFaults, concerns, type LinkFaults, linkFaultsDefaults } from './link-faults.ts'

export interface FaultProxyOptions {
  /** `host:port` of the server. */
  readonly to: string
  /** `host:port` to listen on; port 0 takes a free one. @default '127.0.0.1:0' */
  readonly listen?: string
  /** From the beginning. @default {} */
  readonly faults?: LinkFaults
  /** Jitter is drawn from it. @default 1 */
  readonly seed?: number
  /** Connections at once; one more is reset and counted. @default 1_000 */
  readonly connectionsMax?: number
  /** Waiting in one direction of one connection; then its sender is held up. @default 1_048_576 */
  readonly bufferBytesMax?: number
  /** @default systemClock */
  readonly clock?: Clock
}

const faultProxyDefaults = {
  listen: '127.0.0.1:0',
  faults: {},
  seed: 1,
  connectionsMax: 1_000,
  bufferBytesMax: 1_048_576,
  clock: systemClock,
} as const satisfies Partial<FaultProxyOptions>

/** Disposing closes all its connections. Idempotent. */
export interface FaultProxy extends AsyncDisposable {
  /** Where clients connect to: `host:port`. */
  readonly address: string
  readonly port: number
  readonly connections: number
  /** Connections that found no room. */
  readonly refused: number
  /**
   * From now on exactly these; `{}` heals all. Connections that have lost data, or were ignored, are reset when that
   * is over.
   */
  set(faults: LinkFaults): Promise<void>
  /** Resets all connections there are; how many. */
  reset(): number
}

/** @example await using proxy = await faultProxy({ to: server.address }); await proxy.set({ hold: 'both' }) */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  checkOptions('faultProxy', options, {
    to: rule.string(),
    listen: rule.optional(rule.string()),
    faults: rule.optional(rule.object()),
    seed: rule.optional(rule.int(0)),
    connectionsMax: rule.optional(rule.int(1)),
    bufferBytesMax: rule.optional(rule.int(1)),
    clock: rule.optional(rule.having('setTimer', 'monotonicMs')),
  })
  const settings = { ...faultProxyDefaults, ...options }
  checkLinkFaults('faultProxy: faults', settings.faults)
  const proxy = new Listening(settings)
  await proxy.set(settings.faults)
  return proxy
}

interface Address {
  readonly host: string
  readonly port: number
}

function parseAddress(key: string, text: string, portMin: number): Address {
  const [, host, port] = /^\[?([^[\]]+)\]?:(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) < portMin || Number(port) > 65_535) {
    throw invalidOption('faultProxy', key, 'host:port', text)
  }
  return { host, port: Number(port) }
}

/** A connection, with its way there and back. */
interface Link {
  readonly client: Socket
  readonly target: Socket | undefined
  readonly up: FaultPipe | undefined
  readonly down: FaultPipe | undefined
}

class Listening implements FaultProxy {
  refused = 0
  readonly #settings: Required<FaultProxyOptions>
  readonly #to: Address
  #listen: Address
  readonly #links = new Set<Link>()
  readonly #random: Random
  #faults: Required<LinkFaults> = linkFaultsDefaults
  #server: Server | undefined
  #isClosed = false

  constructor(settings: Required<FaultProxyOptions>) {
    this.#settings = settings
    this.#to = parseAddress('to', settings.to, 1)
    this.#listen = parseAddress('listen', settings.listen, 0)
    this.#random = seededRandom(settings.seed)
  }

  get address(): string {
    return `${this.#listen.host}:${this.#listen.port}`
  }

  get port(): number {
    return this.#listen.port
  }

  get connections(): number {
    return this.#links.size
  }

  async set(faults: LinkFaults): Promise<void> {
    checkLinkFaults('set', faults)
    const before = this.#faults
    this.#faults = { ...linkFaultsDefaults, ...faults }
    for (const link of this.#links) {
      const healed = (['up', 'down'] as const).some((direction) => {
        const isOver = concerns(before.swallow, direction) && !concerns(this.#faults.swallow, direction)
        return isOver && link[direction]?.hasLost === true
      })
      const wasIgnored = link.target === undefined && this.#faults.accept !== 'ignore'
      if (healed || wasIgnored) this.#reset(link)
      link.up?.refresh()
      link.down?.refresh()
    }
    if (this.#faults.accept === 'refuse') await this.#stopListening()
    else if (this.#server === undefined && !this.#isClosed) await this.#startListening()
  }

  reset(): number {
    const links = [...this.#links]
    for (const link of links) this.#reset(link)
    return links.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.reset()
    await this.#stopListening()
  }

  async #startListening(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#onClient(client))
    this.#server = server
    server.listen(this.#listen)
    await once(server, 'listening')
    this.#listen = { host: this.#listen.host, port: (server.address() as { port: number }).port }
  }

  /** Connections that are there stay. */
  async #stopListening(): Promise<void> {
    this.#server?.close()
    this.#server = undefined
  }

  #onClient(client: Socket): void {
    client.on('error', () => {})
    client.setNoDelay(true)
    const { accept } = this.#faults
    const isFull = this.#links.size >= this.#settings.connectionsMax
    if (isFull) this.refused++
    if (accept === 'reset' || isFull || this.#isClosed) return void client.resetAndDestroy()
    if (accept === 'ignore') {
      // It is read, so that its sender sees nothing.
      client.resume()
      return void this.#keep({ client, target: undefined, up: undefined, down: undefined })
    }
    const target = connect({ ...this.#to, allowHalfOpen: true, noDelay: true })
    const { clock, bufferBytesMax } = this.#settings
    const random = this.#random.fork(this.#random.int(2 ** 31))
    const port: FaultPipePort = { clock, random, bufferBytesMax, faults: () => this.#faults }
    const up = new FaultPipe(port, 'up', { from: client, to: target })
    const down = new FaultPipe(port, 'down', { from: target, to: client })
    this.#keep({ client, target, up, down })
    up.refresh()
    down.refresh()
  }

  #keep(link: Link): void {
    this.#links.add(link)
    const onClose = () => {
      const isOver = link.client.destroyed && (link.target === undefined || link.target.destroyed)
      if (isOver) this.#links.delete(link)
    }
    link.client.once('close', onClose)
    link.target?.once('close', onClose)
  }

  #reset(link: Link): void {
    this.#links.delete(link)
    link.up?.close()
    link.down?.close()
    link.client.resetAndDestroy()
    link.target?.resetAndDestroy()
  }
}

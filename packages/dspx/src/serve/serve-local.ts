/**
 * The local model behind an OpenAI-compatible endpoint, so that real client code is tested against a real server: with
 * streaming, with failures and delays on purpose. Loopback by default; other addresses need a key.
 */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import {
  type Clock,
  checkOptions,
  definedOptions,
  invalidOption,
  type Random,
  rule,
  systemClock,
} from '@mabeam/foundation'
import { localModel } from '../local/local-model.ts'
import { type LocalSize, localSizes } from '../local/sizes.ts'
import { wordsEmbedding } from '../models/embeddings/words-embedding.ts'
import { type FailureOptions, failureDefaults, failurePlan } from './failure-plan.ts'
import { localApp } from './local-app.ts'
import { OpenRequests, type RequestCounts } from './open-requests.ts'
import { cannotListen } from './serve-errors.ts'

/** How the server behaves. */
export interface ServeLocalOptions {
  /** 0 takes a free port. @default 0 */
  readonly port?: number
  /** An address other than loopback needs an `apiKey`. @default '127.0.0.1' */
  readonly host?: string
  /** Requests under `/v1` must carry it as a bearer token. @default no key asked */
  readonly apiKey?: string
  /** Every answer begins this much later. @default 0 */
  readonly delayMs?: number
  /** Waits for the latency that the model's size declares. @default false */
  readonly realLatency?: boolean
  /** Requests that fail on purpose. @default none */
  readonly failures?: FailureOptions
  /** Larger bodies are refused with 413. @default 4 MiB */
  readonly bodyBytesMax?: number
  /** More requests at once are refused with 429. @default 1_000 */
  readonly requestsMax?: number
  /** Closing waits this long for clients to take what was sent, then cuts them off. @default 1_000 */
  readonly closeTimeoutMs?: number
  /** @default systemClock */
  readonly clock?: Clock
  /** Draws of failures and of calls without a seed. @default from `failures.seed` */
  readonly random?: Random
}

export const serveLocalDefaults = {
  port: 0,
  host: '127.0.0.1',
  delayMs: 0,
  realLatency: false,
  failures: failureDefaults,
  bodyBytesMax: 4 * 1024 * 1024,
  requestsMax: 1_000,
  closeTimeoutMs: 1_000,
  clock: systemClock,
} as const satisfies ServeLocalOptions

/** A running server. */
export interface LocalServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string
  /** What clients of OpenAI's interface are given: the `url` and `/v1`. */
  readonly baseUrl: string
  readonly port: number
  /** What became of the requests so far. */
  readonly requests: RequestCounts
  /** Takes no more requests, ends open ones and streams, and frees the port. Idempotent. */
  close(): Promise<void>
}

/**
 * Serves `nano`, `small` and `base` at `POST /v1/chat/completions` and the embeddings of `words` at `POST /v1/embeddings`, with
 * `GET /v1/models` and `GET /health`. Failures and delays on purpose are those of both.
 *
 * Throws: `foundation/invalid-option`, `dspx/cannot-listen`.
 * @example
 * await using server = await serveLocal({ failures: { rate429: 0.1 } })
 * const provider = createOpenAICompatible({ name: 'local', baseURL: server.baseUrl })
 */
export async function serveLocal(options: ServeLocalOptions = {}): Promise<LocalServer> {
  checkServeOptions(options)
  const settings = { ...serveLocalDefaults, ...definedOptions(options) }
  const open = new OpenRequests(settings.requestsMax)
  const random = options.random
  const model = (size: string) =>
    localModel(size as LocalSize, {
      realLatency: settings.realLatency,
      clock: settings.clock,
      ...(random && { random: random.fork(size) }),
    })
  const app = localApp({
    models: new Map(Object.keys(localSizes).map((size) => [size, model(size)])),
    embeddings: new Map([['words', wordsEmbedding()]]),
    failures: failurePlan(settings.failures, random?.fork('failures')),
    open,
    settings,
  })
  const server = createAdaptorServer({ fetch: app.fetch, createServer, overrideGlobalObjects: false }) as Server
  freeConnectionsOnClose(server, open)
  const port = await listen(server, settings.host, settings.port)
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host
  const { clock, closeTimeoutMs } = settings
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= closeServer({ server, open, clock, closeTimeoutMs })
    return closing
  }
  const url = `http://${host}:${port}`
  return { url, baseUrl: `${url}/v1`, port, requests: open.counts, close, [Symbol.asyncDispose]: close }
}

function checkServeOptions(options: ServeLocalOptions): void {
  checkOptions('serveLocal', options, {
    port: rule.optional(rule.int(0, 65_535)),
    host: rule.optional(rule.string()),
    apiKey: rule.optional(rule.string()),
    delayMs: rule.optional(rule.number(0, 3_600_000)),
    realLatency: rule.optional(rule.boolean()),
    failures: rule.optional(rule.object()),
    bodyBytesMax: rule.optional(rule.int(1, 1024 ** 3)),
    requestsMax: rule.optional(rule.int(1, 1_000_000)),
    closeTimeoutMs: rule.optional(rule.number(0, 3_600_000)),
    clock: rule.optional(rule.having('nowMs', 'monotonicMs', 'setTimer')),
    random: rule.optional(rule.object()),
  })
  const failures = options.failures ?? {}
  checkOptions('serveLocal: failures', failures, {
    rate429: rule.optional(rule.number(0, 1)),
    rate500: rule.optional(rule.number(0, 1)),
    retryAfterSec: rule.optional(rule.number(0, 86_400)),
    seed: rule.optional(rule.int(Number.MIN_SAFE_INTEGER)),
  })
  const rates = (failures.rate429 ?? 0) + (failures.rate500 ?? 0)
  if (rates > 1) throw invalidOption('serveLocal', 'failures', 'rate429 and rate500 that add up to at most 1', rates)
  const host = options.host ?? serveLocalDefaults.host
  if (!isLoopback(host) && options.apiKey === undefined) {
    throw invalidOption('serveLocal', 'apiKey', `a key, because ${host} is reachable from other machines`, undefined)
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw cannotListen(host, port, cause)
  }
  return (server.address() as AddressInfo).port
}

interface Closing {
  readonly server: Server
  readonly open: OpenRequests
  readonly clock: Clock
  readonly closeTimeoutMs: number
}

async function closeServer({ server, open, clock, closeTimeoutMs }: Closing): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  open.end()
  const cancelTimer = clock.setTimer(closeTimeoutMs, () => server.closeAllConnections(), { unref: true })
  await closed
  cancelTimer()
}

/** Connections are kept alive between requests, but not for a server that is closing. */
function freeConnectionsOnClose(server: Server, open: OpenRequests): void {
  server.on('request', (_request, response) => {
    response.once('close', () => {
      if (open.isClosing) setImmediate(() => server.closeIdleConnections())
    })
  })
}

/** Health over HTTP, with a server of its own: on loopback unless told otherwise, since it tells what runs here. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listenFailed, portTaken } from '../errors/configuration-errors.ts'
import { checkOptions, rule } from '../options.ts'
import type { Health } from './health.ts'
import { healthHandler } from './health-response.ts'

export interface ServeHealthOptions {
  /** 0 for any that is free. */
  readonly port: number
  /** `0.0.0.0` for everybody who can reach the machine, as probes of Kubernetes need. @default '127.0.0.1' */
  readonly host?: string
  /** Connections at once; one more is closed. @default 64 */
  readonly connectionsMax?: number
}

const serveHealthDefaults = { host: '127.0.0.1', connectionsMax: 64 } as const satisfies Omit<
  Required<ServeHealthOptions>,
  'port'
>

/** A request that takes longer to arrive is given up. */
const requestMsMax = 5_000

export interface HealthServer extends AsyncDisposable {
  readonly host: string
  /** The one that was found where 0 was asked for. */
  readonly port: number
  /** Ends it and its connections. Idempotent. */
  close(): Promise<void>
}

/**
 * Serves `healthHandler` over HTTP/1.1. It does not end the health part, and keeps the process alive until it is closed.
 *
 * Rejects with `foundation/invalid-option`, `foundation/port-taken`, `foundation/listen-failed`.
 *
 * @example await using server = await serveHealth(health, { port: 8_080, host: '0.0.0.0' })
 */
export async function serveHealth(health: Health, options: ServeHealthOptions): Promise<HealthServer> {
  checkOptions('serveHealth', options, {
    port: rule.int(0, 65_535),
    host: rule.optional(rule.string()),
    connectionsMax: rule.optional(rule.int(1)),
  })
  const { port, host, connectionsMax } = { ...serveHealthDefaults, ...options }
  const handle = healthHandler(health)
  const server = createServer({ requestTimeout: requestMsMax, headersTimeout: requestMsMax }, (request, response) =>
    answer(request, response, handle),
  )
  server.maxConnections = connectionsMax
  await listening(server, host, port)
  // One connection that could not be taken, as with too many open files, must not end the process.
  server.on('error', () => {})
  return new ListeningHealthServer(server, host)
}

class ListeningHealthServer implements HealthServer {
  readonly host: string
  readonly port: number
  readonly #server: Server
  #closing: Promise<void> | undefined

  constructor(server: Server, host: string) {
    this.#server = server
    this.host = host
    this.port = (server.address() as AddressInfo).port
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function answer(request: IncomingMessage, response: ServerResponse, handle: ReturnType<typeof healthHandler>): void {
  // What somebody sends along is not read.
  request.resume()
  const { status, headers, body } = handle({ method: request.method ?? '', url: request.url ?? '' })
  response.writeHead(status, headers).end(body)
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (thrown: NodeJS.ErrnoException) =>
      reject(thrown.code === 'EADDRINUSE' ? portTaken(host, port, thrown) : listenFailed(host, port, thrown))
    server.once('error', onError)
    server.listen(port, host, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

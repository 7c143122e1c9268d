/**
 * The part of the API of Kubernetes that discovery uses, over real HTTP: lists in pages, watches with bookmarks, versions that are
 * compacted away, tokens and roles.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson, type TestHttpServer, testHttpServer } from './http-server.fixture.ts'

export interface TestEndpoint {
  readonly address: string
  readonly ready?: boolean
  readonly serving?: boolean
}

export interface TestKubernetes extends TestHttpServer {
  /** Makes a slice of the service or changes it. */
  put(name: string, endpoints: readonly TestEndpoint[], ports?: readonly { name?: string; port: number }[]): void
  remove(name: string): void
  /** Tells watches how far they are. */
  bookmark(): void
  /** Forgets all changes so far: who goes on from before them must list again. */
  compact(): void
  /** Tells each open watch that its version is gone, as a line. */
  expire(): void
  /** Ends each open watch as the API does when its time is over. */
  endWatches(): void
  readonly openWatches: number
  /** What a request must carry. @default 'secret' */
  token: string
  /** Whether the account may read endpoints. @default true */
  isAllowed: boolean
}

interface Change {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: object
}

const listPath = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'

export async function testKubernetes(isSecure = false): Promise<TestKubernetes> {
  const world = new World('nats')
  const server = await testHttpServer((request, url, response) => world.answer(request, url, response), isSecure)
  return Object.assign(world, server) as unknown as TestKubernetes
}

class World {
  token = 'secret'
  isAllowed = true
  readonly #service: string
  readonly #slices = new Map<string, object>()
  readonly #watches = new Set<ServerResponse>()
  #version = 1
  #changes: Change[] = []
  #compacted = 0

  constructor(service: string) {
    this.#service = service
  }

  get openWatches(): number {
    return this.#watches.size
  }

  put(
    name: string,
    endpoints: readonly TestEndpoint[],
    ports: readonly object[] = [{ name: 'client', port: 4222 }],
  ): void {
    const type = this.#slices.has(name) ? 'MODIFIED' : 'ADDED'
    const version = ++this.#version
    const labels = { 'kubernetes.io/service-name': this.#service }
    const object = {
      metadata: { name, labels, resourceVersion: String(version) },
      addressType: 'IPv4',
      ports,
      endpoints: endpoints.map(({ address, ...conditions }) => ({ addresses: [address], conditions })),
    }
    this.#slices.set(name, object)
    this.#changed({ version, type, object })
  }

  remove(name: string): void {
    const version = ++this.#version
    const object = { metadata: { name, resourceVersion: String(version) } }
    this.#slices.delete(name)
    this.#changed({ version, type: 'DELETED', object })
  }

  bookmark(): void {
    const object = { kind: 'EndpointSlice', metadata: { resourceVersion: String(++this.#version) } }
    for (const watch of this.#watches) watch.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
  }

  compact(): void {
    this.#changes = []
    this.#compacted = ++this.#version
  }

  expire(): void {
    const object = { kind: 'Status', code: 410, reason: 'Expired' }
    for (const watch of this.#watches) watch.write(`${JSON.stringify({ type: 'ERROR', object })}\n`)
    this.endWatches()
  }

  endWatches(): void {
    for (const watch of this.#watches) watch.end()
    this.#watches.clear()
  }

  answer({ headers }: IncomingMessage, url: URL, response: ServerResponse): void {
    const isOurs = url.searchParams.get('labelSelector') === `kubernetes.io/service-name=${this.#service}`
    if (headers.authorization !== `Bearer ${this.token}`) sendStatus(response, 401)
    else if (!this.isAllowed) sendStatus(response, 403)
    else if (url.pathname !== listPath) sendStatus(response, 404)
    else if (url.searchParams.get('watch') === '1') this.#watch(url, response)
    else this.#list(url, response, isOurs)
  }

  #list({ searchParams }: URL, response: ServerResponse, isOurs: boolean): void {
    const from = Number(searchParams.get('continue') ?? 0)
    const limit = Number(searchParams.get('limit') ?? 1_000)
    const all = isOurs ? [...this.#slices.values()] : []
    const items = all.slice(from, from + limit)
    const next = from + limit < all.length ? { continue: String(from + limit) } : {}
    sendJson(response, 200, {
      kind: 'EndpointSliceList',
      metadata: { resourceVersion: String(this.#version), ...next },
      items,
    })
  }

  #watch({ searchParams }: URL, response: ServerResponse): void {
    const from = Number(searchParams.get('resourceVersion'))
    if (from < this.#compacted) {
      sendStatus(response, 410)
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    for (const change of this.#changes) if (change.version > from) send(response, change)
    this.#watches.add(response)
    response.on('close', () => this.#watches.delete(response))
  }

  #changed(change: Change): void {
    this.#changes.push(change)
    for (const watch of this.#watches) send(watch, change)
  }
}

function sendStatus(response: ServerResponse, code: number): void {
  sendJson(response, code, { kind: 'Status', status: 'Failure', code })
}

/** In two chunks, as a network cuts it. */
function send(watch: ServerResponse, { type, object }: Change): void {
  const line = `${JSON.stringify({ type, object })}\n`
  watch.write(line.slice(0, 20))
  watch.write(line.slice(20))
}

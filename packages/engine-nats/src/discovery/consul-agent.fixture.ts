/** The part of an agent of Consul that discovery uses, over real HTTP: health with blocking questions, indexes, access rules. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson, type TestHttpServer, testHttpServer } from './http-server.fixture.ts'

export interface TestInstance {
  readonly address?: string
  readonly node?: string
  readonly port: number
}

export interface TestConsul extends TestHttpServer {
  /** All healthy instances from now on; questions that are held are answered. */
  put(instances: readonly TestInstance[]): void
  /** The state was restored: the index begins again. */
  restore(instances: readonly TestInstance[]): void
  /** Answers the questions that are held though nothing changed, as when their wait is over. */
  release(): void
  readonly held: number
  /** What a question must carry, if anything. @default undefined */
  token: string | undefined
  /** Answers are emptied without a word, as for a token without a policy. @default false */
  isFiltered: boolean
  /** What the header says instead of the index. @default undefined */
  brokenIndex: string | undefined
}

export async function testConsul(isSecure = false): Promise<TestConsul> {
  const world = new World()
  const server = await testHttpServer((request, url, response) => world.answer(request, url, response), isSecure)
  return Object.assign(world, server) as unknown as TestConsul
}

class World {
  token: string | undefined
  isFiltered = false
  brokenIndex: string | undefined
  #index = 100
  #instances: readonly TestInstance[] = []
  #held: ServerResponse[] = []

  get held(): number {
    return this.#held.length
  }

  put(instances: readonly TestInstance[]): void {
    this.#index++
    this.#instances = instances
    this.release()
  }

  restore(instances: readonly TestInstance[]): void {
    this.#index = 7
    this.#instances = instances
    this.release()
  }

  release(): void {
    for (const response of this.#held.splice(0)) this.#send(response)
  }

  answer({ headers }: IncomingMessage, { pathname, searchParams }: URL, response: ServerResponse): void {
    if (this.token !== undefined && headers['x-consul-token'] !== this.token) {
      response.writeHead(403).end('Permission denied')
    } else if (pathname !== '/v1/health/service/nats' || searchParams.get('passing') !== 'true') {
      this.#sendEntries(response, [])
    } else if (Number(searchParams.get('index')) === this.#index) {
      this.#held.push(response)
    } else this.#send(response)
  }

  #send(response: ServerResponse): void {
    const entries = this.#instances.map(({ address = '', node = '10.9.9.9', port }) => ({
      Node: { Node: 'n', Address: node },
      Service: { Service: 'nats', Address: address, Port: port },
      Checks: [{ Status: 'passing' }],
    }))
    this.#sendEntries(response, this.isFiltered ? [] : entries)
  }

  #sendEntries(response: ServerResponse, entries: readonly object[]): void {
    response.setHeader('x-consul-index', this.brokenIndex ?? String(this.#index))
    if (this.isFiltered) response.setHeader('x-consul-results-filtered-by-acls', 'true')
    sendJson(response, 200, entries)
  }
}

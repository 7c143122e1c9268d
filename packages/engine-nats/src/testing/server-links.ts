/**
 * Proxies between the servers of a cluster, one for each direction in which one calls another, and one before each for its clients:
 * what a split and slow lines are made of where there are no networks of the kernel.
 */

import { type FaultProxy, faultProxy, type LinkFaults } from '@mabeam/foundation/testing'
import { noSuchServer } from './testing-errors.ts'

/** Where a server listens. */
export interface ServerAddresses {
  readonly client: string
  readonly cluster: string
}

/** Disposing ends all connections through them. */
export class ServerLinks implements AsyncDisposable {
  /** By caller, then by who is called. */
  readonly #routes: readonly (readonly (FaultProxy | undefined)[])[]
  readonly #clients: readonly FaultProxy[]

  private constructor(routes: readonly (readonly (FaultProxy | undefined)[])[], clients: readonly FaultProxy[]) {
    this.#routes = routes
    this.#clients = clients
  }

  static async open(servers: readonly ServerAddresses[]): Promise<ServerLinks> {
    const clients = await Promise.all(servers.map(({ client }) => faultProxy({ to: client })))
    const routes = await Promise.all(
      servers.map((_, from) =>
        Promise.all(
          servers.map(({ cluster }, to) => (from === to ? Promise.resolve(undefined) : faultProxy({ to: cluster }))),
        ),
      ),
    )
    return new ServerLinks(routes, clients)
  }

  /** `host:port` of the proxies by which a server calls the others. */
  routesOf(server: number): readonly string[] {
    return (this.#routes[server] ?? []).flatMap((proxy) => (proxy === undefined ? [] : [proxy.address]))
  }

  /** `host:port` at which clients reach a server. */
  clientAddress(server: number): string {
    return this.#client(server).address
  }

  async setClients(server: number, faults: LinkFaults): Promise<void> {
    await this.#client(server).set(faults)
  }

  /** Resets the connections of its clients; how many. */
  resetClients(server: number): number {
    return this.#client(server).reset()
  }

  /** Servers of different groups hear nothing of each other. Who is in no group forms one with the others. */
  async split(groups: readonly (readonly number[])[]): Promise<void> {
    const groupOf = (server: number) => groups.findIndex((group) => group.includes(server))
    const set = this.#routes.flatMap((row, from) =>
      row.map((proxy, to) => proxy?.set(groupOf(from) === groupOf(to) ? {} : { hold: 'both' })),
    )
    await Promise.all(set)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#clients, ...this.#routes.flat()]
    await Promise.all(all.map((proxy) => proxy?.[Symbol.asyncDispose]()))
  }

  #client(server: number): FaultProxy {
    const proxy = this.#clients[server]
    if (proxy === undefined) throw noSuchServer(server, this.#clients.length)
    return proxy
  }
}

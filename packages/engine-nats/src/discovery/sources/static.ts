/** Servers that are known beforehand. */

import { discoveryUnavailable } from '../discovery-errors.ts'
import { serverAddress } from '../server-address.ts'
import type { ServerSource } from '../server-source.ts'

const serversMax = 100

/**
 * Always the servers of the list, in its order.
 *
 * Throws `engine-nats/invalid-server-address`, and `engine-nats/discovery-unavailable` for a list that is empty or longer than 100.
 * @example nats({ servers: staticServers(['10.0.0.1', '10.0.0.2:4223', 'nats://[fd00::3]']) })
 */
export function staticServers(servers: readonly string[]): ServerSource {
  const addresses = [...new Set([...servers].map((address) => serverAddress('staticServers', address)))]
  if (addresses.length === 0 || addresses.length > serversMax) {
    throw discoveryUnavailable('staticServers', `expected 1 to ${serversMax} servers, got ${addresses.length}`)
  }
  return {
    name: 'static',
    find: async () => addresses,
    watch: (_, { onServers, signal }) =>
      new Promise((resolve) => {
        onServers(addresses)
        if (signal.aborted) return resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
      }),
  }
}

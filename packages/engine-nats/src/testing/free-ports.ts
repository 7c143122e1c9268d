/** Ports that nobody listens on, for servers that have to know each other's before they start. */

import { once } from 'node:events'
import { createServer } from 'node:net'

/** So many different ones. Somebody else may take one before it is used: then try again. */
export async function freePorts(count: number, host: string): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, host))
  try {
    await Promise.all(servers.map((server) => (server.listening ? undefined : once(server, 'listening'))))
    return servers.map((server) => (server.address() as { port: number }).port)
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

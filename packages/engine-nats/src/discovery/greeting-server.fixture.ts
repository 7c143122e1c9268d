/** A server that says something to whoever connects, as a server of NATS does. */

import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface GreetingServer extends AsyncDisposable {
  readonly port: number
  readonly connections: number
}

export async function greetingServer(greeting = 'INFO {"server_id":"test"}\r\n'): Promise<GreetingServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {})
    if (greeting !== '') socket.write(greeting)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** A server that takes connections of the client, answers its pings, and passes nothing on. */

import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface AnsweringServer extends AsyncDisposable {
  readonly address: string
  /** What was subscribed to or published on, in order. */
  readonly subjects: readonly string[]
}

const info = {
  server_id: 'TEST',
  server_name: 'test',
  version: '2.15.1',
  proto: 1,
  max_payload: 1_048_576,
  headers: true,
}

export async function answeringServer(port = 0): Promise<AnsweringServer> {
  const sockets = new Set<Socket>()
  const subjects: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write(`INFO ${JSON.stringify(info)}\r\n`)
    let rest = ''
    socket.on('data', (chunk) => {
      const lines = (rest + String(chunk)).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [verb = '', subject = ''] = line.split(' ')
        if (verb === 'PING') socket.write('PONG\r\n')
        if (verb === 'SUB' || verb === 'PUB') subjects.push(subject)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    subjects,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

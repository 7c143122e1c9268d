/** dnsmasq as a process of a test: it answers what it is told and asks nobody else. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { ensureDnsmasq } from '../../../tools/ensure-dnsmasq.mjs'

export interface NameServer extends AsyncDisposable {
  /** As an option of `dns`. */
  readonly nameserver: string
  readonly port: number
}

/** Resolves when it listens. `records` are its arguments, such as `--host-record=a.example.test,10.0.0.1`. */
export async function startNameServer(records: readonly string[], at?: number): Promise<NameServer> {
  const port = at ?? (await freeNamePort())
  const alone = [
    '--no-daemon',
    '--no-resolv',
    '--no-hosts',
    '--conf-file=/dev/null',
    '--user=',
    '--group=',
    '--pid-file=',
  ]
  const where = [`--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces', '--log-facility=-']
  const args = [...alone, ...where, '--local=/example.test/', ...records]
  const child = spawn(ensureDnsmasq(), args, { stdio: ['ignore', 'ignore', 'pipe'] })
  for await (const chunk of child.stderr) if (String(chunk).includes('started')) break
  return { nameserver: `127.0.0.1:${port}`, port, [Symbol.asyncDispose]: () => ended(child) }
}

/** Free for datagrams and for connections: a name server listens for both. */
export async function freeNamePort(): Promise<number> {
  for (;;) {
    const socket = createSocket('udp4')
    const server = createServer()
    try {
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
      const { port } = socket.address()
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return port
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw thrown
    } finally {
      await new Promise<void>((resolve) => socket.close(() => resolve()))
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** A socket for multicast DNS with the library on it. */

import { createSocket, type Socket } from 'node:dgram'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { invalidOption, messageOf } from '@mabeam/foundation'
import type { Bonjour } from 'bonjour-service'
import { discoveryUnreachable } from './discovery-errors.ts'

export interface MulticastOptions {
  /** Address (IPv4) of the interface that is used. @default all */
  readonly interface?: string
  /** Port of multicast DNS; another only in tests. @default 5353 */
  readonly port?: number
}

export interface Multicast extends AsyncDisposable {
  readonly bonjour: Bonjour
}

const multicastDefaults = { port: 5_353 } as const satisfies Partial<MulticastOptions>
const group = '224.0.0.251'

/** Rejects with `engine-nats/discovery-unreachable` where this machine has no multicast. */
export async function openMulticast(owner: string, options: MulticastOptions): Promise<Multicast> {
  const { port } = { ...multicastDefaults, ...options }
  const only = options.interface
  if (only !== undefined && !isIPv4(only)) throw invalidOption(owner, 'interface', 'an IPv4 address of it', only)
  const { Bonjour } = await import('bonjour-service')
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    await bound(socket, port)
    join(socket, only)
  } catch (thrown) {
    socket.close()
    const why = `multicast can't be had: ${messageOf(thrown)}; name the servers instead`
    throw discoveryUnreachable(owner, `${group}:${port}`, why, thrown)
  }
  // One datagram that could not be sent, as while the network changes, is none of our end.
  socket.on('error', () => {})
  const bonjour = new Bonjour({ socket, bind: false, port } as object, () => {})
  return { bonjour, [Symbol.asyncDispose]: () => closed(bonjour) }
}

function bound(socket: Socket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

/** On each interface that has multicast; one that refuses is left out. */
function join(socket: Socket, only: string | undefined): void {
  const found = Object.values(networkInterfaces()).map((all) => all?.find(({ family }) => family === 'IPv4')?.address)
  const addresses = only === undefined ? found.filter((address) => address !== undefined) : [only]
  let refusal: unknown = new Error('there is no interface with IPv4')
  const joined = addresses.filter((address) => {
    try {
      socket.addMembership(group, address)
      return true
    } catch (thrown) {
      refusal = thrown
      return false
    }
  })
  if (joined.length === 0) throw refusal
  if (only !== undefined) socket.setMulticastInterface(only)
  socket.setMulticastTTL(255)
  socket.setMulticastLoopback(true)
}

function closed(bonjour: Bonjour): Promise<void> {
  return new Promise((resolve) => {
    bonjour.unpublishAll(() => bonjour.destroy(() => resolve()))
  })
}

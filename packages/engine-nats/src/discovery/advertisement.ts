/** Telling the local network of a server, so that `mdns` finds it. */

import { checkOptions, rule, show } from '@mabeam/foundation'
import { discoveryUnavailable } from './discovery-errors.ts'
import { type MulticastOptions, openMulticast } from './multicast.ts'
import { serverPort } from './server-address.ts'
import { checkMdnsService, mdnsService } from './sources/mdns.ts'

export interface AdvertiseOptions extends Omit<MulticastOptions, 'port'> {
  /** What tells this server from others on the network, such as its host and port. */
  readonly name: string
  /** Where the server listens for clients. @default 4222 */
  readonly serverPort?: number
  /** @default 'mabeam' */
  readonly service?: string
  /** Port of multicast DNS; another only in tests. @default 5353 */
  readonly port?: number
}

/** Disposing it takes the server back. Idempotent. */
export type Advertisement = AsyncDisposable

/**
 * Answers whoever on this network asks for servers until it is disposed; it keeps the process meanwhile. For development: it tells
 * everybody on the network where the server is.
 *
 * @example await using advertisement = await advertise({ name: 'laptop-4222' })
 */
export async function advertise(options: AdvertiseOptions): Promise<Advertisement> {
  checkOptions('advertise', options, {
    name: rule.string(),
    serverPort: rule.optional(rule.int(1, 65_535)),
    service: rule.optional(rule.string()),
    interface: rule.optional(rule.string()),
    port: rule.optional(rule.int(1, 65_535)),
  })
  const { name, serverPort: listening = serverPort, service = mdnsService } = options
  checkMdnsService('advertise', service)
  if (Buffer.byteLength(name) > 63) {
    throw discoveryUnavailable('advertise', `name: expected at most 63 bytes, got ${show(name)}`)
  }
  const multicast = await openMulticast('advertise', options)
  // Names are told apart by whoever advertises, so the network is not asked first whether one is free.
  multicast.bonjour.publish({ name, type: service, port: listening, probe: false })
  let closing: Promise<void> | undefined
  return {
    [Symbol.asyncDispose]: () => {
      closing ??= Promise.resolve(multicast[Symbol.asyncDispose]())
      return closing
    },
  }
}

/**
 * Servers on the local network that say so by multicast DNS: for development, since whoever is on the network is believed.
 *
 * The library is `bonjour-service`: it is kept and typed, where `multicast-dns` below it is not. It gets a socket of ours, so that what
 * goes wrong with the socket is an error here rather than an end of the process, and it is loaded only when mDNS is used.
 */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import type { Service } from 'bonjour-service'
import { type MulticastOptions, openMulticast } from '../multicast.ts'
import { pause } from '../pause.ts'
import { usableAddresses } from '../server-address.ts'
import type { ServerSource } from '../server-source.ts'

export interface MdnsOptions extends MulticastOptions {
  /** What the servers are advertised as: letters, digits and `-`, 15 at most. @default 'mabeam' */
  readonly service?: string
  /** A look waits so long for answers. @default 1_000 */
  readonly waitMs?: number
  /** … and so long for more after the first. @default 150 */
  readonly settleMs?: number
}

/** What is asked for and advertised unless told otherwise. */
export const mdnsService = 'mabeam'

const mdnsDefaults = { service: mdnsService, waitMs: 1_000, settleMs: 150 } as const satisfies Partial<MdnsOptions>

const serviceName = /^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/i

/**
 * Servers that `advertise` tells of on this network. Each look asks anew, so that what answers is alive: the records themselves last for
 * hours.
 *
 * @example nats({ servers: mdns() })
 */
export function mdns(options: MdnsOptions = {}): ServerSource {
  checkOptions('mdns', options, {
    service: rule.optional(rule.string()),
    waitMs: rule.optional(rule.int(1)),
    settleMs: rule.optional(rule.int(0)),
    interface: rule.optional(rule.string()),
    port: rule.optional(rule.int(1, 65_535)),
  })
  const { service, waitMs, settleMs } = { ...mdnsDefaults, ...options }
  checkMdnsService('mdns', service)
  return {
    name: 'mdns',
    find: async ({ clock }, signal) => {
      signal.throwIfAborted()
      await using multicast = await openMulticast('mdns', options)
      const first = new AbortController()
      const browser = multicast.bonjour.find({ type: service }, () => first.abort())
      const either = AbortSignal.any([signal, first.signal])
      await pause(clock, { delayMs: waitMs, signal: either, unref: false })
      if (first.signal.aborted) await pause(clock, { delayMs: settleMs, signal, unref: false })
      browser.stop()
      signal.throwIfAborted()
      return addressesOf(browser.services)
    },
  }
}

export function checkMdnsService(owner: string, service: string): void {
  if (!serviceName.test(service)) {
    throw invalidOption(owner, 'service', '1 to 15 letters, digits and - between them', service)
  }
}

/** One address a server: that from which it answered, where it has it; else its first that works beyond its link. */
function addressesOf(services: readonly Service[]): readonly string[] {
  const pairs = services.map(({ addresses = [], referer, port }) => {
    const usable = addresses.filter((address) => !address.toLowerCase().startsWith('fe80:'))
    const from = referer?.address
    return [from ?? usable[0] ?? '', port] as const
  })
  return [...usableAddresses(pairs)].sort()
}

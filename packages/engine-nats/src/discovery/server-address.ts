/** Addresses of servers as everything here passes them on: `host:port`, IPv6 in brackets. */

import { isIPv6 } from 'node:net'
import { invalidServerAddress } from './discovery-errors.ts'

/** The port of nats-server unless it is told another. */
export const serverPort = 4_222

const portMax = 65_535
const lengthMax = 300
const hostName = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i
const shape = /^(?:([a-z0-9+.-]+):\/\/)?(.*?)\/?$/i

/**
 * An address as `host:port`: of `host`, `host:port`, `nats://host:port`, an IPv6 address with or without brackets.
 *
 * Throws `engine-nats/invalid-server-address`, also for what would be lost on the way: a password, or `tls://`.
 * @example serverAddress('nats', 'nats://[fd00::2]') // => '[fd00::2]:4222'
 */
export function serverAddress(owner: string, text: string): string {
  const refuse = (expected: string) => invalidServerAddress(owner, String(text), expected)
  if (typeof text !== 'string' || text.length === 0 || text.length > lengthMax) throw refuse('host:port')
  const [, scheme = 'nats', rest = ''] = shape.exec(text.trim()) ?? []
  if (rest.includes('@')) throw refuse('no user or password in it; give them as credentials')
  if (scheme === 'tls') throw refuse('host:port without tls://; ask for TLS with the option tls')
  if (scheme !== 'nats') throw refuse('host:port or nats://host:port')
  if (isIPv6(rest)) return hostAndPort(rest, serverPort)
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(rest)
  const host = parts?.[1] ?? ''
  const bare = host.startsWith('[') ? host.slice(1, -1) : host
  if (host.startsWith('[') ? !isIPv6(bare) : !hostName.test(host)) throw refuse('host:port, IPv6 in brackets')
  const port = parts?.[2] === undefined ? serverPort : Number(parts[2])
  if (port < 1 || port > portMax) throw refuse(`a port from 1 to ${portMax}`)
  return hostAndPort(bare, port)
}

/** @example hostAndPort('fd00::2', 4222) // => '[fd00::2]:4222' */
export function hostAndPort(host: string, port: number): string {
  const name = host.length > 1 && host.endsWith('.') ? host.slice(0, -1) : host
  return isIPv6(name) ? `[${name}]:${port}` : `${name}:${port}`
}

/** The addresses that can be used, of an answer that nobody of ours made: what is no address is left out. */
export function usableAddresses(pairs: Iterable<readonly [host: string, port: number]>): readonly string[] {
  const addresses = new Set<string>()
  for (const [host, port] of pairs) {
    const isHost = isIPv6(host) || (host.length <= lengthMax && hostName.test(host))
    if (isHost && Number.isInteger(port) && port >= 1 && port <= portMax) addresses.add(hostAndPort(host, port))
  }
  return [...addresses]
}

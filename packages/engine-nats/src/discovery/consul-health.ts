/**
 * What the health API of Consul says, as pure functions.
 *
 * Source: Consul, "Health HTTP API" and "Blocking queries" of its API documentation.
 */

import { jsonAt, numberAt, textAt } from './json-path.ts'
import { usableAddresses } from './server-address.ts'

/** Addresses of all entries; a service without one of its own is at that of its node. Undefined for what is no list. */
export function consulServers(answer: unknown): readonly string[] | undefined {
  if (!Array.isArray(answer)) return undefined
  const pairs = answer.map((entry: unknown) => {
    const own = textAt(entry, 'Service', 'Address')
    const host = own ? own : (textAt(entry, 'Node', 'Address') ?? '')
    return [host, numberAt(jsonAt(entry, 'Service'), 'Port') ?? 0] as const
  })
  return [...usableAddresses(pairs)].sort()
}

/**
 * The index to ask with next. One that goes backwards means that the state was restored: all is asked for anew. One that is no number
 * above 0 would make each question answer at once.
 */
export function nextIndex(before: number, got: number): number {
  if (!Number.isSafeInteger(got) || got < 1) return 0
  return got < before ? 0 : got
}

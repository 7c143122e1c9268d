/** The protocols of one node by name: those that are built in, and those that others add while it runs. */

import { limitReached } from '@mabeam/foundation'
import { invalidProtocol, protocolTaken, unknownProtocol } from '../errors/session-errors.ts'
import type { Protocol } from './protocol.ts'

const protocolsMax = 10_000

export class ProtocolRegistry {
  readonly #protocols = new Map<string, Protocol>()

  get names(): readonly string[] {
    return [...this.#protocols.keys()]
  }

  /** What it returns takes the protocol off again; sessions that run go on. */
  register(protocol: Protocol): () => void {
    checkProtocol(protocol)
    const { name } = protocol
    if (this.#protocols.has(name)) throw protocolTaken(name)
    if (this.#protocols.size >= protocolsMax) throw limitReached('coordination', 'protocols', protocolsMax)
    this.#protocols.set(name, protocol)
    return () => {
      if (this.#protocols.get(name) === protocol) this.#protocols.delete(name)
    }
  }

  find(name: string): Protocol {
    const protocol = this.#protocols.get(name)
    if (protocol === undefined) throw unknownProtocol(name, this.names)
    return protocol
  }
}

/** Throws `coordination/invalid-protocol` for what is none. */
export function checkProtocol(protocol: Protocol): void {
  const { name, version, check, begin, step, needsAgreement, tasks = {} } = protocol ?? {}
  if (typeof name !== 'string' || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw invalidProtocol(String(name), 'a name of kebab-case words')
  }
  if (!Number.isSafeInteger(version) || version < 1) throw invalidProtocol(name, 'a version from 1')
  const steps = { check, begin, step, ...(needsAgreement !== undefined && { needsAgreement }), ...tasks }
  for (const [key, run] of Object.entries(steps)) {
    if (typeof run !== 'function') throw invalidProtocol(name, `${key} to be a function`)
  }
}

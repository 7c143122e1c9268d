/** All instances of all services as one JSON document, to be kept, looked at or taken to another system. Version 1. */

import type { ActorAddress } from '../actors/actor-address.ts'
import { unreadableRegistry } from '../errors/cluster-errors.ts'
import { checkOptions } from '../options.ts'
import { type InstanceOptions, instanceDefaults, instanceRules, type ServiceInstance } from './service-instance.ts'

/** An instance in a document. */
export interface DocumentInstance extends InstanceOptions {
  readonly service: string
  readonly address: ActorAddress
}

export interface RegistryDocument {
  readonly version: 1
  readonly instances: readonly DocumentInstance[]
}

/** Instances in one document. */
const instancesMax = 100_000

/** Health is not in it: it is of the moment. */
export function registryDocument(instances: readonly ServiceInstance[]): RegistryDocument {
  return {
    version: 1,
    instances: instances.map(({ service, address, capabilities, metadata, version, weight }) => ({
      service,
      address,
      capabilities,
      metadata,
      version,
      weight,
    })),
  }
}

/** Throws `foundation/unreadable-registry` for what is no document of this version, naming the instance. */
export function readRegistry(document: unknown): readonly (DocumentInstance & Required<InstanceOptions>)[] {
  const given = document as Partial<RegistryDocument> | null
  if (typeof given !== 'object' || given === null) throw unreadableRegistry('expected an object')
  if (given.version !== 1) throw unreadableRegistry(`expected version 1, got ${JSON.stringify(given.version)}`)
  if (!Array.isArray(given.instances)) throw unreadableRegistry('expected instances in an array')
  if (given.instances.length > instancesMax) {
    throw unreadableRegistry(`expected at most ${instancesMax} instances, got ${given.instances.length}`)
  }
  return given.instances.map((one: DocumentInstance, i) => {
    if (typeof one?.service !== 'string' || !isAddress(one.address)) {
      throw unreadableRegistry(`instances[${i}]: expected a service and the address of an actor`)
    }
    const { service, address, ...said } = one
    checkOptions(`instances[${i}]`, said, instanceRules)
    return { ...instanceDefaults, ...said, service, address }
  })
}

function isAddress(value: unknown): value is ActorAddress {
  const address = value as ActorAddress | null | undefined
  return (
    typeof address === 'object' &&
    address !== null &&
    typeof address.system === 'string' &&
    typeof address.node === 'string' &&
    Number.isSafeInteger(address.epoch) &&
    Number.isSafeInteger(address.id)
  )
}

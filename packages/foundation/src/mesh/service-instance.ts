/** An instance of a service, as it is found. */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { DirectoryRecord } from '../directory/directory-record.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import type { Json } from '../errors.ts'
import { rule } from '../options.ts'

/** What is said of an instance when it is registered. */
export interface InstanceOptions {
  /** What it can do beyond its name: `['gpu', 'german']`. @default [] */
  readonly capabilities?: readonly string[]
  /** Found with it, and searched by. @default {} */
  readonly metadata?: { readonly [key: string]: Json }
  /** @default '0.0.0' */
  readonly version?: string
  /** Its share relative to the others. @default 1 */
  readonly weight?: number
}

export const instanceDefaults = {
  capabilities: [],
  metadata: {},
  version: '0.0.0',
  weight: 1,
} as const satisfies Required<InstanceOptions>

export const instanceRules = {
  capabilities: rule.optional({
    expected: 'texts in an array',
    test: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
    optional: false,
  }),
  metadata: rule.optional(rule.object()),
  version: rule.optional(rule.string()),
  weight: rule.optional(rule.number(Number.MIN_VALUE, 1e6)),
}

export interface ServiceInstance extends Required<InstanceOptions> {
  readonly service: string
  /** The same for as long as the instance is registered. */
  readonly id: string
  readonly address: ActorAddress
  /** False while its health check fails. */
  readonly isHealthy: boolean
}

/** What the directory keeps of an instance beside its address. */
export type InstanceRecord = Required<InstanceOptions> & { readonly isHealthy: boolean }

/** Throws `foundation/unreadable-message` for a record that is none of an instance. */
export function instanceOf(record: DirectoryRecord): ServiceInstance {
  const said = record.metadata as unknown as InstanceRecord | null
  const isInstance = typeof said === 'object' && said !== null && Array.isArray(said.capabilities)
  if (!isInstance || typeof said.metadata !== 'object' || !(said.weight > 0)) {
    throw unreadableMessage(`expected an instance of a service under ${record.key}`)
  }
  const { capabilities, metadata, version, weight, isHealthy } = said
  return {
    service: record.of,
    id: record.key,
    address: record.address,
    capabilities,
    metadata,
    version,
    weight,
    isHealthy,
  }
}

/** A record of the directory: who owns what place in it, and how it is kept. Version 1. */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { Codec } from '../codec/codec.ts'
import type { StateChange } from '../engine/keyed-state.ts'
import { invalidName } from '../errors/cluster-errors.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import type { Json } from '../errors.ts'

/** A unique name, a place in a group, an instance of a service. */
export type RecordKind = 'name' | 'group' | 'service'

/** Where a record is: of a name there is one, in a group and of a service one for each actor. */
export interface RecordPlace {
  readonly kind: RecordKind
  /** The name, the group or the service. */
  readonly of: string
  readonly key: string
}

/** Owned by one life of one node. */
export interface DirectoryRecord extends RecordPlace {
  readonly node: string
  readonly epoch: number
  readonly address: ActorAddress
  readonly metadata: Json
  readonly revision: number
}

/** What a record says, without where it is and since when. */
export type RecordValue = Pick<DirectoryRecord, 'node' | 'epoch' | 'address' | 'metadata'>

const recordVersion = 1
const nameLengthMax = 200

/** Throws `foundation/invalid-name`. @example namePlace('orders.eu').key // => 'name.orders.eu' */
export function namePlace(name: string): RecordPlace {
  return { kind: 'name', of: checkedName('name', name), key: `name.${name}` }
}

/** Throws `foundation/invalid-name`. */
export function groupPlace(group: string, address: ActorAddress): RecordPlace {
  return { kind: 'group', of: checkedName('group', group), key: `group.${group}.${address.node}.${address.id}` }
}

/** Throws `foundation/invalid-name`. */
export function servicePlace(service: string, address: ActorAddress): RecordPlace {
  const key = `service.${service}.${address.node}.${address.id}`
  return { kind: 'service', of: checkedName('service', service), key }
}

/** The place of a key; undefined for one that no version of this wrote. Neither a node nor an id has a dot. */
function placeOfKey(key: string): RecordPlace | undefined {
  const [kind, ...words] = key.split('.')
  if (kind === 'name' && words.length > 0) return { kind, of: words.join('.'), key }
  if ((kind === 'group' || kind === 'service') && words.length > 2)
    return { kind, of: words.slice(0, -2).join('.'), key }
  return undefined
}

export function encodeRecord(codec: Codec, value: RecordValue): Uint8Array {
  const { node, epoch, address, metadata } = value
  return codec.encode({ v: recordVersion, node, epoch, address, metadata }, 'record')
}

/** Throws `foundation/unreadable-message` for what is no record of this version. */
export function decodeRecord(codec: Codec, change: Extract<StateChange, { type: 'put' }>): DirectoryRecord {
  const place = placeOfKey(change.key)
  const value = codec.decode(change.value) as ({ readonly v: number } & RecordValue) | null
  const isRecord = typeof value === 'object' && value !== null && value.v === recordVersion
  if (place === undefined || !isRecord || typeof value.address !== 'object' || typeof value.node !== 'string') {
    throw unreadableMessage(`expected a record of the directory, version ${recordVersion}, under ${change.key}`)
  }
  const { node, epoch, address, metadata } = value
  return { ...place, node, epoch, address, metadata, revision: change.revision }
}

function checkedName(kind: RecordKind, name: string): string {
  const isName = typeof name === 'string' && name.length <= nameLengthMax && /^[\w\-=/]+(\.[\w\-=/]+)*$/.test(name)
  if (isName) return name
  const expected = `words of letters, digits, - _ = and /, joined by dots, at most ${nameLengthMax} characters`
  throw invalidName(kind, String(name), expected)
}

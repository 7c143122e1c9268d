/**
 * Who decides together, with what weight, and how much of it may lie.
 *
 * One arithmetic for all: with integer weights that sum to `W`, up to `F = ⌊(W - 1) / 3⌋` may be held by traitors and a
 * quorum holds at least `Q = W - F`, which is the smallest weight above 2/3 W. Two quorums share at least `F + 1`, so an
 * honest member. With weights of 1 that is f = ⌊(n - 1) / 3⌋ and n - f.
 */

import { checkOptions, definedOptions, invalidOption, rule } from '@mabeam/foundation'
import { invalidMember, invalidWeight, tooFewMembers } from '../errors.ts'

export interface Member {
  readonly id: string
  /** A positive integer. */
  readonly weight: number
  /** Its Ed25519 key, 32 bytes, for `sig`. */
  readonly publicKey: Uint8Array | undefined
}

/** A member as it is given. */
export interface NewMember {
  readonly id: string
  /** A positive integer below a third of all weights together. @default 1 */
  readonly weight?: number
  readonly publicKey?: Uint8Array
}

export interface Committee {
  /** In an order that is part of what they are: messages name a member by its place. */
  readonly members: readonly Member[]
  readonly totalWeight: number
  /** The most that traitors may hold together. */
  readonly faultyWeight: number
  /** What a quorum holds at least. */
  readonly quorumWeight: number
}

export interface CommitteeOptions {
  /** How many traitors must be tolerated, whatever their weight among equals. @default 1 */
  readonly traitors?: number
}

export const committeeDefaults = { traitors: 1 } as const satisfies Required<CommitteeOptions>

/** So that places fit two bytes, and sets of messages a mailbox. */
export const membersMax = 10_000
const weightMax = Math.floor(Number.MAX_SAFE_INTEGER / membersMax)

/**
 * A committee of at least `3 traitors + 1` members.
 *
 * Ensures: no single member holds a third of the weight; quorums intersect in more than traitors may hold.
 * Throws: `coordination/too-few-members`, `coordination/invalid-weight`, `coordination/invalid-member`.
 * @example defineCommittee([{ id: 'north' }, { id: 'south' }, { id: 'east' }, { id: 'west' }]).quorumWeight // => 3
 */
export function defineCommittee(given: readonly NewMember[], options: CommitteeOptions = {}): Committee {
  checkOptions('defineCommittee', options, { traitors: rule.optional(rule.int(1, membersMax)) })
  const { traitors } = { ...committeeDefaults, ...definedOptions(options) }
  if (given.length > membersMax) {
    throw invalidOption('defineCommittee', 'members', `at most ${membersMax} members`, given.length)
  }
  if (given.length < 3 * traitors + 1) throw tooFewMembers(given.length, 3 * traitors + 1)
  const members = given.map(asMember)
  const ids = new Set(members.map(({ id }) => id))
  if (ids.size < members.length) {
    const doubled = members.find(({ id }, place) => members.findIndex((one) => one.id === id) < place)
    throw invalidMember(doubled?.id ?? '', 'an id that no other member has')
  }
  const totalWeight = members.reduce((sum, { weight }) => sum + weight, 0)
  const faultyWeight = Math.floor((totalWeight - 1) / 3)
  for (const { id, weight } of members) {
    if (weight > faultyWeight) throw invalidWeight(id, `less than a third of all weights (${totalWeight})`, weight)
  }
  return { members, totalWeight, faultyWeight, quorumWeight: totalWeight - faultyWeight }
}

/** The weight of those places together. Requires: each is named once. */
export function weightOf({ members }: Committee, places: Iterable<number>): number {
  let sum = 0
  for (const place of places) sum += members[place]?.weight ?? 0
  return sum
}

/** Whether that is the place of a member. */
export function isPlace({ members }: Committee, place: unknown): place is number {
  return typeof place === 'number' && Number.isInteger(place) && place >= 0 && place < members.length
}

function asMember({ id, weight = 1, publicKey }: NewMember): Member {
  if (typeof id !== 'string' || id.length === 0 || id.length > 256) {
    throw invalidMember(String(id).slice(0, 256), 'an id of 1 to 256 characters')
  }
  if (!Number.isSafeInteger(weight) || weight < 1 || weight > weightMax) {
    throw invalidWeight(id, `an integer from 1 to ${weightMax}`, weight)
  }
  if (publicKey !== undefined && publicKey.length !== 32) throw invalidMember(id, 'a public key of 32 bytes')
  return { id, weight, publicKey }
}

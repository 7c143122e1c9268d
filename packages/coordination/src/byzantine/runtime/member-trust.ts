/** Who may take part: members that were expelled, by decisions of the others, and taken in again. */

import type { Authentication } from '../authentication.ts'
import { macAuthentication } from '../authentications/mac.ts'
import { sigAuthentication } from '../authentications/sig.ts'
import { hashOf } from '../canonical-bytes.ts'
import type { Member } from '../committee.ts'
import { changedCommittee } from '../committee-change.ts'
import type { EvidenceShelf } from './evidence-shelf.ts'
import { agreementOf, type Opening, termsOf } from './opening.ts'

/** Sets of members whose keys are kept ready. */
const authenticationsMax = 100

/** What a change does, if it is one. */
export interface MemberChange {
  readonly change: 'expulsion' | 'readmission'
  readonly member: string
}

export interface ExpelledMember extends Member {
  /** Those who decided it: without them nobody takes it in again. */
  readonly by: readonly string[]
}

/** Who is out, and how often that changed. */
export interface Membership {
  readonly changes: number
  readonly expelled: ReadonlyMap<string, ExpelledMember>
}

/** Members that are out; nobody else is put out then. */
const expelledMax = 10_000

export class MemberTrust {
  readonly #shelf: EvidenceShelf
  readonly #macKey: Uint8Array | undefined
  readonly #authentications = new Map<string, Authentication>()
  readonly #expelled: Map<string, ExpelledMember>
  readonly #note: (membership: Membership) => void
  #changes: number

  /** Begins with what `store` has of an earlier life, and notes each change for the next one. */
  constructor(
    shelf: EvidenceShelf,
    macKey: Uint8Array | undefined,
    store: { readonly membership: Membership; noteMembership(membership: Membership): void },
  ) {
    this.#shelf = shelf
    this.#macKey = macKey
    this.#expelled = new Map(store.membership.expelled)
    this.#changes = store.membership.changes
    this.#note = (membership) => store.noteMembership(membership)
  }

  /** Ids of those who are out. */
  get expelled(): readonly string[] {
    return [...this.#expelled.keys()]
  }

  /** How often that changed: the epoch of agreements that begin here. */
  get changes(): number {
    return this.#changes
  }

  isExpelled(id: string): boolean {
    return this.#expelled.has(id)
  }

  member(id: string): Member | undefined {
    return this.#expelled.get(id)
  }

  /** How members of an agreement are believed, where they have no kernel in common. */
  authentication(opening: Opening): Authentication | undefined {
    if (opening.mode === 'sig') return this.#sigAuthentication(opening)
    return opening.mode === 'mac' && this.#macKey !== undefined ? macAuthentication(this.#macKey) : undefined
  }

  /**
   * What those bytes would change, or nothing when they must not. The same on all nodes that know the same members for expelled: the evidence
   * is judged by the agreement that it is from, whose members must be those that decide now, with the same keys.
   */
  judge(opening: Opening, value: Uint8Array): MemberChange | undefined {
    const { question } = opening
    if (question.type !== 'change') return undefined
    const own = agreementOf(termsOf(opening))
    if (opening.mode === 'kernel') {
      const member = this.#shelf.holds(value)
      if (member !== undefined) {
        const isMember = own.committee.members.some(({ id }) => id === member)
        return isMember && own.committee.members.length > 4 ? { change: 'expulsion', member } : undefined
      }
    }
    const authentication = this.authentication(opening)
    const judged = question.judged === undefined ? own : agreementOf(question.judged)
    if (!isSameCommittee(judged.committee.members, own.committee.members)) return undefined
    const none: Authentication = { mode: 'kernel', transferable: false, verify: () => false }
    const judge = { agreement: judged, authentication: authentication ?? none }
    const after = changedCommittee(judge, [...this.#expelled.values()], value)
    if (after === undefined) return undefined
    const [before, next] = [own.committee.members, after.members]
    const gone = before.find(({ id }) => next.every((one) => one.id !== id))
    if (gone !== undefined) return { change: 'expulsion', member: gone.id }
    const back = next.find(({ id }) => before.every((one) => one.id !== id))
    if (back === undefined || !this.#areThere(this.#expelled.get(back.id), before)) return undefined
    return { change: 'readmission', member: back.id }
  }

  /** Whether all who expelled it decide again, but those who are out themselves by now: else its friends would, among themselves. */
  #areThere(expelled: ExpelledMember | undefined, members: readonly Member[]): boolean {
    const there = new Set(members.map(({ id }) => id))
    return expelled?.by.every((id) => there.has(id) || this.#expelled.has(id)) === true
  }

  /** The same members agree again and again: their keys are read once. */
  #sigAuthentication({ seats }: Opening): Authentication {
    const label = hashOf(Buffer.concat(seats.map(({ publicKey }) => publicKey ?? new Uint8Array())))
    const known = this.#authentications.get(label)
    if (known !== undefined) return known
    const members = seats.map(({ id, weight, publicKey }) => ({ id, weight, publicKey }))
    const authentication = sigAuthentication({ members })
    if (this.#authentications.size >= authenticationsMax) {
      this.#authentications.delete(this.#authentications.keys().next().value ?? '')
    }
    this.#authentications.set(label, authentication)
    return authentication
  }

  /** What was decided. */
  apply({ change, member }: MemberChange, opening: Opening): void {
    this.#changes++
    if (change === 'readmission') this.#expelled.delete(member)
    else {
      const { id, weight, publicKey } = opening.seats.find((seat) => seat.id === member) ?? { id: member, weight: 1 }
      const by = opening.seats.flatMap((seat) => (seat.id === member ? [] : [seat.id]))
      if (this.#expelled.size < expelledMax) this.#expelled.set(member, { id, weight, publicKey, by })
    }
    this.#note({ changes: this.#changes, expelled: this.#expelled })
  }
}

function isSameCommittee(a: readonly Member[], b: readonly Member[]): boolean {
  const keyOf = ({ id, weight, publicKey }: Member) => `${id} ${weight} ${Buffer.from(publicKey ?? []).toString('hex')}`
  return a.length === b.length && a.every((one, at) => keyOf(one) === keyOf(b[at] as Member))
}

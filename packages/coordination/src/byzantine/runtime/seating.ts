/** Where members are, in which life of their node, and with which keys: what an agreement is opened with. */

import { type ActorRef, isMabeamError } from '@mabeam/foundation'
import { z } from 'zod'
import { invalidMember } from '../../errors.ts'
import { membersMax } from '../committee.ts'
import type { HostNode } from './host-options.ts'
import { type KeyRing, nobodysKey } from './key-ring.ts'
import { nowhere, type Seat } from './opening.ts'
import type { OpeningMail } from './opening-mail.ts'

/** A member as an agreement is asked for. */
export interface AgreementMember {
  readonly id: string
  /** @default 1 */
  readonly weight?: number
  readonly actor?: ActorRef
  /** Its node, where that is known. @default that of the actor */
  readonly node?: string
}

/** What hosts ask each other before an agreement with members there: in which life the node is, and the keys of those members. */
const seatsRequest = z.object({ ids: z.array(z.string().min(1).max(256)).max(membersMax), withKeys: z.boolean() })
const seatsAnswer = z.object({
  epoch: z.number().min(0),
  keys: z.array(z.custom<Uint8Array>((one) => one instanceof Uint8Array)).max(membersMax),
})
type SeatsAnswer = z.infer<typeof seatsAnswer>

/** Nodes whose seats are known. */
const nodesMax = 10_000

interface NodeSeats {
  epoch: number
  readonly keys: Map<string, Uint8Array>
}

export class Seating {
  readonly #node: HostNode
  readonly #keys: KeyRing
  readonly #mail: OpeningMail
  readonly #known = new Map<string, NodeSeats>()

  constructor(node: HostNode, keys: KeyRing, mail: OpeningMail) {
    this.#node = node
    this.#keys = keys
    this.#mail = mail
  }

  /** Answers other hosts. Rejects as the engine does. */
  async answer(asked: unknown): Promise<SeatsAnswer> {
    const { ids, withKeys } = seatsRequest.parse(asked)
    return { epoch: this.#node.epoch, keys: withKeys ? [...(await this.#keys.publish(ids))] : [] }
  }

  /** A node that is another life by now, or has other keys: it is asked again. */
  forget(node: string): void {
    this.#known.delete(node)
  }

  /** The node of each member; `nowhere` for a name that nobody has. */
  async nodesOf(members: readonly AgreementMember[]): Promise<readonly string[]> {
    const nodes: string[] = []
    for (const { actor, node } of members) {
      const address = actor?.address
      if (node !== undefined || address === undefined) nodes.push(node ?? this.#node.name)
      else if (address.scope !== 'system' || address.name === undefined || address.node === this.#node.name) {
        nodes.push(address.node === '' ? nowhere : address.node)
      } else {
        const holder = await this.#node.holderOf(address.name)
        nodes.push(holder ?? (address.node === '' ? nowhere : address.node))
      }
    }
    return nodes
  }

  /**
   * Seats for them, at `unknownAt` for those that are nowhere. A node that does not answer within `timeoutMs` is given
   * the key of nobody: its members are silent, as they would be anyway. Rejects with `signal.reason`, and as the engine does where this node
   * can't publish its own keys.
   */
  async seats(
    members: readonly AgreementMember[],
    {
      withKeys,
      unknownAt,
      timeoutMs,
      signal,
    }: {
      readonly withKeys: boolean
      readonly unknownAt: string
      readonly timeoutMs: number
      readonly signal: AbortSignal
    },
  ): Promise<Seat[]> {
    const found = await this.nodesOf(members)
    const nodes = found.map((node) => (node === nowhere ? unknownAt : node))
    const idsOf = Map.groupBy(members.keys(), (at) => nodes[at] ?? '')
    await Promise.all(
      [...idsOf].map(async ([node, places]) => {
        const ids = places.map((at) => members[at]?.id ?? '')
        if (node === nowhere) return
        if (node === this.#node.name) await this.#ownSeats(ids, withKeys)
        else await this.#askSeats(node, ids, { withKeys, timeoutMs, signal })
      }),
    )
    signal.throwIfAborted()
    return members.map(({ id, weight = 1, actor }, at) => {
      const node = nodes[at] ?? ''
      const known = this.#known.get(node)
      const publicKey = withKeys ? (known?.keys.get(id) ?? nobodysKey) : undefined
      const epoch = known?.epoch ?? 0
      return { id, weight, node, epoch, ...(publicKey && { publicKey }), ...(actor && { actor }) }
    })
  }

  /** Throws `coordination/invalid-member` for an id that is the name of somebody on another node: no host takes part with that. */
  async checkIds(seats: readonly Seat[]): Promise<void> {
    for (const { id, node, actor } of seats) {
      // Who has the name itself may have moved meanwhile.
      if (node === nowhere || actor?.address.name === id) continue
      const holder = await this.#node.holderOf(id)
      if (holder === undefined || holder === node) continue
      throw invalidMember(id, `an id of its own, since ${JSON.stringify(id)} is the name of somebody on node ${holder}`)
    }
  }

  async #ownSeats(ids: readonly string[], withKeys: boolean): Promise<void> {
    const keys = withKeys ? await this.#keys.publish(ids) : []
    this.#note(this.#node.name, ids, { epoch: this.#node.epoch, keys: [...keys] })
  }

  async #askSeats(
    node: string,
    ids: readonly string[],
    {
      withKeys,
      timeoutMs,
      signal,
    }: { readonly withKeys: boolean; readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const known = this.#known.get(node)
    if (known !== undefined && (!withKeys || ids.every((id) => known.keys.has(id)))) return
    try {
      const question = { ids: [...ids], withKeys }
      const asked = this.#mail.askSeats(node, question, { deadlineMs: timeoutMs, signal })
      const answer = seatsAnswer.safeParse(await asked)
      if (answer.success && (!withKeys || answer.data.keys.length === ids.length)) this.#note(node, ids, answer.data)
    } catch (thrown) {
      signal.throwIfAborted()
      if (!isMabeamError(thrown)) throw thrown
    }
  }

  #note(node: string, ids: readonly string[], { epoch, keys }: SeatsAnswer): void {
    let known = this.#known.get(node)
    if (known === undefined || known.epoch !== epoch) {
      if (this.#known.size >= nodesMax) this.#known.delete(this.#known.keys().next().value ?? '')
      known = { epoch, keys: new Map() }
      this.#known.set(node, known)
    }
    for (const [at, id] of ids.entries()) {
      const key = keys[at]
      if (key !== undefined) known.keys.set(id, key)
    }
  }
}

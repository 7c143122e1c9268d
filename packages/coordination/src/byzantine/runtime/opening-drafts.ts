/** Makes openings: of what is to be agreed on, by whom, and in what time. */

import { createHmac } from 'node:crypto'
import { modeUnavailable } from '../../errors/runtime-errors.ts'
import { tooFewMembers } from '../../errors.ts'
import { leaderOf } from '../agreement.ts'
import { hashOf } from '../canonical-bytes.ts'
import type { HostNode, HostSettings } from './host-options.ts'
import type { KeyRing } from './key-ring.ts'
import type { MemberTrust } from './member-trust.ts'
import { agreementOf, isUnspoken, nowhere, type Opening, type Question, type Seat, termsOf } from './opening.ts'
import type { AgreementMember, Seating } from './seating.ts'
import type { Suspects } from './suspects.ts'

/** What is to be agreed on, and by whom. */
export interface AgreeOptions {
  readonly question: Question
  readonly members: readonly AgreementMember[]
  /** How long agents have together with the agreement. */
  readonly timeoutMs: number
  /** @default that of the host */
  readonly mode?: HostSettings['mode']
}

export interface DraftParts {
  readonly node: HostNode
  readonly settings: HostSettings
  readonly keys: Pick<KeyRing, 'secretOf'>
  readonly seating: Seating
  readonly trust: MemberTrust
  readonly suspects: Suspects
}

/** What an answer takes beside itself in the ballot of one process, where no wire limits it. */
const kernelBytesMax = 1_114_112
/** What a message needs for each member beside ballots: votes, reports of time-outs. */
const memberBytes = 1_000
/** A message may bring two values, and each may hold second ballots that void some. */
const valuesMax = 3
const drawsMax = 8

export class OpeningDrafts {
  readonly #parts: DraftParts
  #drafted = 0

  constructor(parts: DraftParts) {
    this.#parts = parts
  }

  modeFor(members: readonly AgreementMember[]): 'kernel' | 'mac' | 'sig' {
    const { settings, node: here } = this.#parts
    if (settings.mode !== 'auto') return settings.mode
    // Of a name that this node does not have another one may be the owner, and who is nobody's is no trouble either way.
    const isHere = ({ actor, node = actor?.address.node ?? here.name }: AgreementMember) => node === here.name
    return members.every(isHere) ? 'kernel' : 'sig'
  }

  /** What is shown to give an agreement up: with `mac` all nodes that have the key could, and trust each other not to. */
  cancelSecret({ mode, nonce }: Pick<Opening, 'mode' | 'nonce'>): Uint8Array {
    const { settings, keys } = this.#parts
    const name = `cancel ${nonce}`
    if (mode !== 'mac' || settings.macKey === undefined) return keys.secretOf(name)
    return createHmac('sha256', settings.macKey).update(name).digest()
  }

  /** Rejects as `agree` of a host says. */
  async draft(
    { question, members: given, timeoutMs, mode: asked }: AgreeOptions,
    signal: AbortSignal,
  ): Promise<Opening> {
    const { node, settings, seating, trust } = this.#parts
    const beganMs = node.clock.monotonicMs()
    const members = given.filter(({ id }) => question.type === 'change' || !trust.isExpelled(id))
    if (members.length < 4) throw tooFewMembers(members.length, 4)
    const mode = asked === undefined || asked === 'auto' ? this.modeFor(members) : asked
    await this.#check(mode, members)
    const seatsMs = Math.max(1, timeoutMs / 4)
    // The kernel of one process speaks for all that should be there: it is trusted by all of them.
    const unknownAt = mode === 'kernel' ? node.name : nowhere
    const seats = await seating.seats(members, { withKeys: mode === 'sig', unknownAt, timeoutMs: seatsMs, signal })
    if (mode === 'sig' && question.type === 'ask') await seating.checkIds(seats)
    const leftMs = Math.max(2, timeoutMs - (node.clock.monotonicMs() - beganMs))
    const viewMs = Math.max(1, Math.min(settings.viewMs, timeoutMs / 10))
    return this.#wellLed({
      version: 1,
      mode,
      initiator: node.name,
      initiatorEpoch: node.epoch,
      number: this.#drafted++,
      nonce: '',
      epoch: trust.changes,
      fastPath: settings.fastPath,
      bytesMax: this.#bytesMax(mode, seats.length),
      viewMs,
      viewMsMax: Math.max(viewMs, settings.viewMsMax),
      answerMs: Math.max(1, leftMs - Math.min(leftMs / 2, settings.agreementMs)),
      deadlineMs: leftMs + settings.closeMs,
      seats,
      question,
    })
  }

  async #check(mode: 'kernel' | 'mac' | 'sig', members: readonly AgreementMember[]): Promise<void> {
    const { node, settings, seating } = this.#parts
    const { membersMax, macKey } = settings
    if (members.length > membersMax)
      throw modeUnavailable(mode, `expected up to ${membersMax} members, got ${members.length}`)
    if (mode === 'mac' && macKey === undefined) throw modeUnavailable(mode, 'expected a macKey, got none')
    if (mode !== 'kernel') return
    const away = (await seating.nodesOf(members)).find((one) => one !== node.name && one !== nowhere)
    if (away !== undefined) throw modeUnavailable(mode, `expected all members on node ${node.name}, got one on ${away}`)
  }

  #bytesMax(mode: 'kernel' | 'mac' | 'sig', members: number): number {
    if (mode === 'kernel') return kernelBytesMax
    const room = this.#parts.settings.messageBytesMax - memberBytes * members
    return Math.max(256, Math.floor(room / (valuesMax * members)))
  }

  /** The nonce draws who leads first: one that is somewhere and not suspected, where there is one. */
  #wellLed(opening: Opening): Opening {
    const { node, suspects } = this.#parts
    const nowMs = node.clock.monotonicMs()
    const { initiator, initiatorEpoch, number } = opening
    const random = node.random.fork(`agreement ${number}`)
    const draw = () => {
      const nonce = `${initiator}/${initiatorEpoch}/${number}/${random.int(2 ** 32)}`
      return opening.mode === 'kernel'
        ? { ...opening, nonce }
        : { ...opening, nonce, cancelDigest: hashOf(this.cancelSecret({ mode: opening.mode, nonce })) }
    }
    let drawn = draw()
    const isSilent = (seat: Seat) => isUnspoken(seat) || suspects.has(seat.id, nowMs)
    if (!opening.seats.some(isSilent)) return drawn
    for (let draws = 1; draws < drawsMax; draws++) {
      const leader = drawn.seats[leaderOf(agreementOf(termsOf(drawn)), 0)]
      if (leader !== undefined && !isSilent(leader)) break
      drawn = draw()
    }
    return drawn
  }
}

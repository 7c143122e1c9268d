/** Whether it is worth looking through messages for proof: nearly always nobody contradicts himself, and that is seen without looking at a signature. */

import type { Digest } from './canonical-bytes.ts'
import type { Certificate, Message, Proposal, Value } from './message.ts'

/**
 * False only where those messages convict nobody, whatever is signed: all are of the first view, which nobody gave up and where no time-outs
 * allow or forbid a proposal, and no member says two things.
 */
export function mayConvict(messages: Iterable<Message>): boolean {
  const screen = new Screen()
  for (const message of messages) if (screen.isConspicuous(message)) return true
  return false
}

class Screen {
  readonly #ballots = new Map<number, Uint8Array>()
  readonly #votes1 = new Map<number, Digest>()
  readonly #votes2 = new Map<number, Digest>()
  #proposed: Digest | undefined

  isConspicuous(message: Message): boolean {
    switch (message.type) {
      case 'input':
        return this.#isOtherBallot(message.member, message.ballot)
      case 'propose':
        return this.#isOtherProposal(message.proposal) || this.#isConspicuousValue(message.value)
      case 'vote1':
        return message.view !== 0 || isOther(this.#votes1, message.member, message.digest)
      case 'vote2':
        return message.view !== 0 || isOther(this.#votes2, message.member, message.digest)
      case 'prepared':
        return this.#isConspicuousCertificate(message.qc)
      case 'decide':
        return this.#isConspicuousCertificate(message.certificate) || this.#isConspicuousValue(message.value)
      default:
        return true
    }
  }

  #isOtherProposal({ view, digest, tc }: Proposal): boolean {
    if (view !== 0 || tc !== undefined) return true
    this.#proposed ??= digest
    return this.#proposed !== digest
  }

  #isConspicuousCertificate({ phase, view, digest, votes }: Certificate): boolean {
    if (view !== 0) return true
    const known = phase === 1 ? this.#votes1 : this.#votes2
    return votes.some(({ member }) => isOther(known, member, digest))
  }

  #isConspicuousValue(value: Value): boolean {
    if (value.type !== 'ballots') return false
    return value.entries.some(
      ({ member, ballot, second }) => second !== undefined || this.#isOtherBallot(member, ballot),
    )
  }

  #isOtherBallot(member: number, ballot: Uint8Array): boolean {
    const known = this.#ballots.get(member)
    if (known === undefined) this.#ballots.set(member, ballot)
    return known !== undefined && known !== ballot && Buffer.compare(known, ballot) !== 0
  }
}

function isOther(known: Map<number, Digest>, member: number, digest: Digest): boolean {
  const said = known.get(member)
  if (said === undefined) known.set(member, digest)
  return said !== undefined && said !== digest
}

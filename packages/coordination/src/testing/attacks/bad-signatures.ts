/** Says things in other members' names, with broken signatures, and with certificates that are not what they seem. */

import type { Random } from '@mabeam/foundation'
import { leaderOf } from '../../byzantine/agreement.ts'
import type { Certificate, Envelope, Message, ProposeMessage, Value } from '../../byzantine/message.ts'
import { encodeStatement } from '../../byzantine/statement.ts'
import { type Attack, type AttackWorld, brainAttacker, brainsOf, sealed } from '../attack.ts'

export const badSignatures: Attack = {
  name: 'bad-signatures',
  open(world) {
    const { random } = world
    return brainAttacker(
      brainsOf(world, (member) => (to, envelope) => {
        if (random.next() < 0.4) world.send({ from: member, to, envelope })
        else world.send({ from: member, to, envelope: sealed(world.agreement, forged(world, envelope)) })
      }),
    )
  },
}

function forged(world: AttackWorld, { message }: Envelope): Message {
  const { random, agreement } = world
  const anybody = random.int(agreement.committee.members.length)
  switch (message.type) {
    case 'propose': {
      if (random.next() < 0.4) return invalidProposal(world, message)
      const proposal = { ...message.proposal, signature: broken(message.proposal.signature) }
      return random.next() < 0.5
        ? { ...message, proposal }
        : { ...message, value: { type: 'plain', bytes: Buffer.of(7) } }
    }
    case 'prepared':
      return { ...message, qc: forgedCertificate(message.qc, random) }
    case 'decide':
      return { ...message, certificate: forgedCertificate(message.certificate, random) }
    default: {
      if (random.next() < 0.5) return { ...message, signature: broken(message.signature) }
      return { ...message, member: anybody }
    }
  }
}

/** Well signed, and of a value that nobody may decide on: of too few ballots, or with one that is not acceptable. */
function invalidProposal(world: AttackWorld, { proposal, value }: ProposeMessage): ProposeMessage {
  const { random, verifier, agreement } = world
  const { view, tc } = proposal
  const bad: Value =
    value.type === 'plain' || random.next() < 0.5
      ? { type: 'plain', bytes: Buffer.of(7) }
      : { type: 'ballots', entries: value.entries.slice(1) }
  const digest = verifier.digestOf(bad)
  const justification = verifier.justificationOf(tc)
  const bytes = encodeStatement(agreement, { type: 'propose', view, digest, justification })
  const signature = world.signer(leaderOf(agreement, view)).sign(bytes)
  return { type: 'propose', proposal: { view, digest, tc, signature }, value: bad }
}

function forgedCertificate(certificate: Certificate, random: Random): Certificate {
  const { votes } = certificate
  const [first] = votes
  switch (random.int(4)) {
    case 0:
      return { ...certificate, votes: votes.map(() => first).filter((one) => one !== undefined) }
    case 1:
      return { ...certificate, votes: votes.slice(1) }
    case 2:
      return { ...certificate, phase: certificate.phase === 1 ? 2 : 1 }
    default:
      return { ...certificate, view: certificate.view + 1 }
  }
}

function broken(signature: Uint8Array): Uint8Array {
  return signature.map((byte, at) => (at === 0 ? byte ^ 1 : byte))
}

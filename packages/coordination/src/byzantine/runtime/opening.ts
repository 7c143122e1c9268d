/** How an agreement begins: what one node tells all nodes that have members in it. Whoever is told something else is in another agreement. */

import type { ActorRef } from '@mabeam/foundation'
import { z } from 'zod'
import { agentRequests } from '../../agents/agent-request.ts'
import { type Agreement, defineAgreement } from '../agreement.ts'
import { CanonicalBytes, type Digest, hashOf } from '../canonical-bytes.ts'
import { defineCommittee, type NewMember } from '../committee.ts'

const place = z.number().int().min(0)
const name = z.string().min(1).max(256)
const durationMs = z.number().min(1).max(86_400_000)
export const bytes = z.custom<Uint8Array>((one) => one instanceof Uint8Array)
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

/**
 * Where a member is that nobody knows to be anywhere: no node can be called so. Nobody speaks for it, as nobody does for members of nodes that are
 * dead: whoever took its seat would have one vote too many.
 */
export const nowhere = '?'

const seat = z.object({
  id: name,
  weight: z.number().int().min(1),
  /** Whose host speaks for it, in which life; or `nowhere`. */
  node: name,
  epoch: z.number().min(0),
  publicKey: bytes.optional(),
  /** Who is asked; given to its own node only by being a reference. */
  actor: z.custom<ActorRef>(isActorRef).optional(),
})

const terms = {
  /** The wire format of openings. */
  version: z.literal(1),
  mode: z.enum(['kernel', 'mac', 'sig']),
  initiator: name,
  initiatorEpoch: z.number().min(0),
  /** Counts what the initiator opens in its life, so that nothing is opened twice. */
  number: count,
  nonce: z.string().max(1_024),
  /** The hash of what is shown to give it up before its time, so that nobody else can who sees it begin. @default nobody can */
  cancelDigest: z.string().length(64).optional(),
  /** How often the members who may take part have changed. */
  epoch: z.number().int().min(0).max(0xffff_fffe),
  fastPath: z.boolean(),
  bytesMax: z.number().int().min(1),
  viewMs: durationMs,
  viewMsMax: durationMs,
  /** How long agents have, and how long it is worked on. */
  answerMs: durationMs,
  deadlineMs: durationMs,
  seats: z.array(seat).min(4).max(10_000),
}

const askQuestion = z.object({
  type: z.literal('ask'),
  session: z.string().min(1).max(1_024),
  ask: z.string().min(1).max(1_024),
  request: z.enum(Object.keys(agentRequests) as [keyof typeof agentRequests]),
  /** The input of the request, written by a codec. */
  input: bytes,
  answerBytesMax: z.number().int().min(1),
  /** Places of those who are asked; the others say so. */
  asked: z.array(place).max(10_000),
})

const judgedTerms = z.object({
  nonce: z.string().max(1_024),
  specification: z.string().max(10_000_000),
  epoch: z.number().int().min(0).max(0xffff_fffe),
  subject: z.enum(['ballots', 'value']),
  fastPath: z.boolean(),
  bytesMax: z.number().int().min(1),
  members: z
    .array(z.object({ id: name, weight: z.number().int().min(1), publicKey: bytes.optional() }))
    .min(4)
    .max(10_000),
})

const changeQuestion = z.object({
  type: z.literal('change'),
  /** What `expulsion` or `readmission` gives. */
  value: bytes,
  /** The agreement that the evidence is from. */
  judged: judgedTerms.optional(),
})

/** What an agreement is about. */
export type Question = z.infer<typeof askQuestion> | z.infer<typeof changeQuestion>
export type AskQuestion = z.infer<typeof askQuestion>
export type Seat = z.infer<typeof seat>

export const openingSchema = z.object({
  ...terms,
  question: z.discriminatedUnion('type', [askQuestion, changeQuestion]),
})

export type Opening = z.infer<typeof openingSchema>

/** What a stranger needs to know which agreement a decision is of: no more than what its identity is made of. */
export type AgreementTerms = z.infer<typeof judgedTerms>

/** They are asked for several times, and an opening is not changed. */
const known = new WeakMap<Opening, AgreementTerms>()

/** Everything that an opening says is in what is signed, so that two nodes that were told different things never count each other's votes. */
export function termsOf(opening: Opening): AgreementTerms {
  const before = known.get(opening)
  if (before !== undefined) return before
  const terms = newTerms(opening)
  known.set(opening, terms)
  return terms
}

function newTerms(opening: Opening): AgreementTerms {
  const { nonce, epoch, fastPath, bytesMax, seats, question } = opening
  return {
    nonce,
    specification: specificationOf(opening),
    epoch,
    subject: question.type === 'ask' ? 'ballots' : 'value',
    fastPath,
    bytesMax,
    members: seats.map(({ id, weight, publicKey }) => asNewMember({ id, weight, publicKey })),
  }
}

/** Throws as `defineCommittee` and `defineAgreement` do. */
export function agreementOf(terms: AgreementTerms): Agreement {
  const { members, ...rest } = terms
  const committee = defineCommittee(members.map(asNewMember))
  return defineAgreement({ ...rest, committee })
}

/** Whether nobody is known to speak for a seat: it is nowhere, or its node did not say in which life it is. Nobody waits for it. */
export function isUnspoken({ node, epoch }: Pick<Seat, 'node' | 'epoch'>): boolean {
  return node === nowhere || epoch === 0
}

/** What two openings of one ask have in common: of these a node takes the first. */
export function placeOf({ initiator, initiatorEpoch, question, number }: Opening): string {
  return question.type === 'ask'
    ? JSON.stringify([initiator, initiatorEpoch, question.session, question.ask])
    : JSON.stringify([initiator, initiatorEpoch, number])
}

/** Whether an agreement of those terms, whose members are believed in that mode, was on that question and nothing else. */
export function isAbout({ specification }: AgreementTerms, mode: Opening['mode'], question: Question): boolean {
  const said: unknown = JSON.parse(specification)
  return Array.isArray(said) && said[0] === 1 && said[1] === mode && said[7] === digestOf(question)
}

function specificationOf(opening: Opening): string {
  const { version, mode, initiator, initiatorEpoch, number, cancelDigest, seats } = opening
  const { viewMs, viewMsMax, answerMs, deadlineMs } = opening
  const where = seats.map(({ node, epoch }) => [node, epoch])
  const times = [viewMs, viewMsMax, answerMs, deadlineMs]
  const said = [version, mode, initiator, initiatorEpoch, number, times, where, digestOf(opening.question)]
  return JSON.stringify(cancelDigest === undefined ? said : [...said, cancelDigest])
}

function digestOf(question: Question): Digest {
  const hashed = new CanonicalBytes().text(question.type)
  if (question.type === 'change') {
    const judged = question.judged === undefined ? '' : agreementOf(question.judged).id
    return hashed.bytes(question.value).text(judged).hash()
  }
  const { session, ask, request, input, answerBytesMax, asked } = question
  hashed.text(session).text(ask).text(request).digest(hashOf(input)).text(String(answerBytesMax)).uint32(asked.length)
  for (const one of asked) hashed.uint32(one)
  return hashed.hash()
}

function isActorRef(one: unknown): boolean {
  if (typeof one !== 'object' || one === null || !('call' in one) || !('address' in one)) return false
  return typeof one.call === 'function' && typeof one.address === 'object' && one.address !== null
}

function asNewMember({
  id,
  weight,
  publicKey,
}: AgreementTerms['members'][number]): NewMember & { readonly weight: number } {
  return publicKey === undefined ? { id, weight } : { id, weight, publicKey }
}

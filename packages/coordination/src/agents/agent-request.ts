/**
 * What an agent can be asked: the one contract between protocols and agents. An agent is any actor with calls of these names and
 * answers those it takes part in; every answer is checked here before a protocol sees it.
 */

import { z } from 'zod'

/** Money in the smallest unit that is traded, such as cents: whole numbers, so that sums are exact. */
const amount = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const confidence = z.number().min(0).max(1).optional()
/** Characters of a question, a reason and the like. */
export const textLengthMax = 65_536
/** Characters of a name. */
export const nameLengthMax = 1_024
const text = z.string().max(textLengthMax)
const name = z.string().min(1).max(nameLengthMax)

/** What all requests have: which session asks, in which round, and what about. */
const asked = {
  session: name,
  round: z.number().int().min(0),
  question: text,
  /** What else the agent should know; as the session was given it. */
  context: z.unknown().optional(),
}

/**
 * Inputs and answers by request, as schemas.
 *
 * - `vote`: one of some options, or none.
 * - `ballot`: anything of one's own that is to be counted or agreed on.
 * - `estimate`: a number.
 * - `rank`: options from best to worst; those left out are worse than all others.
 * - `refine`: one's ballot anew, knowing what the others said.
 * - `propose`: options that others will vote on.
 * - `bid`: what one would pay (or take, to sell) for sets of items.
 */
export const agentRequests = {
  vote: {
    input: z.object({ ...asked, options: z.array(name).min(1).max(10_000) }),
    answer: z.object({ option: name.nullable(), confidence, reason: text.optional() }),
  },
  ballot: {
    input: z.object({ ...asked }),
    answer: z.object({ value: z.unknown(), confidence, reason: text.optional() }),
  },
  estimate: {
    input: z.object({ ...asked, unit: text.optional() }),
    answer: z.object({ value: z.number(), confidence, reason: text.optional() }),
  },
  rank: {
    input: z.object({ ...asked, options: z.array(name).min(1).max(10_000) }),
    answer: z.object({ ranking: z.array(name).max(10_000), confidence }),
  },
  refine: {
    input: z.object({
      ...asked,
      own: z.unknown(),
      /** What is contested: values with the share of the weight that stands behind each, most first. */
      standing: z.array(z.object({ value: z.unknown(), share: z.number(), reasons: z.array(text) })).max(1_000),
    }),
    answer: z.object({ value: z.unknown(), confidence, reason: text.optional() }),
  },
  propose: {
    input: z.object({ ...asked, proposalsMax: z.number().int().min(1) }),
    answer: z.object({ proposals: z.array(z.unknown()).max(10_000) }),
  },
  bid: {
    input: z.object({
      ...asked,
      side: z.enum(['buy', 'sell']),
      items: z.array(name).max(10_000),
      /** What it costs now, where the price is called. */
      price: amount.optional(),
      /** What a bid must reach to count. */
      atLeast: amount.optional(),
    }),
    answer: z.object({
      /** Of one bidder at most one is accepted where `exclusive` is not said otherwise. */
      bids: z
        .array(z.object({ items: z.array(name).min(1).max(10_000), price: amount, quantity: amount.optional() }))
        .max(10_000),
    }),
  },
} as const

export type AgentRequest = keyof typeof agentRequests
export type RequestInput<R extends AgentRequest> = z.infer<(typeof agentRequests)[R]['input']>
export type RequestAnswer<R extends AgentRequest> = z.infer<(typeof agentRequests)[R]['answer']>

/** What a protocol says of a request: session and round are the loop's to fill in. */
export type Question<R extends AgentRequest> = Omit<RequestInput<R>, 'session' | 'round'>

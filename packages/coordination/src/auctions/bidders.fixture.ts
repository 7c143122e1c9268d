/** Bidders for tests of protocols, as functions that answer asks. */

import type { RequestAnswer } from '../agents/agent-request.ts'
import type { AskCommand } from '../sessions/protocol.ts'
import type { ScriptedAnswer } from '../testing/protocol-run.ts'

export type BidAsk = Extract<AskCommand, { request: 'bid' }>
type AnswerOf = (from: string, ask: AskCommand) => ScriptedAnswer

/** Who says what, by name; who is not there bids nothing. */
export function bidding(says: { readonly [bidder: string]: (ask: BidAsk) => RequestAnswer<'bid'>['bids'] }): AnswerOf {
  return (from, ask) => {
    if (ask.request !== 'bid') return { absent: 'failed' }
    return { value: { bids: says[from]?.(ask) ?? [] } }
  }
}

/** One bid for the item that is asked about. */
export function at(price: number, quantity?: number): (ask: BidAsk) => RequestAnswer<'bid'>['bids'] {
  return ({ question }) => [{ items: [...question.items], price, ...(quantity !== undefined && { quantity }) }]
}

/** Bids what must be bid, as long as that is not more than it is worth. */
export function upTo(value: number): (ask: BidAsk) => RequestAnswer<'bid'>['bids'] {
  return ({ question: { items, atLeast = 0 } }) => (atLeast <= value ? [{ items: [...items], price: atLeast }] : [])
}

/** The same bids whatever is asked. */
export function sets(
  ...bids: readonly (readonly [items: readonly string[], price: number, quantity?: number])[]
): () => RequestAnswer<'bid'>['bids'] {
  return () =>
    bids.map(([items, price, quantity]) => ({ items: [...items], price, ...(quantity !== undefined && { quantity }) }))
}

/** `b0` to `b…`. */
export function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, place) => `b${place}`)
}

/**
 * Whether at most one holder had an effect at a time. A `claim` outputs `{ token }`; an `effect`, recorded where it takes
 * effect, has `{ token }` as input. Keys are claims of their own.
 */

import type { HistoryEvent } from '../history.ts'
import { type Operation, operationsOf, operationText } from './operation.ts'
import { type Verdict, violation, worstVerdict } from './verdict.ts'

/**
 * Ensures of a history that is `ok`: no two claims got one token, a later claim got a higher one, every effect is under a
 * token of its own process, and no effect came after one under a higher token.
 */
export function checkFencing(history: readonly HistoryEvent[]): Verdict {
  const done = operationsOf(history).filter((one) => one.outcome !== 'fail')
  const byKey = Map.groupBy(done, (one) => one.key)
  return worstVerdict([...byKey.values()].flatMap((operations) => [checkClaims(operations), checkEffects(operations)]))
}

function checkClaims(operations: readonly Operation[]): Verdict {
  const claims = operations.filter((one) => one.op === 'claim' && one.outcome === 'ok')
  const byToken = new Map<number, Operation>()
  for (const claim of claims) {
    const other = byToken.get(tokenOf(claim.output))
    if (other !== undefined) return violation(`two holders share a token: ${texts(other, claim)}`, [claim, other])
    byToken.set(tokenOf(claim.output), claim)
  }
  return notBackwards(claims, (one) => tokenOf(one.output), 'a later claim got a lower token')
}

function checkEffects(operations: readonly Operation[]): Verdict {
  const effects = operations.filter((one) => one.op === 'effect' && one.outcome === 'ok')
  // The token of a claim whose outcome is unknown is not in the history.
  const isComplete = operations.every((one) => one.op !== 'claim' || one.outcome === 'ok')
  const claims = operations.filter((one) => one.op === 'claim' && one.outcome === 'ok')
  const holders = new Map(claims.map((one) => [tokenOf(one.output), one]))
  for (const effect of effects) {
    const token = tokenOf(effect.input)
    const holder = holders.get(token)
    if (holder !== undefined && holder.process !== effect.process) {
      return violation(`an effect under the token of another: ${texts(holder, effect)}`, [effect, holder])
    }
    if (holder === undefined && isComplete && claims.length > 0) {
      return violation(`an effect under a token that nobody was given: ${operationText(effect)}`, [effect])
    }
    if (holder === undefined) holders.set(token, effect)
  }
  return notBackwards(effects, (one) => tokenOf(one.input), 'an effect came after one under a higher token')
}

/** Of operations that do not overlap in time the later one must not have the lower token. */
function notBackwards(operations: readonly Operation[], token: (one: Operation) => number, sentence: string): Verdict {
  const byEnd = [...operations].sort((a, b) => a.completedAt - b.completedAt)
  let highest: Operation | undefined
  let next = 0
  for (const one of [...operations].sort((a, b) => a.invokedAt - b.invokedAt)) {
    for (let done = byEnd[next]; done !== undefined && done.completedAt < one.invokedAt; done = byEnd[++next]) {
      if (highest === undefined || token(done) > token(highest)) highest = done
    }
    if (highest !== undefined && token(one) < token(highest)) {
      return violation(`${sentence}: ${texts(highest, one)}`, [one, highest])
    }
  }
  return { type: 'ok' }
}

function tokenOf(value: unknown): number {
  return (value as { readonly token: number }).token
}

function texts(a: Operation, b: Operation): string {
  return `${operationText(a)}, then ${operationText(b)}`
}

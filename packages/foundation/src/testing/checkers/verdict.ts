/** What a checker says of a history. */

import type { Operation } from './operation.ts'

export type Verdict =
  | { readonly type: 'ok' }
  /** `operations` are those at fault, the one that can't be right first. */
  | { readonly type: 'violation'; readonly reason: string; readonly operations: readonly Operation[] }
  /** The search came to its limit before an answer: neither good nor bad. */
  | { readonly type: 'undecided'; readonly reason: string }

export function violation(reason: string, operations: readonly Operation[]): Verdict {
  return { type: 'violation', reason, operations }
}

/** The first that is a violation, else the first that is undecided, else `ok`. */
export function worstVerdict(verdicts: Iterable<Verdict>): Verdict {
  let worst: Verdict = { type: 'ok' }
  for (const one of verdicts) {
    if (one.type === 'violation') return one
    if (worst.type === 'ok') worst = one
  }
  return worst
}

/** Participants of votes in tests: each says what stands beside its name. */

import type { ScriptedAnswer } from '../testing/protocol-run.ts'

/** A name of an option, `null` to abstain, or all of an answer. */
export type Said = string | null | { readonly absent: 'late' | 'gone' | 'malformed' } | ScriptedAnswer

/** What `runProtocol` needs of them. */
export function saying(votes: { readonly [id: string]: Said }) {
  return {
    participants: Object.keys(votes),
    answer: (from: string): ScriptedAnswer => {
      const said = votes[from]
      if (said === undefined) return { absent: 'gone' }
      return typeof said === 'string' || said === null ? { value: { option: said } } : said
    },
  }
}

export const late = (option: string, afterMs: number): ScriptedAnswer => ({ value: { option }, afterMs })

/** What fits into the context of a size: instruction and input always, demonstrations from the newest back. */

import type { Demonstration } from './demonstrations.ts'

/** Tokens kept free for the answer. */
const answerTokens = 256

/** Demonstrations that a call learns from at most; like a full context, more fall out from the oldest on. */
export const demonstrationsMax = 512

/** Which part of a prompt is read. */
export interface Fit {
  /** Demonstrations kept, counted from the newest. */
  readonly kept: number
  readonly tokensIn: number
  /** Tokens by which instruction and input alone exceed the context. */
  readonly tokensOver: number
}

/** Fits demonstrations into what instruction and input leave free. */
export function fitContext(
  demonstrations: readonly Demonstration[],
  tokens: { readonly prompt: number; readonly context: number },
): Fit {
  const room = tokens.context - answerTokens
  let tokensIn = tokens.prompt
  let kept = demonstrations.length
  while (kept > 0 && (tokensIn > room || kept > demonstrationsMax)) {
    tokensIn -= (demonstrations[demonstrations.length - kept] as Demonstration).tokens
    kept--
  }
  return { kept, tokensIn: Math.min(Math.max(tokensIn, 0), room), tokensOver: Math.max(0, tokensIn - room) }
}

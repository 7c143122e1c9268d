/** One row of the tables of malformed answers. */

/**
 * What is wrong, the whole answer, and either the outputs or the field that is refused with part of what was expected;
 * then part of what was said to be mended. Nothing said means that nothing may have been mended.
 */
export type MalformedAnswer = readonly [
  wrong: string,
  answer: string,
  expected: { readonly [name: string]: unknown } | readonly [field: string, expected: string],
  said?: string,
]

/** What every answer of the tables was meant to say. */
export const meant = { team: 'billing', urgency: 3, reason: 'Paid twice.' }

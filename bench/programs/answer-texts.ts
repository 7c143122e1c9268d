/** Answers of models that all of the bench `lm-adapters` read, ours and the peers. Imports no package, so that peers can share it. */

/** What an answer says. */
export type Said = {
  readonly team: string
  readonly urgency: number
  readonly tags: readonly string[]
  readonly reason: string
}

const line = 'The invoice of May was paid twice: by card on the 3rd, and "again" by transfer on the 5th; see case 4711.'

/** An answer as most are, of about 1 kB. */
export const usual: Said = {
  team: 'billing',
  urgency: 3,
  tags: ['double payment', 'refund', 'invoice'],
  reason: Array.from({ length: 9 }, () => line).join('\n'),
}

/** Of about so many characters, nearly all of them text in lines. */
export function longText(chars: number): Said {
  return { ...usual, reason: Array.from({ length: Math.floor(chars / (line.length + 5)) }, () => line).join('\n') }
}

/**
 * Of about so many characters, nearly all of them a list of short texts. V8 keeps arrays of more than 16,384 items apart, where each costs more: so
 * that a list is compared with half of it, both have more when `chars` is what an answer may have at most.
 */
export function longList(chars: number): Said {
  return {
    ...usual,
    tags: Array.from({ length: Math.floor(chars / 24) }, (_, i) => `${i} of the tags`.padEnd(20, '.')),
  }
}

/** Throws where an answer was read wrong. */
export function checkRead(read: object, said: Said): void {
  const { team, urgency, tags, reason } = read as Said
  const isSame = team === said.team && urgency === said.urgency && tags.length === said.tags.length
  if (!isSame || reason !== said.reason)
    throw new Error(`expected ${said.team}, got ${team}, ${reason?.length} characters`)
}

/** A row of the tables of malformed answers in the tests of the adapters. */
export type MalformedRow = readonly [
  wrong: string,
  answer: string,
  expected: { readonly [name: string]: unknown } | readonly [field: string, expected: string],
  ...said: readonly unknown[],
]

/** Only those as long as answers are: what is made to be long is measured by itself. */
export function usualLength(table: readonly MalformedRow[]): readonly MalformedRow[] {
  return table.filter(([, answer]) => answer.length <= 1_000)
}

/** The errors of adapters: one factory a code, one grammar `owner: what: expected …, got …`. */

import { MabeamError, show } from '@mabeam/foundation'

/** An answer without a readable value for a field. */
export function unparsableAnswer(owner: string, field: string, expected: string, got: unknown): MabeamError {
  return new MabeamError(
    'dspx/unparsable-answer',
    `${owner}: output ${field}: expected ${expected} in the model's answer, got ${show(got)}`,
    { data: { owner, field, expected, got: show(got) } },
  )
}

/** An answer longer than what is read. */
export function answerTooLong(owner: string, charsMax: number, chars: number): MabeamError {
  return unparsableAnswer(owner, '(all)', `at most ${charsMax} characters`, `${chars} characters`)
}

/** Media that a prompt cannot show. */
export function unusableMedia(field: string, got: unknown): MabeamError {
  return new MabeamError(
    'dspx/unusable-media',
    `input ${field}: expected data and mediaType as the schema of the field leaves them, got ${show(got)}`,
    { data: { field, got: show(got) } },
  )
}

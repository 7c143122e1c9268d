/** The errors of adapters: one factory a code, one grammar `owner: what: expected …, got …`. */

import { MabeamError, messageOf, show } from '@mabeam/foundation'

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

/** A value that JSON cannot say: a prompt would hold something else. */
export function unwritableValue(field: string, thrown: unknown, got: unknown): MabeamError {
  const why = thrown === undefined ? '' : ` (${messageOf(thrown).split('\n')[0]})`
  const expected = 'a value that JSON can say, with no circle and not too deep'
  return new MabeamError('dspx/invalid-input', `prompt: input ${field}: expected ${expected}${why}, got ${show(got)}`, {
    data: { owner: 'prompt', field, expected, got: show(got) },
    cause: thrown,
  })
}

/** Media that a prompt cannot show. */
export function unusableMedia(field: string, got: unknown): MabeamError {
  return new MabeamError(
    'dspx/unusable-media',
    `input ${field}: expected data and mediaType as the schema of the field leaves them, got ${show(got)}`,
    { data: { field, got: show(got) } },
  )
}

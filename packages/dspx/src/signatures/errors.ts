/** The errors of signatures: one factory a code, one grammar `owner: what: expected …, got …`. */

import { MabeamError, show } from '@mabeam/foundation'

/** A signature that says nothing a model could be asked. */
export function invalidSignature(owner: string, expected: string, got: unknown, at?: number): MabeamError {
  const where = at === undefined ? '' : ` at position ${at}`
  return new MabeamError('dspx/invalid-signature', `${owner}: expected ${expected}${where}, got ${show(got)}`, {
    data: { owner, expected, got: show(got), ...(at !== undefined && { position: at }) },
  })
}

/** A schema that decides later: answers are checked in one turn. */
export function asynchronousSchema(field: string): MabeamError {
  return new MabeamError(
    'dspx/asynchronous-schema',
    `signature: field ${field}: expected a schema that validates synchronously, got one that returns a promise`,
    { data: { field } },
  )
}

/** A field that the grammar of signature strings has no words for. */
export function inexpressibleSignature(owner: string, field: string, got: string): MabeamError {
  return new MabeamError(
    'dspx/inexpressible-signature',
    `${owner}: field ${field}: expected a type that a signature string can say, got ${show(got)}`,
    { data: { owner, field, got: show(got) } },
  )
}

/** The errors of artefacts: one factory a code, one grammar `owner: what: expected …, got …`. */

import { MabeamError, show } from '@mabeam/foundation'
import { fileFault } from '../file-fault.ts'

/** An artefact that the system does not let us read or write. */
export function artefactFileFailed(kind: 'unreadable' | 'unwritable', path: string, cause: unknown): MabeamError {
  const expected = kind === 'unreadable' ? 'an artefact' : 'a place to write an artefact to'
  const sentence = `${path}: expected ${expected}, got ${fileFault(cause)}`
  return new MabeamError(`dspx/artefact-${kind}`, sentence, { data: { path }, cause })
}

/** A file that should hold an artefact and holds no JSON. */
export function artefactBroken(path: string, got: string, cause: unknown): MabeamError {
  const sentence = `${path}: expected JSON of a tuned program, got ${got}; restore the file or name another`
  return new MabeamError('dspx/artefact-invalid', sentence, { data: { path }, cause })
}

/** A file that is no artefact, or one that cannot be used here. */
export function artefactError(
  kind: 'unreadable' | 'unwritable' | 'invalid' | 'version' | 'program' | 'signature',
  path: string,
  expected: string,
  got: unknown,
): MabeamError {
  return new MabeamError(`dspx/artefact-${kind}`, `${path}: expected ${expected}, got ${show(got)}`, {
    data: { path, expected, got: show(got) },
  })
}

/** A file that was changed after it was saved: what it says of its content is not so. */
export function artefactChanged(path: string, digest: unknown, actual: string): MabeamError {
  const got =
    digest === undefined ? 'one without its digest' : `one that was changed since (its digest says ${show(digest)})`
  const sentence = `${path}: expected a file as it was saved, got ${got}; restore it or tune again`
  return new MabeamError('dspx/artefact-digest', sentence, { data: { path, expected: actual, got: show(digest) } })
}

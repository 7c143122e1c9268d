/** Errors of files and journals: one factory a code. */

import { isMabeamError, MabeamError, messageOf } from '../errors.ts'

/** Another process (or this one) has the journal open for writing. */
export function journalLocked(path: string, owner: { readonly pid: number; readonly host: string }): MabeamError {
  const { pid, host } = owner
  const hint = `wait for it or stop it; if it is gone, delete ${path}.lock`
  return new MabeamError('foundation/journal-locked', `${path}: in use by process ${pid} on ${host}; ${hint}`, {
    retryable: true,
    data: { path, pid, host },
  })
}

/** A line that was written through is no longer what was written, or the file is not such a journal. */
export function journalCorrupt(path: string, line: number, expected: string, got: string): MabeamError {
  return new MabeamError('foundation/journal-corrupt', `${path}:${line}: expected ${expected}, got ${got}`, {
    data: { path, line, expected, got },
  })
}

/** The journal was written by a version of its owner that this one can't read. */
export function journalVersion(path: string, expected: number, got: number): MabeamError {
  const sentence = `${path}:1: expected journal version ${expected}, got ${got}`
  return new MabeamError('foundation/journal-version', sentence, { data: { path, expected, got } })
}

export function journalMissing(path: string): MabeamError {
  return new MabeamError('foundation/journal-missing', `${path}: expected a journal, got no such file`, {
    data: { path },
  })
}

export function journalClosed(path: string): MabeamError {
  return new MabeamError('foundation/journal-closed', `${path}: the journal is closed`, { data: { path } })
}

/** A limit of the journal would be passed; nothing was written and the journal goes on. */
export function journalLimit(path: string, limit: string, max: number, got: number): MabeamError {
  return new MabeamError('foundation/journal-limit', `${path}: ${limit}: expected at most ${max}, got ${got}`, {
    retryable: limit === 'pendingBytesMax',
    data: { path, limit, max, got },
  })
}

/** A file operation that failed: `foundation/disk-full`, or `foundation/file-failed` with the system's code. */
export function fileFailed(path: string, doing: string, cause: unknown): MabeamError {
  const systemCode = systemCodeOf(cause) ?? 'unknown'
  const data = { path, systemCode }
  if (systemCode === 'ENOSPC' || systemCode === 'EDQUOT') {
    const sentence = `${path}: ${doing}: the disk is full; free some space and run again, what was acknowledged is kept`
    return new MabeamError('foundation/disk-full', sentence, { data, cause })
  }
  return new MabeamError('foundation/file-failed', `${path}: ${doing}: ${messageOf(cause)}`, { data, cause })
}

/** The system's error code (`ENOENT`) of a thrown value, if it has one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  if (isMabeamError(thrown)) return undefined
  const code = thrown instanceof Error ? (thrown as { readonly code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Errors of the engine `local`: its hub, its folder and its log. One factory a code. */

import { MabeamError, messageOf } from '../errors.ts'

/** The process that holds the hub is stopped or hangs; there must not be two, so it is not replaced while it lives. */
export function hubUnresponsive(directory: string, pid: number | undefined): MabeamError {
  const who = pid === undefined ? 'the process' : `process ${pid}`
  const mend = pid === undefined ? 'let it go on or end it' : `let it go on (kill -CONT ${pid}) or end it`
  const sentence = `the hub of ${directory} does not answer: ${who} that holds it is stopped or hangs; ${mend}`
  return new MabeamError('foundation/hub-unresponsive', sentence, {
    retryable: true,
    data: { directory, pid: pid ?? null },
  })
}

/** What a hub keeps can't be removed while there is one. */
export function hubRunning(directory: string, pid: number, cause: unknown): MabeamError {
  const sentence = `the hub of ${directory} is in process ${pid}; end the processes of this project first`
  return new MabeamError('foundation/hub-running', sentence, { retryable: true, data: { directory, pid }, cause })
}

/** The hub is there and will not have this process. */
export function hubRefused(reason: string): MabeamError {
  return new MabeamError('foundation/hub-refused', `the hub refused this process: ${reason}`, { data: { reason } })
}

/** The hub speaks another version of the protocol. */
export function hubVersion(expected: number, got: number): MabeamError {
  const sentence = `the hub speaks protocol version ${expected}, this process ${got}: end the processes of the other version, or use another directory`
  return new MabeamError('foundation/hub-version', sentence, { data: { expected, got } })
}

/** Bytes that are no frame of this protocol. */
export function brokenFrame(sentence: string): MabeamError {
  return new MabeamError('foundation/broken-frame', `a broken frame: ${sentence}`)
}

/** There is something in the folder that is not ours. */
export function hubPathTaken(path: string, got: string): MabeamError {
  const sentence = `${path}: expected the socket of a hub, got ${got}; remove it, or use another directory`
  return new MabeamError('foundation/hub-path-taken', sentence, { data: { path, got } })
}

/** Others could read or change what is in the folder. */
export function directoryUnsafe(directory: string, got: string): MabeamError {
  const sentence = `${directory}: expected a folder of this user that nobody else may enter (mode 0700), got ${got}`
  return new MabeamError('foundation/directory-unsafe', sentence, { data: { directory, got } })
}

/** The system takes no socket with a path of that length. */
export function socketPathTooLong(path: string, bytesMax: number): MabeamError {
  const sentence = `${path}: expected a path of at most ${bytesMax} bytes for a socket; use a shorter directory or TMPDIR`
  return new MabeamError('foundation/socket-path-too-long', sentence, { data: { path, bytesMax } })
}

/** What was written through is no longer what was written, or the file is no such log. */
export function hubLogDamaged(path: string, offset: number, sentence: string): MabeamError {
  const said = `${path}: damaged at byte ${offset}: ${sentence}; move it away to begin with nothing`
  return new MabeamError('foundation/hub-log-damaged', said, { data: { path, offset } })
}

/** The log was written by a version that this one can't read. */
export function hubLogVersion(path: string, expected: number, got: number): MabeamError {
  const sentence = `${path}: expected log version ${expected}, got ${got}; use the version that wrote it, or move it away to begin with nothing`
  return new MabeamError('foundation/hub-log-version', sentence, { data: { path, expected, got } })
}

/** The thread that holds the hub or stands by for it ended by itself. */
export function localThreadEnded(cause: unknown): MabeamError {
  const sentence = `the thread of the local engine ended: ${messageOf(cause ?? 'nobody asked it to')}`
  return new MabeamError('foundation/local-thread-ended', sentence, {
    retryable: true,
    cause,
  })
}

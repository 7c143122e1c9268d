/** Errors of configuration, readiness and health: one factory a code. */

import { type Json, MabeamError, messageOf } from '../errors.ts'

/** A configuration file that can't be read: missing though it was named, too long, or refused by the system. */
export function unreadableConfiguration(file: string, sentence: string, cause?: unknown): MabeamError {
  return new MabeamError('foundation/unreadable-configuration', `${file}: ${sentence}`, { data: { file }, cause })
}

/** A configuration file that is not JSON, or has a key twice; `line` and `column` count from 1. */
export function malformedConfiguration(
  file: string,
  at: { readonly line: number; readonly column: number },
  expected: string,
  got: string,
): MabeamError {
  const sentence = `${file}: line ${at.line}, column ${at.column}: expected ${expected}, got ${got}`
  return new MabeamError('foundation/malformed-configuration', sentence, {
    data: { file, line: at.line, column: at.column, expected, got },
  })
}

/** One setting with the source it came from. */
export interface SettingOrigin {
  readonly key: string
  readonly value: string
  readonly source: string
}

/** Two settings that are fine one by one and can't be together. */
export function conflictingSettings(one: SettingOrigin, other: SettingOrigin, why: string): MabeamError {
  const text = ({ key, value, source }: SettingOrigin) => `${key} ${value} (${source})`
  const data: { [key: string]: Json } = { keys: [one.key, other.key], sources: [one.source, other.source] }
  const sentence = `configuration: ${text(one)} and ${text(other)} exclude each other: ${why}`
  return new MabeamError('foundation/conflicting-settings', sentence, { data })
}

/** A kept baseline that this version can't read. */
export function unreadableBaseline(sentence: string): MabeamError {
  return new MabeamError('foundation/unreadable-baseline', `an unreadable baseline: ${sentence}`)
}

/** Another program, or another server of this one, listens there. */
export function portTaken(host: string, port: number, cause: unknown): MabeamError {
  const sentence = `serveHealth: port ${port} of ${host} is taken; choose another, or 0 for any that is free`
  return new MabeamError('foundation/port-taken', sentence, { data: { host, port }, cause })
}

/** The system refused to listen for another reason: no such host, or not allowed. */
export function listenFailed(host: string, port: number, cause: unknown): MabeamError {
  const sentence = `serveHealth: could not listen on port ${port} of ${host}: ${messageOf(cause)}`
  return new MabeamError('foundation/listen-failed', sentence, { data: { host, port }, cause })
}

/** A health part was used after it was closed. */
export function healthClosed(node: string): MabeamError {
  return new MabeamError('foundation/health-closed', `the health part of node ${node} is closed`, { data: { node } })
}

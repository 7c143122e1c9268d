/**
 * Secrets by reference: `env:NAME` is a variable of the environment, `file:PATH` the text of a file, anything else is the secret
 * itself. They are read when a connection is made, so that one that was replaced counts from the next connection on. Nothing here
 * throws or says what a secret is; this file is loaded by the pulse's thread too and imports nothing of ours.
 */

import { readFileSync } from 'node:fs'

/** Reads what is at a reference now; undefined when nothing is there. */
export function readSecret(reference: string): string | undefined {
  if (reference.startsWith('env:')) return process.env[reference.slice('env:'.length)] || undefined
  if (!reference.startsWith('file:')) return reference
  try {
    return readFileSync(reference.slice('file:'.length), 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

/** Where a secret is, for errors: a reference as it is, a secret that was written down not at all. */
export function secretPlace(reference: string): string {
  return /^(env|file):/.test(reference) ? reference : 'the options'
}

/** Reads it anew each time; gives what was last there while nothing is, as in the middle of a rotation. */
export function lateSecret(reference: string): () => string {
  let last = ''
  return () => {
    last = readSecret(reference) ?? last
    return last
  }
}

/** What a source needs to be let in: a token by reference, and the certificate of an authority. Both are read anew, since both are replaced. */

import { readFile } from 'node:fs/promises'
import { messageOf } from '@mabeam/foundation'
import { readSecret, secretPlace } from '../connection/secret.ts'
import { discoveryUnavailable } from './discovery-errors.ts'

/** Throws `engine-nats/discovery-unavailable` where nothing is at the reference; the token itself is in no sentence. */
export function tokenAt(source: string, reference: string): string {
  const token = readSecret(reference)
  if (token !== undefined) return token
  throw discoveryUnavailable(source, `token: expected one at ${secretPlace(reference)}, got nothing; set it`)
}

/** Rejects with `engine-nats/discovery-unavailable`. */
export async function pemAt(source: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    const sentence = `the certificate of its authority could not be read: ${messageOf(thrown)}`
    throw discoveryUnavailable(source, sentence, thrown)
  }
}

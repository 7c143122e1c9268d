/** Authentication by a key that the nodes share: fast, and worth nothing to anybody else. */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { invalidOption } from '@mabeam/foundation'
import type { SharedAuthentication } from '../authentication.ts'

/**
 * HMAC-SHA-256 over member and bytes. The nodes that have the key trust each other; agents, which never see it, are told
 * apart by their nodes, and whoever is outside can forge nothing. A node that lies could, so what is proved is proved to the nodes only.
 *
 * Throws: `foundation/invalid-option` for a key below 32 bytes.
 */
export function macAuthentication(key: Uint8Array): SharedAuthentication {
  if (key.length < 32) throw invalidOption('macAuthentication', 'key', 'at least 32 bytes', key.length)
  const tag = (member: number, bytes: Uint8Array) =>
    createHmac('sha256', key).update(String(member)).update('/').update(bytes).digest()
  return {
    mode: 'mac',
    transferable: false,
    verify(member, bytes, signature) {
      const expected = tag(member, bytes)
      return signature.length === expected.length && timingSafeEqual(expected, signature)
    },
    signer: (member) => ({ member, sign: (bytes) => tag(member, bytes) }),
  }
}

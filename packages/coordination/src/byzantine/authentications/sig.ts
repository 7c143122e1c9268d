/** Authentication by Ed25519 signatures: what is proved is proved to everybody. */

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { invalidMember } from '../../errors.ts'
import type { Authentication, Signer } from '../authentication.ts'
import type { Committee } from '../committee.ts'

/** The keys of one member, 32 bytes each. */
export interface SigningKeys {
  readonly publicKey: Uint8Array
  /** Keep it. */
  readonly privateKey: Uint8Array
}

/** New keys, from the randomness of the machine. */
export function newSigningKeys(): SigningKeys {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { publicKey: Buffer.from(x, 'base64url'), privateKey: Buffer.from(d, 'base64url') }
}

/** What stands before the 32 bytes of a private key in PKCS #8. Source: RFC 8410, section 7. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The keys that a secret of 32 bytes is or stands for: always the same. Keep it. */
export function signingKeysOf(secret: Uint8Array): SigningKeys {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, secret]), format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return { publicKey: Buffer.from(x, 'base64url'), privateKey: secret }
}

/**
 * Checks signatures by the public keys of a committee.
 *
 * Source: RFC 8032, as node:crypto has it.
 * Throws: `coordination/invalid-member` for a member without a key, or with one that is none.
 */
export function sigAuthentication({ members }: Pick<Committee, 'members'>): Authentication {
  const keys = members.map(({ id, publicKey }) => {
    if (publicKey === undefined) throw invalidMember(id, 'a public key, which "sig" needs')
    try {
      return createPublicKey({ key: jwk(publicKey), format: 'jwk' })
    } catch {
      throw invalidMember(id, 'a public key of Ed25519')
    }
  })
  return {
    mode: 'sig',
    transferable: true,
    verify(member, bytes, signature) {
      const key = keys[member]
      return key !== undefined && signature.length === 64 && verify(null, bytes, key, signature)
    },
  }
}

/** Signs as that member. Ed25519 draws nothing at random, so the same bytes give the same signature. */
export function sigSigner(member: number, keys: SigningKeys): Signer {
  const key: KeyObject = createPrivateKey({
    key: { ...jwk(keys.publicKey), d: Buffer.from(keys.privateKey).toString('base64url') },
    format: 'jwk',
  })
  return { member, sign: (bytes) => sign(null, bytes, key) }
}

function jwk(publicKey: Uint8Array): { readonly kty: string; readonly crv: string; readonly x: string } {
  return { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }
}

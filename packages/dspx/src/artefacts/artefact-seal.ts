/** Seals of artefacts: who has a key can tell whether a file was made by somebody they trust. */

import { createHash, createPublicKey, KeyObject, sign, verify } from 'node:crypto'
import { artefactError } from './errors.ts'

/** A signature over the digest of an artefact. */
export interface SignatureSeal {
  readonly algorithm: 'ed25519'
  /** The first 16 hex digits of the SHA-256 of the public key: says which key to verify with. */
  readonly key: string
  /** Base64. */
  readonly value: string
}

/** Signs a digest. Throws: `dspx/artefact-signature` for a key that is no private Ed25519 key. */
export function signDigest(path: string, digest: string, key: KeyObject): SignatureSeal {
  if (!isKey(key, 'private')) throw artefactError('signature', path, 'a private Ed25519 key to sign with', said(key))
  const value = sign(null, Buffer.from(digest), key).toString('base64')
  return { algorithm: 'ed25519', key: keyName(createPublicKey(key)), value }
}

/** Throws `dspx/artefact-signature` unless the digest was signed with one of the keys, each a public Ed25519 key. */
export function verifyDigest(
  path: string,
  { digest, signature }: { readonly digest: string; readonly signature?: SignatureSeal | undefined },
  keys: readonly KeyObject[],
): void {
  const wrong = keys.findIndex((one) => !isKey(one, 'public'))
  if (wrong >= 0) throw artefactError('signature', path, 'public Ed25519 keys to verify with', said(keys[wrong]))
  const names = keys.map(keyName).join(', ') || 'none'
  if (signature === undefined) throw artefactError('signature', path, `a signature by one of the keys ${names}`, 'none')
  const key = keys.find((one) => keyName(one) === signature.key)
  if (key === undefined)
    throw artefactError('signature', path, `a signature by one of the keys ${names}`, signature.key)
  if (!verify(null, Buffer.from(digest), key, Buffer.from(signature.value, 'base64'))) {
    throw artefactError('signature', path, `the signature of ${signature.key} over its digest`, 'another')
  }
}

function isKey(key: unknown, type: KeyObject['type']): key is KeyObject {
  return key instanceof KeyObject && key.type === type && key.asymmetricKeyType === 'ed25519'
}

/** What it is, never what is in it: it may be a private key as text. */
function said(key: unknown): string {
  if (!(key instanceof KeyObject)) return 'none'
  return `a ${key.type} key${key.asymmetricKeyType ? ` (${key.asymmetricKeyType})` : ''}`
}

function keyName(key: KeyObject): string {
  const der = key.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('hex').slice(0, 16)
}

/** Who we are to a server: how credentials as they are given become what the client is asked for at each connection. */

import {
  type Authenticator,
  credsAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node'
import { lateSecret } from './secret.ts'

/** One kind of these; each value may be `env:NAME` or `file:PATH`, and is read when a connection is made. */
export interface NatsCredentials {
  readonly user?: string
  /** Goes with `user`. */
  readonly password?: string
  readonly token?: string
  /** The seed of an NKey (`SU…`). */
  readonly nkey?: string
  /** The text of a credentials file, which holds a JWT and its seed; as a rule `file:PATH`. */
  readonly creds?: string
}

/** What is given, in words that say no secret. */
export function credentialsKind(given: NatsCredentials | undefined): string {
  if (given === undefined) return 'none were given'
  if (given.token !== undefined) return 'a token'
  if (given.nkey !== undefined) return 'an NKey'
  return given.creds === undefined ? 'user and password' : 'a JWT'
}

/**
 * Never throws when it is called: a client whose authenticator throws gives up for good. What can't be used is refused by the
 * server, which is tried again.
 */
export function authenticatorOf(given: NatsCredentials | undefined): Authenticator | undefined {
  const made = plainAuthenticator(given)
  if (made === undefined) return undefined
  return (nonce) => {
    try {
      return made(nonce)
    } catch {
      return undefined
    }
  }
}

/** Throws when it is called and what is given can't be used. */
export function plainAuthenticator(given: NatsCredentials | undefined): Authenticator | undefined {
  if (given === undefined) return undefined
  const bytes = (reference: string, end = '') => {
    const secret = lateSecret(reference)
    return () => new TextEncoder().encode(secret() + end)
  }
  if (given.token !== undefined) return tokenAuthenticator(lateSecret(given.token))
  if (given.nkey !== undefined) return nkeyAuthenticator(bytes(given.nkey))
  if (given.creds !== undefined) {
    // The client wants the end of the last line, which a secret has not.
    return credsAuthenticator(bytes(given.creds, '\n'))
  }
  return usernamePasswordAuthenticator(lateSecret(given.user ?? ''), lateSecret(given.password ?? ''))
}

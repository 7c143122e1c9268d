/** A server's operator mode for a test: an operator, an account and a user, with the tokens that they sign for each other. */

import { createHash } from 'node:crypto'
import type { Json } from '@mabeam/foundation'
import { nkeys } from '@nats-io/transport-node'

type KeyPair = ReturnType<typeof nkeys.createUser>

export interface OperatorMode {
  /** For the server's configuration. */
  readonly config: { readonly [key: string]: Json }
  /** The text of the user's credentials file. */
  readonly creds: string
}

export function operatorMode(): OperatorMode {
  const [operator, account, system, user] = [
    nkeys.createOperator(),
    nkeys.createAccount(),
    nkeys.createAccount(),
    nkeys.createUser(),
  ] as const
  const unlimited = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 }
  const open = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 }
  const systemKey = system.getPublicKey()
  const operatorToken = signed(operator, operator, 'operator', { system_account: systemKey })
  const accountToken = signed(account, operator, 'account', { limits: { ...open, ...unlimited } })
  const systemToken = signed(system, operator, 'account', { limits: open })
  const userToken = signed(user, account, 'user', { pub: {}, sub: {}, subs: -1, data: -1, payload: -1 })
  const seed = new TextDecoder().decode(user.getSeed())
  return {
    config: {
      operator: operatorToken,
      system_account: systemKey,
      resolver: 'MEMORY',
      resolver_preload: { [account.getPublicKey()]: accountToken, [systemKey]: systemToken },
    },
    creds: [
      '-----BEGIN NATS USER JWT-----',
      userToken,
      '------END NATS USER JWT------',
      '',
      '-----BEGIN USER NKEY SEED-----',
      seed,
      '------END USER NKEY SEED------',
      '',
    ].join('\n'),
  }
}

/** Source: NATS ADR-14 (JWT claims, version 2). */
function signed(subject: KeyPair, issuer: KeyPair, type: string, claims: object): string {
  const body = {
    iat: 1_700_000_000,
    iss: issuer.getPublicKey(),
    name: type,
    sub: subject.getPublicKey(),
    nats: { ...claims, type, version: 2 },
  }
  const jti = createHash('sha256').update(JSON.stringify(body)).digest('base64url')
  const text = [
    { typ: 'JWT', alg: 'ed25519-nkey' },
    { jti, ...body },
  ]
    .map(encoded)
    .join('.')
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

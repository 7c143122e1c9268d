import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMabeamError } from '@mabeam/foundation'
import { nkeys } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { authenticatorOf, credentialsKind } from './connection/credentials.ts'
import { checkSecrets, type NatsOptions, natsDefaults, natsSettings } from './nats-options.ts'

const servers = 'localhost:4222'
const given = (options: object) => () => natsSettings({ servers, ...options } as NatsOptions)
const sentenceOf = (attempt: () => unknown): string => {
  try {
    attempt()
  } catch (thrown) {
    return isMabeamError(thrown) ? `${thrown.code}: ${thrown.message} ${JSON.stringify(thrown.data)}` : String(thrown)
  }
  return 'no error'
}

describe('options', () => {
  test('have their defaults, and keep what is given', () => {
    expect(natsSettings({ servers })).toEqual({ ...natsDefaults, servers })
    expect(natsSettings({ servers, pingMs: 100, replicas: 3 })).toMatchObject({ pingMs: 100, replicas: 3 })
  })

  test('servers are an address, some, or a source of them', () => {
    for (const one of [servers, [servers, 'b:4222'], { name: 'own', find: async () => [servers] }]) {
      expect(natsSettings({ servers: one }).servers).toBe(one)
    }
    for (const one of [undefined, '', [], [''], ['a b'], [1], {}, { find: 1 }, Array(101).fill('a:1')]) {
      expect(sentenceOf(given({ servers: one }))).toMatch('foundation/invalid-option')
    }
    expect(sentenceOf(given({ servers: Array(100).fill('a:1') }))).toBe('no error')
  })

  test('an address with a password is refused without repeating it', () => {
    for (const options of [
      { servers: 'nats://app:hunter2@n1:4222' },
      { servers: ['n1:4222', 'app:hunter2@n2'] },
      { servers: 'n1:4222', monitor: 'http://app:hunter2@n1:8222' },
    ]) {
      const sentence = sentenceOf(given(options))
      expect(sentence).toMatch(/foundation\/invalid-option.*given as credentials.*@n/)
      expect(sentence).not.toMatch('hunter')
    }
  })

  test('an unknown option is answered with the nearest', () => {
    expect(sentenceOf(given({ replica: 3 }))).toMatch('did you mean "replicas"')
    expect(sentenceOf(given({ credentials: { pasword: 'x', user: 'u' } }))).toMatch('did you mean "password"')
    expect(sentenceOf(given({ tls: { cafile: 'x' } }))).toMatch('unknown option "cafile"')
  })

  test('numbers and words are held to what is possible', () => {
    for (const options of [
      { replicas: 0 },
      { replicas: 6 },
      { pingMs: 0 },
      { durability: 'none' },
      { pulse: 'fork' },
      { inboxPrefix: 'a.*' },
      { inboxPrefix: '' },
      { monitor: 'host:8222' },
      { tls: false },
      { pendingBytesMax: -1 },
      { watchesMax: 0 },
    ]) {
      expect(sentenceOf(given(options)), JSON.stringify(options)).toMatch('foundation/invalid-option')
    }
  })

  test('credentials are of one kind, and a user has a password', () => {
    for (const credentials of [
      { user: 'u', password: 'p' },
      { token: 't' },
      { nkey: 'env:SEED' },
      { creds: 'file:/run/secrets/a.creds' },
    ]) {
      expect(sentenceOf(given({ credentials }))).toBe('no error')
    }
    for (const credentials of [
      {},
      { user: 'u' },
      { password: 'p' },
      { token: 't', nkey: 'n' },
      { token: '' },
      { token: 1 },
    ]) {
      expect(sentenceOf(given({ credentials })), JSON.stringify(credentials)).toMatch('foundation/invalid-option')
    }
    expect(sentenceOf(given({ tls: { cert: 'a' } }))).toMatch('cert alone')
  })

  test('no error says a secret', () => {
    for (const credentials of [
      { user: 'u', password: 'hunter2', token: 'hunter2' },
      { token: 'hunter2', tokn: 'hunter2' },
      { user: { name: 'hunter2' }, password: 'hunter2' },
      { password: 'hunter2' },
    ]) {
      const sentence = sentenceOf(given({ credentials }))
      expect(sentence).toMatch('foundation/')
      expect(sentence).not.toContain('hunter2')
    }
  })
})

describe('secrets at the start', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mabeam-secrets-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('a secret that is not where it is said to be is named by its place', () => {
    const sentence = sentenceOf(() => checkSecrets({ servers, credentials: { token: 'env:MABEAM_TEST_UNSET' } }))
    expect(sentence).toMatch('engine-nats/secret-missing')
    expect(sentence).toMatch('env:MABEAM_TEST_UNSET')
    expect(sentenceOf(() => checkSecrets({ servers, tls: { ca: join(folder, 'no.pem') } }))).toMatch('tls.ca')
  })

  test('a seed or credentials file that is none is refused without being shown', () => {
    const path = join(folder, 'bad.creds')
    writeFileSync(path, 'hunter2 is no JWT')
    for (const credentials of [{ creds: `file:${path}` }, { nkey: 'SUhunter2' }]) {
      const sentence = sentenceOf(() => checkSecrets({ servers, credentials }))
      expect(sentence).toMatch('engine-nats/unusable-secret')
      expect(sentence).not.toContain('hunter2')
    }
  })

  test('what is there is given to the server, read anew at each connection, and nothing is thrown when it can not be used', () => {
    const path = join(folder, 'token')
    writeFileSync(path, 'one')
    const authenticator = authenticatorOf({ token: `file:${path}` })
    expect(authenticator?.('nonce')).toEqual({ auth_token: 'one' })
    writeFileSync(path, 'two')
    expect(authenticator?.('nonce')).toEqual({ auth_token: 'two' })
    expect(authenticatorOf({ user: 'u', password: 'p' })?.()).toEqual({ user: 'u', pass: 'p' })
    expect(authenticatorOf({ nkey: 'no seed' })?.('nonce')).toBeUndefined()
    expect(authenticatorOf(undefined)).toBeUndefined()
  })

  test('an NKey signs what the server asks to be signed', () => {
    const pair = nkeys.createUser()
    const nkey = new TextDecoder().decode(pair.getSeed())
    expect(sentenceOf(() => checkSecrets({ servers, credentials: { nkey } }))).toBe('no error')
    expect(authenticatorOf({ nkey })?.('nonce')).toMatchObject({ nkey: pair.getPublicKey(), sig: expect.any(String) })
  })

  test('the kind of credentials can be said', () => {
    expect(
      [undefined, { token: 't' }, { nkey: 'n' }, { creds: 'c' }, { user: 'u', password: 'p' }].map(credentialsKind),
    ).toEqual(['none were given', 'a token', 'an NKey', 'a JWT', 'user and password'])
  })
})

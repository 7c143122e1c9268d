import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MabeamError } from '../errors.ts'
import { startNode } from '../node/node.ts'
import { nodeDefaults } from '../node/node-options.ts'
import { threadSettings } from '../threads/thread-options.ts'
import { type ConfigurationOptions, loadConfiguration } from './configuration.ts'

/** A directory with a configuration file of that content. */
async function directoryWith(content: unknown) {
  const directory = await mkdtemp(join(tmpdir(), 'mabeam-configuration-'))
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  if (content !== undefined) await writeFile(join(directory, 'mabeam.config.json'), text)
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) }
}

/** Without a file and without variables unless given. */
const load = (options: ConfigurationOptions = {}) => loadConfiguration({ file: false, env: {}, ...options })

async function failure(options: ConfigurationOptions): Promise<MabeamError> {
  const thrown = await load(options).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(MabeamError)
  return thrown as MabeamError
}

const sentence = async (options: ConfigurationOptions) => (await failure(options)).message

async function fileSentence(content: unknown): Promise<string> {
  await using at = await directoryWith(content)
  const { directory } = at
  return loadConfiguration({ directory, env: {} }).then(
    () => 'nothing was thrown',
    (error: Error) => error.message,
  )
}

describe('sources', () => {
  test('a later source wins key by key, also inside threads, and each value says where it came from', async () => {
    await using at = await directoryWith({
      mailboxCapacity: 1,
      waitersMax: 1,
      actorsMax: 1,
      threads: { threadsMax: 1, outgoingMax: 1, ownThreadsMax: 1 },
    })
    const { values, sources, file } = await loadConfiguration({
      directory: at.directory,
      env: { MABEAM_WAITERS_MAX: '2', MABEAM_ACTORS_MAX: '2', MABEAM_THREADS__OUTGOING_MAX: '2', OTHER: 'x' },
      code: { actorsMax: 3, threads: { ownThreadsMax: 3 } },
    })
    expect(values).toMatchObject({ mailboxCapacity: 1, waitersMax: 2, actorsMax: 3, timersMax: 1_000, codec: true })
    expect(values.threads).toMatchObject({ threadsMax: 1, outgoingMax: 2, ownThreadsMax: 3, actorsPerThread: 1_000 })
    expect(file).toBe('mabeam.config.json')
    expect(sources).toMatchObject({
      timersMax: 'default',
      codec: 'profile',
      mailboxCapacity: 'file',
      waitersMax: 'env',
      actorsMax: 'code',
      'threads.threadsMax': 'file',
      'threads.outgoingMax': 'env',
      'threads.ownThreadsMax': 'code',
      'threads.actorsPerThread': 'default',
      name: 'default',
    })
  })

  test('without any source a node is as one that was given no options', async () => {
    const { values, file, profile } = await load()
    expect(profile).toBe('development')
    expect(file).toBeUndefined()
    expect(values.name).toBeUndefined()
    expect(values.threads?.threadsMax).toBeUndefined()
    const { threadsMax: _, ...threads } = threadSettings({})
    expect(values.threads).toEqual(threads)
    for (const [key, value] of Object.entries(nodeDefaults)) {
      if (key in values && !['threads', 'caches'].includes(key)) expect(values).toHaveProperty(key, value)
    }
  })

  test('a named file is read in place of the usual one; false reads none', async () => {
    await using at = await directoryWith({ waitersMax: 7 })
    const { directory } = at
    const other = join(directory, 'other.json')
    await writeFile(other, '{"waitersMax": 8}')
    const waiters = async (file?: string | false) =>
      (await loadConfiguration({ directory, env: {}, ...(file !== undefined && { file }) })).values.waitersMax
    expect([await waiters(), await waiters(other), await waiters(false)]).toEqual([7, 8, 10_000])
  })

  test('no usual file is no error, a missing named one is', async () => {
    await using at = await directoryWith(undefined)
    expect((await loadConfiguration({ directory: at.directory, env: {} })).file).toBeUndefined()
    const thrown = await failure({ file: join(at.directory, 'gone.json') })
    expect(thrown.code).toBe('foundation/unreadable-configuration')
    expect(thrown.message).toContain('gone.json: expected a file, got nothing of that name')
  })

  test('a directory in place of a file is refused', async () => {
    await using at = await directoryWith(undefined)
    expect((await failure({ file: at.directory })).code).toBe('foundation/unreadable-configuration')
  })

  test('a file may have 1 MiB and not a byte more', async () => {
    const padded = (bytes: number) => `{"waitersMax": 5}${' '.repeat(bytes - 17)}`
    await using fits = await directoryWith(padded(1_048_576))
    expect((await loadConfiguration({ directory: fits.directory, env: {} })).values.waitersMax).toBe(5)
    expect(await fileSentence(padded(1_048_577))).toBe('mabeam.config.json: expected at most 1048576 bytes, got more')
  })

  test('a node starts with what was loaded, in each profile', async () => {
    for (const profile of ['development', 'production', 'enterprise'] as const) {
      const { values } = await load({ profile, code: { name: 'n1', threads: { threadsMax: 2 } } })
      await using node = await startNode(values)
      expect(node.name).toBe('n1')
    }
  })
})

describe('profiles', () => {
  test('code, then MABEAM_PROFILE, then the file, then the surroundings choose it, and it says why', async () => {
    await using at = await directoryWith({ profile: 'enterprise' })
    const { directory } = at
    const env = { MABEAM_PROFILE: 'production', KUBERNETES_SERVICE_HOST: '10.0.0.1' }
    const choice = async (options: ConfigurationOptions) => {
      const { profile, profileReason } = await loadConfiguration(options)
      return `${profile}: ${profileReason}`
    }
    expect(await choice({ directory, env, profile: 'development' })).toBe('development: the code names it')
    expect(await choice({ directory, env })).toBe('production: MABEAM_PROFILE names it')
    expect(await choice({ directory, env: {} })).toBe('enterprise: mabeam.config.json names it')
    const file = false
    expect(await choice({ file, env: { KUBERNETES_SERVICE_HOST: 'h' } })).toMatch(/^production: .* Kubernetes$/)
    expect(await choice({ file, env: { NODE_ENV: 'production' } })).toMatch(/^production: .* NODE_ENV is production$/)
    expect(await choice({ file, env: { NODE_ENV: 'test' } })).toMatch(/^development: /)
  })

  test('production turns the codec and replaced states off; enterprise also waits less long', async () => {
    const of = async (profile: 'production' | 'enterprise') => (await load({ profile })).values
    expect(await of('production')).toMatchObject({ codec: false, inspectable: false, callTimeoutMs: 30_000 })
    expect(await of('enterprise')).toMatchObject({ codec: false, inspectable: false, callTimeoutMs: 10_000 })
  })

  test('a profile that is none is refused, wherever it stands', async () => {
    const expected = 'expected one of development, production, enterprise, got "prod"'
    expect(await sentence({ env: { MABEAM_PROFILE: 'prod' } })).toBe(`environment: MABEAM_PROFILE: ${expected}`)
    expect(await fileSentence({ profile: 'prod' })).toBe(`mabeam.config.json: profile: ${expected}`)
    expect(await sentence({ profile: 'prod' as 'production' })).toBe(`loadConfiguration: profile: ${expected}`)
  })
})

describe('bad files', () => {
  test.each<[unknown, string]>([
    [{ mailboxCapacity: 0 }, 'mailboxCapacity: expected an integer from 1 to 9007199254740991, got 0'],
    [{ mailboxCapacity: '5' }, 'mailboxCapacity: expected an integer from 1 to 9007199254740991, got "5"'],
    [{ codec: null }, 'codec: expected true or false, got null'],
    [{ threads: [] }, 'threads: expected an object, got []'],
    [{ threads: { threadsMax: 0 } }, 'threads.threadsMax: expected an integer from 1 to 1024, got 0'],
    [{ cluster: 'nat' }, 'cluster: expected one of none, local, nats, kubernetes, consul, dns, auto, got "nat"'],
    [
      { cluster: { kind: 'nat' } },
      'cluster: expected one of none, local, nats, kubernetes, consul, dns, auto, got "nat"',
    ],
    [{ cluster: { server: 'a' } }, 'unknown option "cluster.server"; did you mean "cluster.servers"?'],
    [{ cluster: { servers: [] } }, 'cluster.servers: expected an address, or up to 100 of them, got []'],
    [{ cluster: { credentials: 'x' } }, 'cluster.credentials: expected an object, got "something that is not shown"'],
    [
      { cluster: { credentials: { password: 123456 } } },
      'cluster.credentials.password: expected a non-empty string, got "something that is not shown"',
    ],
    [{ cluster: { tls: 'yes' } }, 'cluster.tls: expected true or false, got "yes"'],
    [{ caches: { tiers: 'three' } }, 'caches.tiers: expected one of process, shared, got "three"'],
    [{ system: 'a.b' }, 'system: expected up to 64 letters, digits, - and _, got "a.b"'],
    [{ mailboxCapcity: 5 }, 'unknown option "mailboxCapcity"; did you mean "mailboxCapacity"?'],
    [{ threads: { heapByteMax: 5 } }, 'unknown option "threads.heapByteMax"; did you mean "threads.heapBytesMax"?'],
    ['{"__proto__": {"codec": false}}', 'unknown option "__proto__"; expected one of system, name, codec'],
    ['[]', 'the file: expected one object of options, got []'],
    ['{\n  "codec": tru\n}', 'line 2, column 12: expected a value, got "tru"'],
    ['{"codec": true, "codec": false}', 'line 1, column 17: expected each key once, got "codec" again'],
  ])('%j: %s', async (content, expected) => {
    const got = await fileSentence(content)
    expect(got.replace(/^mabeam\.config\.json: /, '').slice(0, expected.length)).toBe(expected)
    expect(got).toMatch(/^mabeam\.config\.json: /)
  })

  test('"Infinity" stands for no deadline, where a number may be that', async () => {
    await using at = await directoryWith({ callTimeoutMs: 'Infinity', threads: { blockedMsMax: 'Infinity' } })
    const { values } = await loadConfiguration({ directory: at.directory, env: {} })
    expect([values.callTimeoutMs, values.threads?.blockedMsMax]).toEqual([Infinity, Infinity])
    expect(await fileSentence({ actorsMax: 'Infinity' })).toMatch(/actorsMax: expected an integer .*, got Infinity$/)
  })
})

describe('variables', () => {
  test.each<[string, string, string]>([
    ['MABEAM_MAILBOX_CAPACITY', '', 'expected an integer from 1 to 9007199254740991, got ""'],
    ['MABEAM_MAILBOX_CAPACITY', '5k', 'expected an integer from 1 to 9007199254740991, got "5k"'],
    ['MABEAM_MAILBOX_CAPACITY', '0', 'expected an integer from 1 to 9007199254740991, got 0'],
    ['MABEAM_MAILBOX_CAPACITY', '0x10', 'expected an integer from 1 to 9007199254740991, got "0x10"'],
    ['MABEAM_CODEC', 'yes', 'expected true or false, got "yes"'],
    ['MABEAM_OVERFLOW', 'drop', 'expected one of reject, drop-oldest, drop-newest, block, got "drop"'],
    ['MABEAM_THREADS__THREADS_MAX', '1025', 'expected an integer from 1 to 1024, got 1025'],
  ])('%s=%s: %s', async (name, value, expected) => {
    expect(await sentence({ env: { [name]: value } })).toBe(`environment: ${name}: ${expected}`)
  })

  test('a secret has a short name, may be several, and is shown in no error', async () => {
    const [a, b] = ['a'.repeat(32), 'b'.repeat(32)]
    expect((await load({ env: { MABEAM_SECRET: `${a},${b}` } })).values.security).toEqual({ secret: [a, b] })
    const file = { MABEAM_SECRET: 'file:/run/secrets/mabeam', MABEAM_SECURITY__AGE_MAX_MS: '60000' }
    expect((await load({ env: file })).values.security).toEqual({
      secret: ['file:/run/secrets/mabeam'],
      ageMaxMs: 60_000,
    })
    expect((await load({})).values).not.toHaveProperty('security')
    const hidden =
      'security.secret: expected a secret of at least 32 characters, env:NAME or file:PATH, or up to 8 of these, got "something that is not shown"'
    expect(await sentence({ code: { security: { secret: 'short' } } })).toBe(`code: ${hidden}`)
    expect(await sentence({ code: { security: 'short' as never } })).toBe(
      'code: security: expected an object, got "something that is not shown"',
    )
    expect(await sentence({ env: { MABEAM_SECRET: 'short' } })).toBe(
      `environment: ${hidden.replace('security.secret', 'MABEAM_SECRET')}`,
    )
  })

  test('values are read by the type of their option', async () => {
    const { values } = await load({
      env: {
        MABEAM_SYSTEM: '42',
        MABEAM_CODEC: 'false',
        MABEAM_CALL_TIMEOUT_MS: 'Infinity',
        MABEAM_SHUTDOWN_MS: '1.5e3',
        MABEAM_THREADS__HEAP_BYTES_MAX: '33554432',
      },
    })
    expect(values).toMatchObject({ system: '42', codec: false, callTimeoutMs: Infinity, shutdownMs: 1_500 })
    expect(values.threads?.heapBytesMax).toBe(33_554_432)
  })

  test('an unknown one is refused with the nearest known', async () => {
    const { code, message } = await failure({ env: { MABEAM_MAILBOX_CAPACTY: '5' } })
    expect(code).toBe('foundation/unknown-name')
    expect(message).toBe(
      'environment: unknown variable "MABEAM_MAILBOX_CAPACTY"; did you mean "MABEAM_MAILBOX_CAPACITY"?',
    )
  })

  test('those kept for other things are left alone, and nothing that only looks like them', async () => {
    const env = { MABEAM_HOME: '/x', MABEAM_SIM_SEED: '1', MABEAM_TEST_REPORT: 'r', MABEAM_SEED: '2', mabeam_x: 'y' }
    expect((await load({ env })).profile).toBe('development')
    expect((await failure({ env: { MABEAM_HOMES: '/x' } })).code).toBe('foundation/unknown-name')
  })

  test('what Kubernetes says about a Service called mabeam is no option, outside of it it would be', async () => {
    const links = {
      MABEAM_SERVICE_HOST: '10.0.0.9',
      MABEAM_SERVICE_PORT: '80',
      MABEAM_GATEWAY_SERVICE_PORT_HTTP: '80',
      MABEAM_PORT: 'tcp://10.0.0.9:80',
      MABEAM_PORT_80_TCP_ADDR: '10.0.0.9',
    }
    expect((await load({ env: { ...links, KUBERNETES_SERVICE_HOST: 'h' } })).profile).toBe('production')
    expect((await failure({ env: links })).code).toBe('foundation/unknown-name')
  })
})

describe('the code', () => {
  test('is checked as the other sources are', async () => {
    expect(await sentence({ code: { actorsMax: 0 } })).toMatch(/^code: actorsMax: expected an integer from 1 to/)
    expect(await sentence({ code: { actorMax: 1 } as object })).toBe(
      'code: unknown option "actorMax"; did you mean "actorsMax"?',
    )
    expect(await sentence({ cod: {} } as object)).toBe('loadConfiguration: unknown option "cod"; did you mean "code"?')
    expect(await sentence({ file: 5 as never })).toBe('loadConfiguration: file: expected a path or false, got 5')
  })

  test('an undefined value says nothing', async () => {
    const code = { actorsMax: undefined, threads: { outgoingMax: undefined } } as object
    const { sources } = await load({ code })
    expect([sources.actorsMax, sources['threads.outgoingMax']]).toEqual(['default', 'default'])
  })
})

describe('a cluster', () => {
  const cluster = async (options: ConfigurationOptions) => (await load(options)).cluster

  test('is local in development, and not said elsewhere', async () => {
    expect(await cluster({})).toEqual({ kind: 'local', durability: 'relaxed' })
    expect(await cluster({ profile: 'production' })).toEqual({ durability: 'strict' })
    expect(await cluster({ profile: 'enterprise' })).toEqual({ durability: 'strict', replicas: 3 })
  })

  test('is one word, or an object of details that other sources add to', async () => {
    await using at = await directoryWith({
      cluster: { kind: 'nats', servers: ['a', 'b'], tls: { ca: 'ca.pem' }, credentials: { user: 'u' } },
    })
    const { directory } = at
    const env = { MABEAM_CLUSTER__CREDENTIALS__PASSWORD: 'env:SECRET', MABEAM_CLUSTER__SERVERS: 'c,d' }
    const loaded = await loadConfiguration({ directory, env, code: { cluster: { tls: { cert: 'me.pem' } } } })
    expect(loaded.cluster).toEqual({
      kind: 'nats',
      servers: ['c', 'd'],
      tls: { ca: 'ca.pem', cert: 'me.pem' },
      credentials: { user: 'u', password: 'env:SECRET' },
      durability: 'relaxed',
    })
    expect(loaded.sources).toMatchObject({
      cluster: 'file',
      'cluster.servers': 'env',
      'cluster.tls.cert': 'code',
      'cluster.durability': 'profile',
    })
    expect(loaded.values).not.toHaveProperty('cluster')
  })

  test('that a later source names otherwise begins anew', async () => {
    await using at = await directoryWith({ cluster: { kind: 'nats', servers: 'a' } })
    const { directory } = at
    expect((await loadConfiguration({ directory, env: { MABEAM_CLUSTER: 'local' } })).cluster).toEqual({
      kind: 'local',
      durability: 'relaxed',
    })
  })

  test.each([
    ['kubernetes', 'production'],
    ['consul', 'production'],
    ['dns', 'production'],
    ['nats', 'development'],
    ['auto', 'development'],
    ['local', 'development'],
    ['none', 'development'],
  ] as const)('named %s makes the profile %s, unless that is named', async (kind, profile) => {
    const of = async (options: ConfigurationOptions) => (await load(options)).profile
    expect(await of({ code: { cluster: kind } })).toBe(profile)
    expect(await of({ env: { MABEAM_CLUSTER: kind } })).toBe(profile)
    expect(await of({ code: { cluster: kind }, profile: 'enterprise' })).toBe('enterprise')
  })

  test('says why it is production', async () => {
    const { profileReason } = await load({ code: { cluster: 'kubernetes' } })
    expect(profileReason).toBe('nothing names one, and cluster is kubernetes (code)')
  })

  test.each<[string, ConfigurationOptions, string]>([
    [
      'a key of another kind',
      { code: { cluster: { kind: 'local', servers: 'a' } } },
      'cluster "local" (code) and cluster.servers "a" (code) exclude each other: a cluster of this kind takes durability, directory; servers is for cluster "nats"',
    ],
    [
      'a key of a kind that takes none',
      { code: { cluster: 'none' }, env: { MABEAM_CLUSTER__REPLICAS: '3' } },
      'cluster "none" (code) and cluster.replicas 3 (env) exclude each other: a cluster of this kind takes nothing more; replicas is for cluster "nats", "kubernetes", "consul", "dns", "auto"',
    ],
    [
      'two kinds of credentials, which are not shown',
      { code: { cluster: { kind: 'nats', credentials: { token: 'geheim', user: 'u', password: 'geheim' } } } },
      'cluster.credentials.user as given (code) and cluster.credentials.token as given (code) exclude each other: a server is shown one kind of credentials',
    ],
    [
      'files of a TLS that is off',
      { code: { cluster: { kind: 'nats', tls: { ca: 'a' } } }, env: { MABEAM_CLUSTER__TLS: 'false' } },
      'cluster.tls false (env) and cluster.tls.ca "a" (code) exclude each other: without TLS nothing is read from there',
    ],
  ])('%s is refused', async (_, options, expected) => {
    expect(await sentence(options)).toBe(`configuration: ${expected}`)
  })
})

describe('caches', () => {
  test('are as the profile says, and as code says over it', async () => {
    const caches = async (options: ConfigurationOptions) => (await load(options)).values.caches
    expect(await caches({})).toEqual({ tiers: 'shared', ttlMs: 300_000, entriesMax: 10_000, computeWaitMs: 30_000 })
    expect(await caches({ profile: 'enterprise' })).toMatchObject({ entriesMax: 10_000, ttlMs: 60_000 })
    expect(await caches({ code: { caches: { tiers: 'process' } } })).toMatchObject({ tiers: 'process' })
  })

  test('of a node are opened so, unless they say otherwise', async () => {
    await using node = await startNode({ caches: { entriesMax: 1 } })
    const small = await node.cache<number>('small')
    const large = await node.cache<number>('large', { entriesMax: 2 })
    for (const cache of [small, large])
      await cache.warmUp([
        ['a', 1],
        ['b', 2],
      ])
    expect([small.stats.entries, large.stats.entries]).toEqual([1, 2])
    await expect(startNode({ caches: { entryMax: 1 } as object })).rejects.toThrow('did you mean "entriesMax"?')
  })
})

describe('conflicts', () => {
  test('a mailbox that blocks and lets nobody wait names both keys and where they came from', async () => {
    const thrown = await failure({ env: { MABEAM_WAITERS_MAX: '0' }, code: { overflow: 'block' } })
    expect(thrown.code).toBe('foundation/conflicting-settings')
    expect(thrown.message).toMatch(
      /^configuration: overflow "block" \(code\) and waitersMax 0 \(env\) exclude each other/,
    )
    expect(thrown.data).toEqual({ keys: ['overflow', 'waitersMax'], sources: ['code', 'env'] })
    expect((await load({ code: { overflow: 'block', waitersMax: 1 } })).values.overflow).toBe('block')
    expect((await load({ code: { waitersMax: 0 } })).values.waitersMax).toBe(0)
  })

  test('enterprise forbids replaced states and calls without a deadline; production does not', async () => {
    const code = { inspectable: true }
    expect(await sentence({ profile: 'enterprise', code })).toMatch(/profile "enterprise" .* inspectable true \(code\)/)
    expect((await load({ profile: 'production', code })).values.inspectable).toBe(true)
    const env = { MABEAM_CALL_TIMEOUT_MS: 'Infinity' }
    expect(await sentence({ profile: 'enterprise', env })).toMatch(/callTimeoutMs Infinity \(env\)/)
    expect((await load({ profile: 'production', env })).values.callTimeoutMs).toBe(Infinity)
  })
})

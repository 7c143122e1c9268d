import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMabeamError, memoryEngine } from '@mabeam/foundation'
import { collectTelemetry } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type StartOptions, startNode } from './start-node.ts'

/** Without a file, in an environment of its own, which is that of a test. */
const start = (options: StartOptions = {}, env: { readonly [name: string]: string } = {}) =>
  startNode({ configuration: { file: false, env: { NODE_ENV: 'test', ...env } }, ...options })

async function refusal(options: StartOptions, env: { readonly [name: string]: string } = {}): Promise<string> {
  const thrown = await start(options, env).then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  )
  return isMabeamError(thrown) ? `${thrown.code} ${thrown.message}` : String(thrown)
}

describe('a node that is started', () => {
  test('takes its options from profile, file, environment and code', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mabeam-start-'))
    await writeFile(join(directory, 'mabeam.config.json'), '{"system": "shop", "name": "of-file"}')
    const env = { NODE_ENV: 'test', MABEAM_NAME: 'of-env' }
    await using node = await startNode({ configuration: { directory, env }, messageBytesMax: 5_000 })
    expect([node.system, node.name, node.engine.name]).toEqual(['shop', 'of-env', 'memory'])
    await rm(directory, { recursive: true })
  })

  test('says in one event and one line what was chosen, and why', async () => {
    const telemetry = collectTelemetry()
    const lines: string[] = []
    await using _ = await start({ name: 'n1', cluster: 'none', telemetry, log: (line) => lines.push(line) })
    expect(telemetry.events.filter(({ name }) => name === 'mabeam.cluster-chosen')).toEqual([
      {
        name: 'mabeam.cluster-chosen',
        measurements: { count: 1 },
        metadata: {
          system: 'mabeam',
          node: 'n1',
          engine: 'memory',
          reason: 'cluster is none (code)',
          profile: 'development',
          profileReason: 'nothing names one, and nothing says that this is production',
        },
      },
    ])
    expect(lines).toEqual(['n1 of system mabeam: no other process (cluster is none (code)), profile development'])
  })

  test('is alone in a test that says nothing', async () => {
    const lines: string[] = []
    await using _ = await start({ log: (line) => lines.push(line) })
    expect(lines[0]).toContain('no other process (nothing names a cluster, and this is a test)')
  })

  test('keeps its caches to itself where there is no other process, unless that is said', async () => {
    await using alone = await start({ cluster: 'none' })
    await using shared = await start({ cluster: 'none', caches: { tiers: 'shared' } })
    for (const node of [alone, shared]) await (await node.cache<string>('pages')).set('a', 'b')
    const kept = async (node: typeof alone) => (await node.engine.stores()).map(({ name }) => name)
    expect(await kept(alone)).toEqual([])
    expect(await kept(shared)).not.toEqual([])
  })

  test('uses the engine it is given, and all that is no plain data', async () => {
    await using engine = memoryEngine()
    await using a = await start({ engine, name: 'a', epoch: 5 })
    expect([a.engine, a.epoch]).toEqual([engine, 5])
    await using b = await start({ engine, name: 'b', profile: 'production' })
    expect((await b.membership()).members().map(({ name }) => name)).toContain('a')
  })
})

describe('what can not be started', () => {
  test.each<[string, StartOptions, { readonly [name: string]: string }, string]>([
    [
      'production that does not say by what nodes meet',
      { profile: 'production' },
      {},
      'mabeam/cluster-unsaid startNode: cluster: expected one of none',
    ],
    [
      'production on one machine',
      { profile: 'production', cluster: 'local' },
      {},
      'mabeam/cluster-refused startNode: cluster: expected nodes that meet on servers',
    ],
    [
      'an option that is misspelt',
      { clutser: 'none' } as object,
      {},
      'foundation/unknown-name startNode: unknown option "clutser"; did you mean "cluster"?',
    ],
    ['a port that is misspelt', { telemtry: {} } as object, {}, 'did you mean "telemetry"?'],
    [
      'a kind that is misspelt',
      { cluster: 'kubernets' } as object,
      {},
      'cluster: expected one of none, local, nats, kubernetes, consul, dns, auto, got "kubernets"',
    ],
    [
      'a detail that is misspelt',
      { cluster: { kind: 'nats', server: 'a' } } as object,
      {},
      'did you mean "cluster.servers"?',
    ],
    [
      'an engine beside a cluster',
      { engine: memoryEngine(), cluster: 'none' },
      {},
      'cluster: expected nothing beside engine, got "none" (code)',
    ],
    [
      'an engine where the environment names a cluster',
      { engine: memoryEngine() },
      { MABEAM_CLUSTER: 'local' },
      'got "local" (env)',
    ],
    [
      'a token that is nowhere',
      { cluster: { kind: 'consul', apiToken: 'env:NO_SUCH' } },
      {},
      'cluster.apiToken: expected a token in the variable NO_SUCH, got nothing; set it',
    ],
    ['an address that is none', { cluster: { kind: 'nats', servers: 'http://a:1' } }, {}, 'http://a:1'],
    [
      'sources that are no object',
      { configuration: 5 } as object,
      {},
      'startNode: configuration: expected an object, got 5',
    ],
    [
      'a source that is code',
      { configuration: { code: {} } } as object,
      {},
      'startNode: configuration: unknown option "code"',
    ],
  ])('is refused: %s', async (_, options, env, expected) => {
    expect(await refusal(options, env)).toContain(expected)
  })
})

import { describe, expect, test } from 'vitest'
import type { Baseline } from './baseline.ts'
import { type ConfigurationOptions, loadConfiguration } from './configuration.ts'
import type { Environment } from './environment.ts'
import { readiness } from './readiness.ts'
import type { ReadinessFacts, Severity } from './readiness-finding.ts'

const baseline: Baseline = {
  kind: 'mabeam-baseline',
  version: 1,
  atMs: 1_750_000_000_000,
  nodeVersion: '24.2.0',
  cores: 2,
  callsPerSec: 1_000_000,
  castsPerSec: 5_000_000,
  spawnsPerSec: 200_000,
  codecBytesPerSec: 50_000_000,
}

/** A machine that has all it needs. */
const machine: Environment = {
  container: true,
  kubernetes: null,
  ci: false,
  cores: 2,
  memoryBytes: 64 * 2 ** 30,
  platform: 'linux',
  nodeVersion: '24.2.0',
  userId: 1000,
}
const facts: ReadinessFacts = { engine: 'nats', telemetry: true, baseline }
const system = { system: 'shop' }

interface World {
  readonly options?: ConfigurationOptions
  readonly environment?: Partial<Environment>
  readonly facts?: Partial<ReadinessFacts>
}

async function report(world: World = {}) {
  const options = { profile: 'production', code: system, ...world.options } as const
  const configuration = await loadConfiguration({ file: false, env: {}, ...options })
  return readiness(configuration, { ...machine, ...world.environment }, { ...facts, ...world.facts })
}

const withCode = (code: ConfigurationOptions['code']): World => ({ options: { code: { ...system, ...code } } })

describe('readiness', () => {
  test('nothing is found where there is nothing to find', async () => {
    expect(await report()).toEqual({ ready: true, findings: [], baseline })
  })

  test.each<[string, Severity, World]>([
    ['development-in-cluster', 'warning', { options: { profile: 'development' }, environment: { kubernetes: {} } }],
    ['inspectable', 'warning', withCode({ inspectable: true })],
    ['root-in-container', 'warning', { environment: { userId: 0 } }],
    ['system-unnamed', 'warning', { options: { code: {} } }],
    ['node-too-old', 'error', { environment: { nodeVersion: '22.9.0' } }],
    ['node-too-old', 'error', { environment: { nodeVersion: 'unknown' } }],
    ['plain-connection', 'warning', withCode({ cluster: 'kubernetes' })],
    ['plain-connection', 'warning', withCode({ cluster: { kind: 'nats', tls: false } })],
    ['open-servers', 'warning', withCode({ cluster: { kind: 'nats', tls: true } })],
    ['written-secret', 'warning', withCode({ cluster: { kind: 'nats', credentials: { token: 'abc' } } })],
    ['written-secret', 'warning', withCode({ security: { secret: ['env:A', 'written-'.repeat(4)] } })],
    ['unsigned-messages', 'warning', withCode({ cluster: { kind: 'nats', tls: true } })],
    ['one-machine', 'error', withCode({ cluster: 'local' })],
    ['node-not-maintained-long', 'warning', { environment: { nodeVersion: '25.1.0' } }],
    ['codec-on', 'warning', withCode({ codec: true })],
    ['no-call-deadline', 'error', withCode({ callTimeoutMs: Infinity })],
    ['mailbox-memory', 'warning', { environment: { memoryBytes: 8 * 2 ** 30 } }],
    ['actor-memory', 'warning', withCode({ actorsMax: 100_000_000 })],
    ['actor-memory', 'error', withCode({ actorsMax: 1_000_000_000 })],
    ['thread-memory', 'warning', withCode({ threads: { heapBytesMax: 8 * 2 ** 30 } })],
    ['no-baseline', 'info', { facts: { baseline: undefined } as object }],
    ['slower-than-before', 'warning', { facts: { baselineBefore: { ...baseline, callsPerSec: 1_300_000 } } }],
    ['memory-engine', 'warning', { facts: { engine: 'memory' } }],
    ['name-shared', 'warning', { ...withCode({ name: 'n1' }), environment: { kubernetes: {} } }],
    ['no-telemetry', 'warning', { facts: { telemetry: false } }],
  ])('%s is a finding of severity %s', async (code, severity, world) => {
    const { findings, ready } = await report(world)
    const found = findings.find((one) => one.code === code)
    expect(found).toMatchObject({ code, severity })
    expect(found?.fix).not.toBe('')
    expect(ready).toBe(findings.every((one) => one.severity !== 'error'))
  })

  test('root, memory engine and no telemetry keep an enterprise from being ready, and are only told in development', async () => {
    const world: World = { environment: { userId: 0 }, facts: { engine: 'memory', telemetry: false } }
    const of = async (profile: 'development' | 'production' | 'enterprise') => {
      const { ready, findings } = await report({ ...world, options: { profile } })
      const codes = ['root-in-container', 'memory-engine', 'no-telemetry']
      return [ready, ...codes.map((code) => findings.find((one) => one.code === code)?.severity)]
    }
    expect(await of('development')).toEqual([true, 'info', 'info', 'info'])
    expect(await of('production')).toEqual([true, 'warning', 'warning', 'warning'])
    expect(await of('enterprise')).toEqual([false, 'error', 'error', 'error'])
  })

  test('servers with TLS, and credentials and a secret by reference, are no finding, nor is a machine in development', async () => {
    const cluster = { kind: 'nats', tls: true, credentials: { user: 'u', password: 'env:P' } } as const
    const security = { secret: 'file:/run/secrets/mabeam' }
    expect((await report(withCode({ cluster, security }))).findings).toEqual([])
    const { findings } = await report({ options: { profile: 'development', code: { ...system, cluster: 'local' } } })
    expect(findings.filter(({ code }) => code === 'one-machine')).toEqual([])
  })

  test('root is a finding in a container only', async () => {
    expect((await report({ environment: { userId: 0, container: false } })).findings).toEqual([])
  })

  test('errors come first, infos last', async () => {
    const { findings } = await report({
      ...withCode({ callTimeoutMs: Infinity, codec: true }),
      facts: { baseline: undefined } as object,
    })
    expect(findings.map((one) => one.severity)).toEqual(['error', 'warning', 'info'])
  })

  test('memory is enough at the bound and not a byte below', async () => {
    const codes = async (memoryBytes: number) =>
      (await report({ environment: { memoryBytes } })).findings.map((one) => one.code)
    const mailbox = 1_048_576 * 10_000
    expect(await codes(mailbox)).toEqual([])
    expect(await codes(mailbox - 1)).toEqual(['mailbox-memory'])
  })

  test('actors may take half of the memory without a word, all of it with a warning, and no more', async () => {
    const severity = async (actorsMax: number) => {
      const code = { ...system, actorsMax, messageBytesMax: 1, threads: { heapBytesMax: 2 ** 24 } }
      const { findings } = await report({ options: { code }, environment: { memoryBytes: 800_000_000 } })
      return findings.map((one) => `${one.code} ${one.severity}`)
    }
    expect(await severity(1_000_000)).toEqual([])
    expect(await severity(1_000_001)).toEqual(['actor-memory warning'])
    expect(await severity(2_000_000)).toEqual(['actor-memory warning'])
    expect(await severity(2_000_001)).toEqual(['actor-memory error'])
  })

  test('a name that the pod gives through the environment is no shared one', async () => {
    const env = { MABEAM_NAME: 'api-0' }
    const { findings } = await report({ options: { env }, environment: { kubernetes: {} } })
    expect(findings).toEqual([])
  })

  test('threads that the node counts itself are counted by the cores', async () => {
    const threads = { heapBytesMax: 2 ** 30, ownThreadsMax: 0 }
    const world = (cores: number): World => ({
      ...withCode({ threads, messageBytesMax: 1 }),
      environment: { cores, memoryBytes: 4 * 2 ** 30 },
    })
    expect((await report(world(5))).findings).toEqual([])
    expect((await report(world(6))).findings.map((one) => one.code)).toEqual(['thread-memory'])
  })
})

import { describe, expect, test } from 'vitest'
import { type CheckedSettings, defaultReplicas, isOlder, serverFindings } from './server-checks.ts'
import type { ClusterFacts, ServerFacts } from './server-facts.ts'

const server = (name: string, more: Partial<ServerFacts> = {}): ServerFacts => ({
  name,
  id: `id of ${name}`,
  version: '2.15.1',
  jetstream: true,
  skewMs: 3,
  ...more,
})
const three: ClusterFacts = {
  address: 'n1:4222',
  servers: [server('n1'), server('n2'), server('n3')],
  known: 3,
  jetstreamMissing: undefined,
  limits: {},
  payloadMax: 1_048_576,
  syncAlways: true,
  monitorFailure: undefined,
}
const strict: CheckedSettings = { durability: 'strict', replicas: 3, clockSkewMaxMs: 5_000 }
const relaxed: CheckedSettings = { ...strict, durability: 'relaxed', replicas: 1 }
const codes = (facts: Partial<ClusterFacts>, settings: Partial<CheckedSettings> = {}) =>
  serverFindings({ ...three, ...facts }, { ...strict, ...settings }).map(({ severity, code }) => `${severity} ${code}`)

describe('serverFindings', () => {
  test('three servers of today whose disks are synced are all one can ask for', () => {
    expect(codes({})).toEqual([])
  })

  test('a server before 2.11 is refused, by name and version, even one of three', () => {
    const servers = [server('n1'), server('n2', { version: '2.10.29' })]
    const [finding] = serverFindings({ ...three, servers }, strict)
    expect(finding).toMatchObject({ severity: 'error', code: 'cluster-too-old' })
    expect(finding?.sentence).toMatch('2.10.29 of n2')
    expect(codes({ servers: [server('n1', { version: '2.11.0' })] }, relaxed)).toContain('warning server-untested')
    expect(codes({ servers: [server('n1', { version: 'who knows' })] }, relaxed)).toContain('error cluster-too-old')
  })

  test('without JetStream nothing is kept, so nothing starts', () => {
    const [finding] = serverFindings({ ...three, jetstreamMissing: { reason: 'not enabled', forEver: true } }, strict)
    expect(finding).toMatchObject({ severity: 'error', code: 'no-jetstream' })
    expect(finding?.fix).toMatch('-js')
    const notYet = { reason: 'timeout', forEver: false }
    expect(codes({ jetstreamMissing: notYet })).toEqual(['error jetstream-not-ready'])
  })

  test('one copy is refused where durability is strict, and told where it is relaxed', () => {
    expect(codes({}, { replicas: 1 })).toContain('error not-replicated')
    expect(codes({}, { replicas: 2 })).toContain('error not-replicated')
    expect(codes({}, relaxed)).toContain('warning not-replicated')
    expect(codes({ known: 4 }, { replicas: 4 })).toEqual(['info even-replicas'])
  })

  test('more copies than servers are refused', () => {
    expect(codes({}, { replicas: 5 })).toContain('error too-few-servers')
    expect(codes({ known: 5 }, { replicas: 5 })).toEqual([])
  })

  test('a disk that is synced later is refused where durability is strict; one that nobody tells of is said', () => {
    expect(codes({ syncAlways: false })).toEqual(['error not-synced'])
    expect(codes({ syncAlways: false }, relaxed)).toContain('warning not-synced')
    expect(codes({ syncAlways: undefined })).toEqual(['info sync-unknown'])
    expect(codes({ syncAlways: undefined, monitorFailure: 'nobody is there' })).toEqual(['warning monitor-unreadable'])
  })

  test('a clock that is an hour off is warned of and stops nothing', () => {
    const findings = serverFindings({ ...three, servers: [server('n1', { skewMs: -3_600_000 })] }, strict)
    expect(findings).toMatchObject([{ severity: 'warning', code: 'clock-skew' }])
    expect(findings[0]?.sentence).toMatch('3600 s behind ours')
    expect(codes({ servers: [server('n1', { skewMs: 5_000 })] })).toEqual([])
    expect(codes({ servers: [server('n1', { skewMs: 5_001 })] })).toEqual(['warning clock-skew'])
  })

  test('an account or a server with little room is warned of', () => {
    expect(codes({ limits: { max_streams: 15 } })).toEqual(['warning account-limits'])
    expect(codes({ limits: { max_streams: 16, max_storage: 2 ** 26 } })).toEqual([])
    expect(codes({ payloadMax: 65_536 })).toEqual(['warning small-payload'])
  })

  test('errors come first', () => {
    const severities = codes({
      payloadMax: 1,
      syncAlways: false,
      jetstreamMissing: { reason: 'no', forEver: true },
    }).map((one) => one.split(' ')[0])
    expect(severities).toEqual(['error', 'error', 'warning'])
  })

  test('every finding says what to do', () => {
    const all = serverFindings(
      { ...three, payloadMax: 1, syncAlways: undefined, servers: [] },
      { ...strict, replicas: 5 },
    )
    for (const { sentence, fix } of all) expect(sentence.length * fix.length).toBeGreaterThan(0)
  })
})

describe('defaultReplicas', () => {
  test('is three where three servers are there or known, and one elsewhere', () => {
    expect(defaultReplicas(three)).toBe(3)
    expect(defaultReplicas({ servers: [server('n1')], known: 3 })).toBe(3)
    expect(defaultReplicas({ servers: [server('n1'), server('n2')], known: 2 })).toBe(1)
    expect(defaultReplicas({ servers: three.servers.concat(server('n4'), server('n5')), known: 1 })).toBe(3)
  })
})

describe('isOlder', () => {
  test('compares versions by their numbers', () => {
    const pairs = [
      ['2.9.10', '2.11.0', true],
      ['2.11.0', '2.11.0', false],
      ['2.11.0-RC.1', '2.11.0', false],
      ['v2.15.1', '2.15.0', false],
      ['3.0.0', '2.99.99', false],
      ['', '0.0.1', true],
    ] as const
    for (const [a, b, older] of pairs) expect(isOlder(a, b), `${a} before ${b}`).toBe(older)
  })
})

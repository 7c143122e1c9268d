import { describe, expect, test } from 'vitest'
import { type AgentConfiguration, checkConfiguration } from './agent-configuration.ts'
import { agentHealth } from './agent-health.ts'
import { Voter } from './agents.fixture.ts'
import { checkEcosystem, type EcosystemConfiguration } from './ecosystem.ts'
import { foundAgents } from './found-agents.ts'
import { capacityOf, sumOf } from './registry-resources.ts'

const words = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`)
const resources = (count: number) => Object.fromEntries(words(count).map((word) => [word, 1]))

describe('checkConfiguration', () => {
  const check = (more: object) => () =>
    checkConfiguration('agent x', { id: 'x', definition: Voter, ...more } as AgentConfiguration)

  test.each([
    ['id', { id: '' }],
    ['id', { id: 'x'.repeat(65) }],
    ['id', { id: 'crew.lead' }],
    ['id', { id: 7 }],
    ['module', { module: './x.ts' }],
    ['module', { definition: undefined }],
    ['export', { export: 'Voter' }],
    ['type', { type: 'two words' }],
    ['restart', { restart: 'always' }],
    ['restart', { restart: 'transient', placement: 'singleton' }],
    ['restartsMax', { restartsMax: -1 }],
    ['windowMs', { windowMs: Number.NaN }],
    ['capabilities', { capabilities: 'vote' }],
    ['capabilities', { capabilities: ['vote', 'vote'] }],
    ['capabilities', { capabilities: [''] }],
    ['capabilities', { capabilities: words(65) }],
    ['resources', { resources: { cpu: -1 } }],
    ['resources', { resources: { cpu: Number.NaN } }],
    ['resources', { resources: { cpu: Number.POSITIVE_INFINITY } }],
    ['resources', { resources: { cpu: '2' } }],
    ['resources', { resources: [1] }],
    ['resources', { resources: resources(33) }],
    ['placement', { placement: 'everywhere' }],
    ['placement', { placement: { node: '' } }],
    ['placement', { placement: { node: 'n1', zone: 'a' } }],
    ['isolation', { isolation: 'process' }],
    ['startMs', { startMs: 0 }],
    ['mailboxCapacity', { mailboxCapacity: 1.5 }],
  ])('names the field %s that is wrong: %j', (field, more) => {
    expect(check(more)).toThrow(`agent x: ${field}: expected `)
  })

  test('takes what is at the limits, and says what an unknown field may have meant', () => {
    expect(check({ capabilities: words(64), resources: resources(32), id: 'x'.repeat(64) })).not.toThrow()
    expect(check({ capabilites: [] })).toThrow('unknown option "capabilites"; did you mean "capabilities"?')
    for (const nothing of [undefined, null, 'x']) {
      expect(() => checkConfiguration('agent', nothing as never)).toThrow('agent: options: expected an object')
    }
  })
})

describe('checkEcosystem', () => {
  const check = (more: object) => () =>
    checkEcosystem({ id: 'crew', roles: { lead: { definition: Voter } }, ...more } as EcosystemConfiguration)

  test('names the role and the field that is wrong', () => {
    expect(check({})).not.toThrow()
    expect(check({ roles: {} })).toThrow('ecosystem crew: roles: expected 1 to 100 roles, got 0')
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`r${i}`, { definition: Voter }]))
    expect(check({ roles: many })).toThrow('got 101')
    expect(check({ roles: Object.fromEntries(Object.entries(many).slice(1)) })).not.toThrow()
    expect(check({ roles: { 'a.b': { definition: Voter } } })).toThrow('ecosystem crew: roles: ')
    expect(check({ roles: { lead: { definition: Voter, placement: 'singleton' } } })).toThrow('role lead: placement: ')
    expect(check({ roles: { lead: { definition: Voter, type: '' } } })).toThrow('role lead: type: ')
    expect(check({ roles: { lead: null } })).toThrow('role lead: ')
    expect(check({ strategy: 'all' })).toThrow('ecosystem crew: strategy: ')
  })
})

describe('agentHealth', () => {
  const base = {
    status: 'running',
    mailboxSize: 0,
    mailboxCapacity: 10,
    handlerMs: undefined,
    runningMs: 60_000,
    restarts: 0,
  } as const

  test.each([
    ['healthy', {}],
    ['healthy', { mailboxSize: 4 }],
    ['degraded', { mailboxSize: 5 }],
    ['unhealthy', { mailboxSize: 9 }],
    ['healthy', { handlerMs: 30_000 }],
    ['degraded', { handlerMs: 30_001 }],
    ['degraded', { restarts: 1, runningMs: 4_999 }],
    ['healthy', { restarts: 1, runningMs: 5_000 }],
    ['unknown', { mailboxSize: undefined }],
    ['degraded', { status: 'starting' as const }],
    ['unhealthy', { status: 'failed' as const }],
    ['healthy', { status: 'stopped' as const }],
  ])('is %s for %j', (health, more) => {
    expect(agentHealth({ ...base, ...more })).toBe(health)
  })
})

describe('what is added up and found', () => {
  test('capacity is that of nodes that are there, and only what one of them has', () => {
    const node = { cores: 4, memoryBytes: 2 ** 30, gpus: 0 }
    const members = [
      { ...node, status: 'alive' },
      { ...node, status: 'suspect' },
      { ...node, status: 'down' },
    ] as const
    expect(capacityOf(members)).toEqual({ cpu: 8, memoryMiB: 2048 })
    expect(sumOf([])).toEqual({})
  })

  test('instances that others registered, unhealthy ones and doubles are no agents', () => {
    const address = { system: 's', node: 'n1', epoch: 1, id: 1 }
    const one = { capabilities: ['vote'], address, isHealthy: true }
    const metadata = { agent: 'a', id: 'a', type: 'judge', placement: 'local', resources: {} }
    const instances = [
      { ...one, metadata: {} },
      { ...one, metadata: { agent: 7, id: 'a' } },
      { ...one, metadata: { ...metadata, agent: 'b', id: 'b' }, isHealthy: false },
      { ...one, metadata },
      { ...one, metadata },
    ]
    expect(foundAgents(instances, {})).toHaveLength(1)
    expect(foundAgents(instances, { ids: ['a'], type: 'judge', capability: 'vote' })).toHaveLength(1)
    for (const query of [{ ids: [] }, { type: 'coder' }, { capability: 'code' }])
      expect(foundAgents(instances, query)).toEqual([])
  })
})

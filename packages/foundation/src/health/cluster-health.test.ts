import { describe, expect, test } from 'vitest'
import type { MemberStatus } from '../membership/member.ts'
import { clusterHealth, type HealthMember } from './cluster-health.ts'

const nowMs = 100_000
const member = (name: string, status: MemberStatus = 'alive', more: Partial<HealthMember> = {}): HealthMember => ({
  name,
  status,
  load: 0.1,
  sinceMs: 0,
  ...more,
})
const three = [member('a'), member('b'), member('c', 'alive', { load: 0.4 })]

describe('clusterHealth', () => {
  test('all are there', () => {
    expect(clusterHealth(three, { nowMs })).toEqual({
      status: 'healthy',
      reasons: [],
      expectedNodes: 3,
      actualNodes: 3,
      nodes: { alive: 3, suspect: 0, down: 0, left: 0 },
      partitionSuspected: false,
      load: expect.closeTo(0.2),
      worst: { name: 'c', status: 'alive', load: 0.4 },
    })
  })

  test('one of three down is degraded, two of four unhealthy', () => {
    const one = clusterHealth([...three.slice(0, 2), member('c', 'down')], { nowMs })
    expect([one.status, one.actualNodes, one.expectedNodes]).toEqual(['degraded', 2, 3])
    expect(one.reasons[0]?.sentence).toBe('expected 3 nodes, got 2 alive')
    const two = clusterHealth([member('a'), member('b'), member('c', 'down'), member('d', 'down')], { nowMs })
    expect(two.status).toBe('unhealthy')
  })

  test('a node that left is not missed, unless it is expected', () => {
    const members = [member('a'), member('b'), member('c', 'left')]
    expect(clusterHealth(members, { nowMs }).status).toBe('healthy')
    const expected = clusterHealth(members, { nowMs, expectedNodes: 3 })
    expect([expected.status, expected.actualNodes]).toEqual(['degraded', 2])
  })

  test('nodes that never came are missed when they are expected', () => {
    expect(clusterHealth([member('a')], { nowMs, expectedNodes: 5 })).toMatchObject({
      status: 'unhealthy',
      actualNodes: 1,
    })
  })

  test('a partition is suspected when a third is lost together, not when it went one by one', () => {
    const lostAt = (b: number, c: number) =>
      clusterHealth(
        [...'adef']
          .map((one) => member(one))
          .concat(member('b', 'down', { sinceMs: b }), member('c', 'suspect', { sinceMs: c })),
        { nowMs },
      )
    expect(lostAt(95_000, 99_000).partitionSuspected).toBe(true)
    expect(lostAt(70_000, 99_000).partitionSuspected).toBe(true)
    expect(lostAt(69_999, 99_000).partitionSuspected).toBe(false)
    const seven = clusterHealth(
      [...'adefg']
        .map((one) => member(one))
        .concat(member('b', 'down', { sinceMs: nowMs }), member('c', 'down', { sinceMs: nowMs })),
      { nowMs },
    )
    expect(seven.partitionSuspected).toBe(false)
    const single = clusterHealth([member('a'), member('b', 'down', { sinceMs: nowMs })], { nowMs })
    expect(single.partitionSuspected).toBe(false)
  })

  test('without a majority it is unhealthy and a partition, whatever else', () => {
    expect(clusterHealth(three, { nowMs, hasMajority: false })).toMatchObject({
      status: 'unhealthy',
      partitionSuspected: true,
    })
  })

  test('the worst node is the one lost last, else the busiest', () => {
    const lost = [member('b', 'down', { sinceMs: 1 }), member('c', 'suspect', { sinceMs: 2 })]
    expect(clusterHealth([member('a', 'alive', { load: 5 }), ...lost], { nowMs }).worst?.name).toBe('c')
    expect(clusterHealth([], { nowMs }).worst).toBeNull()
  })

  test('an overloaded node degrades it, at the bound, and is named', () => {
    const busy = (load: number) => clusterHealth([member('a'), member('b', 'alive', { load })], { nowMs })
    expect(busy(0.89).status).toBe('healthy')
    expect(busy(0.9).reasons[0]?.sentence).toBe('load is 0.9 or more on b')
    const many = Array.from({ length: 7 }, (_, i) => member(`n${i}`, 'alive', { load: 1 }))
    expect(clusterHealth(many, { nowMs }).reasons[0]?.sentence).toBe(
      'load is 0.9 or more on n0, n1, n2, n3, n4 and 2 more',
    )
  })

  test('impossible options are refused', () => {
    expect(() => clusterHealth(three, { nowMs, expectedNodes: 0 })).toThrow(
      'clusterHealth: expectedNodes: expected an integer',
    )
  })
})

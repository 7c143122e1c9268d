import type { ClusterNode, ClusterStatus } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { formatClusterStatus } from './cluster-tables.ts'

const style = { bold: (text: string) => text, width: 120 }

const counts = { nodes: 0, places: 0, placements: 0, queues: 0, sessions: 0, services: 0, names: 0, stores: 0 }
const nothing: ClusterStatus = {
  version: 1,
  system: 'shop',
  atMs: 0,
  engine: { name: 'local', status: 'connected' },
  nodes: [],
  places: [],
  placements: [],
  queues: [],
  sessions: [],
  services: [],
  names: [],
  stores: [],
  counts,
}

const here = {
  actors: 12,
  uptimeMs: 7_200_000,
  phase: 'serving',
  memory: { residentBytes: 2 ** 26 },
  health: { status: 'healthy', reasons: [] },
}

const node = (name: string, more: object = {}): ClusterNode =>
  ({
    name,
    presence: 'here',
    knownBy: ['session'],
    session: 7,
    status: here,
    failure: '',
    ...more,
  }) as unknown as ClusterNode

describe('the status of a system', () => {
  test('of which no node is up says so in one line', () => {
    expect(formatClusterStatus(nothing, style)).toBe('System shop on engine local (connected): 0 nodes')
  })

  test('says of a node that is not healthy why', () => {
    const health = { status: 'degraded', reasons: ['the event loop is late by 80 ms', 'memory is short'] }
    const text = formatClusterStatus({ ...nothing, nodes: [node('a', { status: { ...here, health } })] }, style)
    expect(text.split('\n').at(-1)).toMatch(/^ a {6}here {4}degraded .* 7 {3}the event loop is late by 80 ms$/)
  })

  test('lists nodes with what they hold, those that are drained or gone too', () => {
    const text = formatClusterStatus(
      {
        ...nothing,
        nodes: [
          node('a'),
          node('b', { status: { ...here, phase: 'drained', uptimeMs: 5_000 } }),
          node('c', { presence: 'gone', status: null, session: null }),
          node('d', { presence: 'failed', status: null, failure: 'of another version' }),
        ],
        places: [{ place: 'indexer', node: 'a', fence: 9 }],
        counts: { ...counts, nodes: 4, places: 1 },
      },
      style,
    )
    expect(text.split('\n').slice(0, 8)).toEqual([
      'System shop on engine local (connected): 4 nodes, 2 of them here',
      '',
      'Nodes',
      ' node   state     health    holds   actors   up for   memory   lease',
      ' a      here      healthy       1       12      2 h   64 MiB       7',
      ' b      drained   healthy       0       12      5 s   64 MiB       7',
      ' c      gone                    0                               none',
      ' d      failed                  0                                  7   of another version',
    ])
  })

  test('lists who holds a place by which token, and who else would', () => {
    const text = formatClusterStatus(
      {
        ...nothing,
        places: [
          { place: 'indexer', node: 'a', fence: 9 },
          { place: 'shards.0', node: null, fence: 3 },
        ],
        placements: [
          { name: 'indexer', terms: 'singleton', offeredBy: ['a', 'b'] },
          { name: 'shards', terms: 'partitioned 2', offeredBy: ['b'] },
        ],
        counts: { ...counts, places: 2, placements: 2 },
      },
      style,
    )
    expect(text).toContain(' indexer    a             9   singleton       a, b')
    expect(text).toContain(' shards.0   nobody        3   partitioned 2   b')
  })

  test('lists queues, services and names', () => {
    const text = formatClusterStatus(
      {
        ...nothing,
        queues: [
          { name: 'mails', depths: { waiting: 5, underWay: 2, dead: 1 }, workers: 3 },
          { name: 'lost', depths: null, workers: 0 },
        ],
        services: [{ name: 'search', instances: 3, healthy: 2, nodes: ['a', 'b'] }],
        names: [{ name: 'butler', node: 'b' }],
      },
      style,
    )
    expect(text).toContain(' mails         5           2      1         3')
    expect(text).toContain(' lost          ?           ?      ?         0')
    expect(text).toContain(' search     2 of 3   a, b')
    expect(text).toContain(' butler   b')
  })

  test('shows fifty of a list and counts the rest', () => {
    const of = (count: number) => {
      const names = Array.from({ length: count }, (_, i) => ({ name: `n${i}`, node: 'a' }))
      return formatClusterStatus({ ...nothing, names, counts: { ...counts, names: count } }, style)
    }
    expect(of(50)).not.toContain('more')
    expect(of(51)).toContain(' and 1 more, in the JSON')
    expect(of(51)).not.toContain('n50')
  })

  test('lets no name of others break its lines', () => {
    const text = formatClusterStatus(
      { ...nothing, names: [{ name: 'a\nb', node: 'x'.repeat(500) }], counts: { ...counts, names: 1 } },
      style,
    )
    expect(text.split('\n').length).toBe(5)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(130)
  })
})

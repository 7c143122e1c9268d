import { describe, expect, test } from 'vitest'
import { createCodec } from '../codec/codec.ts'
import { createHealth } from '../health/health.ts'
import { silentTelemetry } from '../telemetry.ts'
import { virtualClock } from '../testing/index.ts'
import { type ClusterFacts, clusterLimits, clusterStatus } from './cluster-status.ts'
import { nothingLeft } from './drain-part.ts'
import { type NodeFacts, nodeStatus, statusLimits } from './node-status.ts'
import { answerBytes, readAnswer } from './operation-message.ts'

async function facts(over: Partial<NodeFacts>): Promise<NodeFacts> {
  const clock = virtualClock()
  await using health = createHealth({ system: 'test', name: 'n1', clock, telemetry: silentTelemetry })
  return {
    system: 'test',
    name: 'n1',
    epoch: 1,
    program: '0.0.0',
    labels: {},
    atMs: 0,
    uptimeMs: 0,
    phase: 'serving',
    left: nothingLeft,
    engine: { name: 'memory', status: 'connected' },
    session: 1,
    actors: 0,
    places: [],
    names: [],
    queues: [],
    caches: [],
    cells: [],
    members: [],
    report: health.report(),
    ...over,
  }
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `x${String(i).padStart(5, '0')}`)

describe('nodeStatus', () => {
  test('shows as many of each list as the limit says, in order, and counts all', async () => {
    const { places: placesMax, names: namesMax, members: membersMax } = statusLimits
    const made = async (more: number) =>
      nodeStatus(
        await facts({
          places: names(placesMax + more)
            .reverse()
            .map((place) => ({ place, fence: 1 })),
          names: names(namesMax + more),
          members: names(membersMax + more).map((name) => ({ name, epoch: 1, status: 'alive', draining: false })),
          left: { ...nothingLeft, places: names(placesMax + more) },
        }),
      )
    for (const more of [0, 1]) {
      const status = await made(more)
      expect([status.places.length, status.names.length, status.members.length]).toEqual([
        placesMax,
        namesMax,
        membersMax,
      ])
      expect(status.counts).toMatchObject({
        places: placesMax + more,
        names: namesMax + more,
        members: membersMax + more,
      })
      expect(status.left.places).toHaveLength(placesMax)
      expect(status.places[0]?.place).toBe('x00000')
    }
  })

  test('at all its limits is an answer that can be sent', async () => {
    const long = (list: readonly string[], length: number) => list.map((name) => name.padEnd(length, 'x'))
    const workers = { count: 1, underWay: 1, done: 1, failed: 1, rejected: 1, lost: 1 }
    const stats = { hits: 1, sharedHits: 1, misses: 1, computes: 1, evictions: 1, entries: 1, hitRate: 1 }
    const full = nodeStatus(
      await facts({
        places: long(names(statusLimits.places), 64).map((place) => ({ place, fence: 1e9 })),
        names: long(names(statusLimits.names), 200),
        members: long(names(statusLimits.members), 64).map((name) => ({
          name,
          epoch: 1,
          status: 'alive',
          draining: false,
        })),
        queues: long(names(statusLimits.queues), 200).map((name) => ({
          name,
          depths: { waiting: 1, underWay: 1, dead: 1 },
          workers,
        })),
        caches: long(names(statusLimits.caches), 200).map((name) => ({ name, ...stats })),
        cells: long(names(statusLimits.cells), 512),
      }),
    )
    const codec = createCodec({})
    expect(readAnswer(codec, answerBytes(codec, { result: full }))).toMatchObject({ name: 'n1' })
  })

  test('that is too long for its codec is answered with the reason', async () => {
    const codec = createCodec({ bytesMax: 1_000 })
    const long = nodeStatus(await facts({ names: names(500) }))
    expect(() => readAnswer(codec, answerBytes(codec, { result: long }))).toThrow('at most 1000 bytes')
  })
})

describe('clusterStatus', () => {
  test('shows as many of each list as the limit says, numbers in names by their value, and counts all', () => {
    const none: ClusterFacts = {
      system: 'test',
      atMs: 0,
      engine: { name: 'memory', status: 'connected' },
      nodes: [],
      places: [],
      placements: [],
      queues: [],
      sessions: [],
      services: [],
      names: [],
      stores: [],
    }
    const places = ['s.10', 's.2', 's.1'].map((place) => ({ place, node: null, fence: 1 }))
    expect(clusterStatus({ ...none, places }).places.map(({ place }) => place)).toEqual(['s.1', 's.2', 's.10'])
    for (const more of [0, 1]) {
      const queues = names(clusterLimits.queues + more).map((name) => ({ name, depths: null, workers: 0 }))
      const status = clusterStatus({ ...none, queues })
      expect([status.queues.length, status.counts.queues]).toEqual([clusterLimits.queues, clusterLimits.queues + more])
    }
  })
})

import { startNode } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { agents } from '../../agents/agents.ts'
import { defineAgent } from '../../agents/define-agent.ts'
import type { Gathered } from '../../sessions/collector.ts'
import { hostWorld, Voter } from '../../testing/host-world.fixture.ts'
import { byzantineCollector } from './byzantine-collector.ts'
import { verifyAskCertificate } from './decided-ask.ts'
import type { ReplicaHostOptions } from './host-options.ts'
import { openReplicaHost, type ReplicaHost } from './replica-host.ts'

const four = ['a', 'b', 'c', 'd']
const apart = four.map((id) => [id])
const { signal } = new AbortController()
const macKey = new Uint8Array(32).fill(7)

describe('members of one node', () => {
  test('agree without cryptography, at once, and keep nothing', async () => {
    await using world = await hostWorld([four])
    const gathered = await world.ask('one')
    expect(world.answersOf(gathered)).toEqual(['answer', 'answer', 'answer', 'answer'])
    expect(gathered.messages).toBeGreaterThan(12)
    const decided = world.telemetry.named('coordination.agreement-decided')
    expect(decided.map(({ measurements, metadata }) => [measurements.views, measurements.fast, metadata.mode])).toEqual(
      [[1, 1, 'kernel']],
    )
    expect(world.hosts[0]?.stats()).toEqual({ running: 0, announced: 0, early: 0 })
  })

  test.each(['kernel', 'mac', 'sig'] as const)('leave no timer when they have decided, by %s', async (mode) => {
    await using world = await hostWorld([four], () => ({ mode, macKey }))
    await world.ask('one')
    const pending = world.clock.pendingTimers
    for (let ask = 0; ask < 5; ask++) await world.ask(`ask ${ask}`)
    expect(world.clock.pendingTimers).toBe(pending)
    await world.hosts[0]?.[Symbol.asyncDispose]()
    expect(world.clock.pendingTimers).toBeLessThanOrEqual(pending)
  })

  test('are too few below four, and none of them may hold a third', async () => {
    await using world = await hostWorld([four])
    const host = world.hosts[0] as ReplicaHost
    const members = world.team.members.slice(0, 3)
    const ask = {
      session: 's',
      ask: 'x',
      request: 'vote',
      input: new Uint8Array(),
      answerBytesMax: 10,
      asked: [],
    } as const
    const question = { type: 'ask', ...ask, asked: [] } as const
    await expect(
      host.agree({ question: { ...question, asked: [] }, members, timeoutMs: 100 }, signal),
    ).rejects.toMatchObject({
      code: 'coordination/too-few-members',
    })
    const weighed = world.team.members.map(({ id, actor }) => ({ id, actor, weight: id === 'a' ? 2 : 1 }))
    await expect(
      host.agree({ question: { ...question, asked: [] }, members: weighed, timeoutMs: 100 }, signal),
    ).rejects.toMatchObject({
      code: 'coordination/invalid-weight',
    })
  })

  test('of whom some were not asked decide all the same', async () => {
    await using world = await hostWorld([four])
    const gathered = await world.ask('one', { to: world.team.members.slice(0, 2) })
    expect(gathered.answers.map(({ from }) => from)).toEqual(['a', 'b'])
    const certificate = gathered.certificate
    expect(certificate?.terms.members).toHaveLength(4)
  })

  test('are each asked their own, where they are', async () => {
    await using world = await hostWorld([four])
    const Own = defineAgent(import.meta.url, {
      name: 'own',
      version: 1,
      init: () => null,
      requests: { refine: (state, { own }) => [state, { value: own }] },
    })
    const node = world.nodes[0]
    if (node === undefined) throw new Error('no node')
    for (const name of ['o1', 'o2', 'o3', 'o4']) await node.spawn(Own, undefined, { name })
    const { members } = agents(node, ['o1', 'o2', 'o3', 'o4'])
    const collector = byzantineCollector(world.hosts[0] as ReplicaHost, { members })
    const heard: Gathered[] = []
    const input = { session: 's', round: 1, question: 'q', own: null, standing: [] }
    const ask = { session: 's', ask: 'own', round: 1, request: 'refine', input, inputBytes: 1, to: members } as const
    const own = { o1: 1, o2: 2, o3: 3, o4: 4 }
    const collected = { ...ask, own, timeoutMs: 1_000, answerBytesMax: 1_000 }
    await world.settle(collector.collect(collected, (one) => heard.push(one), signal))
    expect(heard[0]?.answers.map((one) => 'value' in one && one.value)).toEqual(
      [1, 2, 3, 4].map((value) => ({ value })),
    )
  })
})

describe('agents that are no help', () => {
  const Odd = defineAgent(import.meta.url, {
    name: 'odd',
    version: 1,
    init: (way: string) => way,
    requests: {
      async vote(way, _, { clock }) {
        if (way === 'throws') throw new Error('no')
        if (way === 'slow') await new Promise<void>((resolve) => clock.setTimer(1_500, resolve))
        if (way === 'malformed') return [way, { option: 7 as never }]
        return [way, { option: way === 'large' ? 'x'.repeat(1_000) : 'a' }]
      },
    },
  })

  test('are absent with the reason, and hold nobody up beyond their time', async () => {
    await using world = await hostWorld([four])
    const [node] = world.nodes
    if (node === undefined) throw new Error('no node')
    const ways = ['throws', 'slow', 'malformed', 'large', 'fine', 'fine-2', 'fine-3']
    for (const way of ways) await node.spawn(Odd, way, { name: way, restart: 'permanent' })
    const { members } = agents(node, [...ways, 'nobody'])
    const collector = byzantineCollector(world.hosts[0] as ReplicaHost, { members })
    const heard: Gathered[] = []
    const input = { session: 's', round: 1, question: 'q', options: ['a'] }
    const ask = { session: 's', ask: 'odd', round: 1, request: 'vote', input, inputBytes: 1, to: members } as const
    const beganMs = world.clock.monotonicMs()
    await world.settle(
      collector.collect({ ...ask, timeoutMs: 2_000, answerBytesMax: 500 }, (one) => heard.push(one), signal),
    )
    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(2_000)
    await world.clock.advance(2_000)
    expect(heard[0]?.answers.map((one) => ('absent' in one ? one.absent : 'fine'))).toEqual([
      'failed',
      'late',
      'malformed',
      'too-large',
      'fine',
      'fine',
      'fine',
      'gone',
    ])
  })
})

describe('members of several nodes', () => {
  const modes: readonly ReplicaHostOptions[] = [{}, { mode: 'mac', macKey }]
  for (const options of modes) {
    test(`agree in mode ${options.mode ?? 'sig'}, all on the same, without waiting for any timer`, async () => {
      await using world = await hostWorld(apart, () => options)
      const gathered = await world.ask('one')
      expect(world.answersOf(gathered)).toEqual(['answer', 'answer', 'answer', 'answer'])
      await world.clock.advance(100)
      const decided = world.telemetry.named('coordination.agreement-decided')
      expect(new Set(decided.map(({ metadata }) => metadata.digest)).size).toBe(1)
      expect(decided.map(({ metadata }) => metadata.node).sort()).toEqual(['n1', 'n2', 'n3', 'n4'])
      expect(decided.every(({ measurements }) => measurements.views === 1 && (measurements.latencyMs ?? 0) < 100)).toBe(
        true,
      )
      expect(world.hosts.map((host) => host.stats())).toEqual(apart.map(() => ({ running: 0, announced: 0, early: 0 })))
    })
  }

  test('give a certificate that a stranger can check, and that is worth nothing when anything of it is changed', async () => {
    await using world = await hostWorld(apart)
    const { certificate, answers } = await world.ask('one')
    if (certificate === undefined) throw new Error('no certificate')
    const proved = verifyAskCertificate(certificate)
    expect(proved?.map((one) => 'value' in one && one.value)).toEqual(answers.map((one) => 'value' in one && one.value))
    const { terms, decision, question } = certificate
    const [first, ...rest] = decision.certificate.votes
    if (first === undefined) throw new Error('no vote')
    const changed = [
      { ...certificate, agreement: '0'.repeat(64) },
      { ...certificate, terms: { ...terms, nonce: 'another' } },
      { ...certificate, terms: { ...terms, members: terms.members.slice(1) } },
      { ...certificate, decision: { ...decision, certificate: { ...decision.certificate, votes: rest.slice(0, 1) } } },
      { ...certificate, question: { ...question, session: 'another' } },
      { ...certificate, question: { ...question, ask: 'another' } },
      { ...certificate, question: { ...question, request: 'ballot' as const } },
      { ...certificate, question: { ...question, input: Uint8Array.of(1) } },
      { ...certificate, question: { ...question, asked: question.asked.slice(1) } },
      { ...certificate, question: undefined as never },
      { ...certificate, terms: undefined as never },
      { ...certificate, terms: { ...terms, specification: '[]' } },
    ]
    for (const one of changed) expect(verifyAskCertificate(one)).toBeUndefined()
  })

  test('are asked by a node that has none of them', async () => {
    await using world = await hostWorld([[], ...apart])
    const gathered = await world.ask('one')
    expect(world.answersOf(gathered)).toEqual(['answer', 'answer', 'answer', 'answer'])
    expect(world.hosts[0]?.stats()).toEqual({ running: 0, announced: 0, early: 0 })
  })

  test('decide without the one whose node has no host', async () => {
    await using world = await hostWorld(apart)
    await world.ask('all there')
    await world.hosts[3]?.[Symbol.asyncDispose]()
    const gathered = await world.ask('one away')
    expect(world.answersOf(gathered)).toEqual(['answer', 'answer', 'answer', 'late'])
  })

  test('come to nothing without a quorum, which is said: all are late, for the time being', async () => {
    await using world = await hostWorld(apart)
    await world.ask('all there')
    for (const host of world.hosts.slice(2)) await host[Symbol.asyncDispose]()
    const gathered = await world.ask('no quorum')
    expect(world.answersOf(gathered)).toEqual(['late', 'late', 'late', 'late'])
    expect(gathered).toMatchObject({ provisional: true })
    expect(gathered.certificate).toBeUndefined()
    await world.clock.advance(5_000)
    expect(world.hosts.slice(0, 2).map((host) => host.stats().running)).toEqual([0, 0])
    expect(world.telemetry.named('coordination.agreement-undecided')[0]?.metadata).toMatchObject({
      reason: 'no-quorum',
    })
  })

  test('that began anew are found by their next life', async () => {
    await using world = await hostWorld(apart)
    await world.ask('all there')
    // The same node, with nothing of what it had: its keys are others by now.
    await world.hosts[3]?.[Symbol.asyncDispose]()
    const [, , , node] = world.nodes
    if (node === undefined) throw new Error('no node')
    await using _ = await openReplicaHost(node)
    expect(world.answersOf(await world.ask('old keys'))).toContain('late')
    await world.clock.advance(1_000)
    expect(world.answersOf(await world.ask('new keys'))).toEqual(['answer', 'answer', 'answer', 'answer'])
  })
})

describe('what ends early', () => {
  test('is released on all nodes when whoever asked does not want it any more', async () => {
    await using world = await hostWorld(apart)
    await world.ask('all there')
    for (const host of world.hosts.slice(2)) await host[Symbol.asyncDispose]()
    const control = new AbortController()
    const collector = byzantineCollector(world.hosts[0] as ReplicaHost, world.team)
    const input = { session: 's', round: 1, question: 'q', options: ['a'] }
    const ask = { session: 's', ask: 'gone', round: 1, request: 'vote', input, inputBytes: 1 } as const
    const done = collector.collect(
      { ...ask, to: world.team.members, timeoutMs: 60_000, answerBytesMax: 100 },
      () => {},
      control.signal,
    )
    done.catch(() => {})
    await world.clock.advance(300)
    expect(world.hosts.slice(0, 2).map((host) => host.stats().running)).toEqual([1, 1])
    control.abort(new Error('enough'))
    await expect(done).rejects.toThrow('enough')
    await world.clock.advance(100)
    expect(world.hosts.slice(0, 2).map((host) => host.stats())).toEqual(
      [0, 1].map(() => ({ running: 0, announced: 0, early: 0 })),
    )
  })

  test('rejects when the host closes, which leaves no timer and can be done twice', async () => {
    const clock = virtualClock()
    await using node = await startNode({ clock })
    const host = await openReplicaHost(node)
    for (const name of four) await node.spawn(Voter, 'a', { name })
    const timers = clock.pendingTimers
    const { members } = agents(node, four)
    const collector = byzantineCollector(host, { members })
    const input = { session: 's', round: 1, question: 'q', options: ['a'] }
    const ask = { session: 's', ask: 'x', round: 1, request: 'vote', input, inputBytes: 1, to: members } as const
    const done = collector.collect({ ...ask, timeoutMs: 1_000, answerBytesMax: 100 }, () => {}, signal)
    done.catch(() => {})
    await host[Symbol.asyncDispose]()
    await host[Symbol.asyncDispose]()
    await expect(done).rejects.toMatchObject({ code: 'coordination/host-closed' })
    expect(clock.pendingTimers).toBe(timers)
  })
})

describe('limits of a host', () => {
  test('agreementsMax: as many at once, and one more is refused', async () => {
    await using world = await hostWorld([four], () => ({ agreementsMax: 2 }))
    const two = [world.ask('one'), world.ask('two')]
    await expect(world.ask('three')).rejects.toMatchObject({ code: 'coordination/agreements-limit', retryable: true })
    await Promise.all(two)
  })

  test('agreementsMax: where others begin, too, and it is counted', async () => {
    await using world = await hostWorld(apart, (at) => (at === 3 ? { agreementsMax: 1 } : {}))
    await world.ask('all there')
    for (const host of world.hosts.slice(1, 3)) await host[Symbol.asyncDispose]()
    await Promise.all([world.ask('one'), world.ask('two')])
    const refused = world.telemetry.named('coordination.message-refused').map(({ metadata }) => metadata)
    expect(refused).toContainEqual({ system: 'mabeam', node: 'n4', reason: 'agreements-limit' })
  })

  test('membersMax: as many, and one more is refused', async () => {
    await using world = await hostWorld([[...four, 'e']], () => ({ membersMax: 5 }))
    await world.ask('five')
    const [node] = world.nodes
    const { members } = agents(node as never, [...four, 'e', 'f'])
    const collector = byzantineCollector(world.hosts[0] as ReplicaHost, { members })
    const input = { session: 's', round: 1, question: 'q', options: ['a'] }
    const ask = { session: 's', ask: 'six', round: 1, request: 'vote', input, inputBytes: 1, to: members } as const
    await expect(
      collector.collect({ ...ask, timeoutMs: 1_000, answerBytesMax: 100 }, () => {}, signal),
    ).rejects.toMatchObject({
      code: 'coordination/mode-unavailable',
    })
  })

  test('options that can’t be are refused by name', async () => {
    await using node = await startNode()
    await expect(openReplicaHost(node, { viewMs: 0 })).rejects.toThrow(
      'openReplicaHost: viewMs: expected a number from 1',
    )
    await expect(openReplicaHost(node, { viewMs: Number.NaN })).rejects.toThrow('viewMs')
    await expect(openReplicaHost(node, { mode: 'mac' })).rejects.toThrow('macKey: expected a key')
    await expect(openReplicaHost(node, { macKey: new Uint8Array(31) })).rejects.toThrow(
      'macKey: expected at least 32 bytes',
    )
    await expect(openReplicaHost(node, { viewms: 1 } as never)).rejects.toThrow('did you mean "viewMs"?')
    await using world = await hostWorld(apart, () => ({ mode: 'kernel' }))
    await expect(world.ask('x')).rejects.toMatchObject({ code: 'coordination/mode-unavailable' })
  })
})

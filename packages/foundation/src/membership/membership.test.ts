import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { collectTelemetry, settled, testPort, virtualClock } from '../testing/index.ts'
import { mortalPort } from '../testing/mortal-port.ts'
import type { MemberChange } from './membership.ts'
import { openMembership } from './membership-runtime.ts'

function cluster() {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const port = (name: string, epoch = 1) => testPort({ engine, clock, name, epoch })
  return { clock, engine, port, join: (name: string, epoch = 1) => openMembership(port(name, epoch)) }
}

const statuses = (one: { members(): readonly { name: string; status: string }[] }) =>
  one.members().map((member) => `${member.name} ${member.status}`)

describe('openMembership', () => {
  test('the first node finds itself alone, at once', async () => {
    const { join } = cluster()
    await using one = await join('n1')
    expect(statuses(one)).toEqual(['n1 alive'])
  })

  test('who joins is told of all others, and all others of it', async () => {
    const { join } = cluster()
    await using a = await join('a')
    await using b = await join('b')
    await using c = await join('c')
    await settled()
    for (const one of [a, b, c]) expect(statuses(one)).toEqual(['a alive', 'b alive', 'c alive'])
  })

  test('two that join at the same time find each other', async () => {
    const { join } = cluster()
    const [a, b] = await Promise.all([join('a'), join('b')])
    await settled()
    for (const one of [a, b]) expect(statuses(one)).toEqual(['a alive', 'b alive'])
    await a.close()
    await b.close()
  })

  test('who leaves says so, and nothing is left of it', async () => {
    const { clock, join } = cluster()
    await using a = await join('a')
    const b = await join('b')
    const changes: MemberChange[] = []
    a.onChange((change) => changes.push(change))
    await b.close()
    await b.close()
    await settled()
    expect(statuses(a)).toEqual(['a alive', 'b left'])
    expect(changes.map(({ member, before }) => [before?.status, member.status])).toEqual([['alive', 'left']])
    await a.close()
    expect(clock.pendingTimers).toBe(0)
  })

  test('where nobody listens any more, the node is suspected at the next ping and down when it does not object', async () => {
    const { clock, port } = cluster()
    const telemetry = collectTelemetry()
    await using a = await openMembership({ ...port('a'), telemetry })
    const mortal = mortalPort(port('b'))
    await openMembership(mortal.port)
    await settled()
    await mortal.kill()
    await clock.advance(400)
    expect(a.member('b')?.status).toBe('suspect')
    await clock.advance(1_600)
    expect(a.member('b')?.status).toBe('down')
    expect(telemetry.named('foundation.member-changed').map((one) => one.metadata.status)).toEqual([
      'alive',
      'suspect',
      'down',
    ])
  })

  test('who loses most members at once may be the smaller half of a partition, and says so until they are back', async () => {
    const { clock, port } = cluster()
    const telemetry = collectTelemetry()
    await using a = await openMembership({ ...port('a'), telemetry })
    const others = ['b', 'c'].map((name) => mortalPort(port(name)))
    for (const one of others) await openMembership(one.port)
    for (const one of others) await one.kill()
    await clock.advance(3_000)
    expect(a.hasMajority).toBe(false)
    expect(telemetry.named('foundation.partition-seen')).toHaveLength(1)
    await using _b = await openMembership(port('b', 2))
    await settled()
    expect(a.hasMajority).toBe(true)
    expect(telemetry.named('foundation.partition-healed')).toHaveLength(1)
  })

  test('a higher epoch of a name replaces the lower one at once, which is told', async () => {
    const { join } = cluster()
    await using a = await join('a')
    await using old = await join('b', 1)
    await settled()
    await using young = await join('b', 2)
    await settled()
    expect(a.member('b')).toMatchObject({ epoch: 2, status: 'alive' })
    await old.replaced
    expect(young.member('b')?.epoch).toBe(2)
  })

  test('what a node says about itself is known to all within a second', async () => {
    const { clock, join } = cluster()
    await using a = await join('a')
    await using b = await join('b')
    await settled()
    b.update({ load: 0.5, labels: { zone: 'z1' } })
    await clock.advance(1_000)
    expect(a.member('b')).toMatchObject({ load: 0.5, labels: { zone: 'z1' }, cores: 1 })
    for (const load of [0.51, 0.52, 0.53]) b.update({ load })
    expect(b.self.load).toBe(0.53)
    await clock.advance(1_000)
    expect(a.member('b')?.load).toBe(0.53)
    expect(a.member('b')?.incarnation).toBeLessThan(4)
    const before = a.lastChangeMs
    b.update({ load: 0.6 })
    await clock.advance(1_000)
    expect(a.lastChangeMs).toBe(before)
  })

  test('attributes may be as long as the limit, and not longer', async () => {
    const { join } = cluster()
    await using a = await join('a')
    const labels = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, 'x']))
    a.update({ labels: labels(32) })
    expect(() => a.update({ labels: labels(33) })).toThrow('at most 32 texts by label')
    expect(() => a.update({ labels: { a: 'x'.repeat(256), b: 'x'.repeat(256) } })).not.toThrow()
    const long = Object.fromEntries(['a', 'b', 'c', 'd'].map((label) => [label, 'x'.repeat(256)]))
    expect(() => a.update({ labels: long })).toThrow('at most 1024 bytes when encoded')
    expect(() => a.update({ laod: 1 } as object)).toThrow('did you mean "load"')
  })

  test('past membersMax a node is not taken in, and that is reported', async () => {
    const { port } = cluster()
    const telemetry = collectTelemetry()
    await using a = await openMembership({ ...port('a'), telemetry }, { membersMax: 2 })
    await using _b = await openMembership(port('b'))
    await settled()
    expect(a.members()).toHaveLength(2)
    expect(telemetry.named('foundation.member-refused')).toEqual([])
    await using _c = await openMembership(port('c'))
    await settled()
    expect(a.members()).toHaveLength(2)
    expect(telemetry.named('foundation.member-refused')[0]?.metadata).toMatchObject({ member: 'c' })
  })

  test('bytes that are no message of a member are reported and change nothing', async () => {
    const { engine, port } = cluster()
    const telemetry = collectTelemetry()
    const given = port('a')
    await using a = await openMembership({ ...given, telemetry })
    for (const value of [1, { v: 2 }, { v: 1, type: 'ping' }, { v: 1, type: 'ping', from: { name: 'x' } }]) {
      engine.publish('test.member.node.a', given.codec.encode(value))
    }
    await settled()
    expect(telemetry.named('foundation.member-message-unreadable')).toHaveLength(4)
    expect(a.members()).toHaveLength(1)
  })
})

import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { seededRandom } from '../random.ts'
import { collectTelemetry, settled, testPort, virtualClock } from '../testing/index.ts'
import { mortalPort } from '../testing/mortal-port.ts'
import type { MemberChange } from './membership.ts'
import { openMembership } from './membership-runtime.ts'
import { lifeVerdict } from './node-life.ts'

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

describe('two nodes of one name', () => {
  test('and one epoch: the later one is refused, and the first goes on', async () => {
    const { clock, port } = cluster()
    const telemetry = collectTelemetry()
    await using first = await openMembership({ ...port('n1'), telemetry })
    await using other = await openMembership(port('n2'))
    const second = openMembership({ ...port('n1'), random: seededRandom('another') })
    await expect(second).rejects.toMatchObject({ code: 'foundation/node-name-taken', data: { node: 'n1', epoch: 1 } })
    await expect(second).rejects.toThrow('give each node a name of its own')
    await clock.advance(20_000)
    for (const one of [first, other]) expect(statuses(one)).toEqual(['n1 alive', 'n2 alive'])
    expect(telemetry.events.map(({ name }) => name)).not.toContain('foundation.node-name-taken')
  })

  test('and one epoch that start at the same moment: one stays, whoever it is', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { clock, port } = cluster()
      const starting = ['a', 'b', 'c'].map(async (which) => {
        const one = await openMembership({ ...port('n1'), random: seededRandom(`${which} ${seed}`) })
        let over = false
        void one.replaced.then(() => {
          over = true
        })
        return { one, over: () => over }
      })
      const opened = await Promise.allSettled(starting)
      await clock.advance(5_000)
      const staying = opened.filter((one) => one.status === 'fulfilled' && !one.value.over())
      expect(staying, `seed ${seed}`).toHaveLength(1)
      for (const one of opened) if (one.status === 'fulfilled') await one.value.one.close()
      expect(clock.pendingTimers).toBe(0)
    }
  })

  test('whose lives follow each other are not refused: after an end, and with a higher epoch', async () => {
    const { clock, port, join } = cluster()
    await (await join('n1')).close()
    await using again = await join('n1')
    const joining = openMembership(port('n1', 2))
    await clock.advance(2_000)
    await using later = await joining
    await again.replaced
    expect(later.self.epoch).toBe(2)
  })

  test('one that hangs and does not answer holds nobody up for longer than the time to join', async () => {
    const { clock, engine, join } = cluster()
    await engine.subscribe('test.member.life.n1', () => {})
    const joining = join('n1')
    await clock.advance(500)
    await using one = await joining
    expect(one.self.status).toBe('alive')
  })
})

describe('lifeVerdict', () => {
  const bugs: { readonly [bug: string]: typeof lifeVerdict } = {
    'one that always insists': (own, other) => (lifeVerdict(own, other) === 'ignore' ? 'ignore' : 'insist'),
    'one that always yields': (own, other) => (lifeVerdict(own, other) === 'ignore' ? 'ignore' : 'yield'),
    'one that takes itself for another': (own, other) => (own.tag <= other.tag ? 'insist' : 'yield'),
    'one that minds other epochs': (own, other) => lifeVerdict({ ...own, epoch: 1 }, { ...other, epoch: 1 }),
  }
  const isLawful = (verdict: typeof lifeVerdict) => () => {
    const lives = [1, 2].flatMap((epoch) => [5, 6, 7].map((tag) => ({ epoch, tag })))
    for (const a of lives) {
      for (const b of lives) {
        const verdicts = [verdict(a, b), verdict(b, a)].sort()
        const isOther = a.epoch === b.epoch && a.tag !== b.tag
        expect(verdicts).toEqual(isOther ? ['insist', 'yield'] : ['ignore', 'ignore'])
      }
    }
  }

  test('lets exactly one of two lives go on', isLawful(lifeVerdict))
  for (const [bug, verdict] of Object.entries(bugs)) {
    test(`its law finds ${bug}`, () => expect(isLawful(verdict)).toThrow())
  }
})

describe('two systems of one name on one engine', () => {
  const of = (systemId: string) => ({ attributes: { systemId } })

  test('are told apart by what they say they are, and the later one is refused', async () => {
    const { port } = cluster()
    await using first = await openMembership(port('a'), of('shop'))
    const refused = openMembership(port('b'), of('blog'))
    await expect(refused).rejects.toMatchObject({
      code: 'foundation/system-taken',
      data: { systemId: 'blog', there: 'shop' },
    })
    await using same = await openMembership(port('c'), of('shop'))
    await using silent = await openMembership(port('d'))
    await settled()
    for (const one of [first, same, silent]) {
      const here = statuses(one).filter((status) => status.endsWith('alive'))
      expect(here).toEqual(['a alive', 'c alive', 'd alive'])
    }
  })

  test('that start at the same moment are told of', async () => {
    const { clock, port } = cluster()
    const telemetry = collectTelemetry()
    const opening = [
      openMembership({ ...port('a'), telemetry }, of('shop')),
      openMembership({ ...port('b'), telemetry }, of('blog')),
    ]
    const opened = await Promise.all(opening)
    await clock.advance(1_000)
    const told = telemetry.events.filter(({ name }) => name === 'foundation.system-shared')
    expect(told.map(({ metadata }) => metadata.systemId).sort()).toEqual(['blog', 'shop'])
    for (const one of opened) await one.close()
  })
})

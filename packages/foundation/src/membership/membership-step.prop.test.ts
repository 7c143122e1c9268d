import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { type ContractCase, failingCases } from '../testing/index.ts'
import { SimulatedMembers, type SimulationOptions } from '../testing/simulated-members.ts'
import { type MemberNews, type MemberStatus, nodeAttributesDefaults, supersedes } from './member.ts'
import { membershipDefaults } from './membership-options.ts'
import { newMembership } from './membership-state.ts'
import { type MembershipStep, membershipStep } from './membership-step.ts'

const statuses: readonly MemberStatus[] = ['alive', 'suspect', 'down', 'left']

/** What any number of members keep to, whatever the network does. */
function membershipLaws(step: MembershipStep): readonly ContractCase[] {
  const law = (name: string, options: Omit<SimulationOptions, 'seed'>, check: (world: SimulatedMembers) => void) => ({
    name,
    async run() {
      for (let seed = 0; seed < 4; seed++) {
        const world = new SimulatedMembers({ seed, step, ...options })
        world.joinAll(12)
        assert.ok(world.isWhole, `seed ${seed}: not all hold all for alive after joining`)
        check(world)
      }
    },
  })
  const first = (world: SimulatedMembers) => world.members[0] ?? assert.fail()
  return [
    law('a death without a word is seen by all within three seconds, and stays so', {}, (world) => {
      first(world).isDead = true
      world.run(3_000)
      assert.ok(world.views('n1').every((view) => view === 'down'))
      world.run(60_000)
      assert.ok(world.views('n1').every((view) => view === 'down'))
    }),
    law('where nobody listens any more it takes two', { tellsNobody: true }, (world) => {
      first(world).isDead = true
      world.run(2_000)
      assert.ok(world.views('n1').every((view) => view === 'down'))
    }),
    law('nobody healthy is held for down at 10 % loss', { loss: 0.1 }, (world) => {
      world.run(120_000)
      assert.deepEqual(
        world.sightings.filter((one) => one.status === 'down'),
        [],
      )
    }),
    law('who leaves has left for all, and nobody calls it down', {}, (world) => {
      world.leave(first(world))
      world.run(5_000)
      assert.ok(world.views('n1').every((view) => view === 'left'))
      assert.ok(!world.sightings.some((one) => one.status === 'down'))
    }),
    law('who was paused and declared down learns it and comes back with a higher incarnation', {}, (world) => {
      const paused = first(world)
      const before = paused.state.self.incarnation
      paused.pausedUntilMs = world.nowMs + 10_000
      world.run(9_000)
      assert.ok(world.views('n1').every((view) => view === 'down' || view === 'alive'))
      assert.ok(world.living.slice(1).every((one) => world.view(one, 'n1') === 'down'))
      const seen = world.sightings.length
      world.run(15_000)
      assert.ok(world.isWhole)
      assert.ok(paused.state.self.incarnation > before)
      const blamed = world.sightings.slice(seen).filter((one) => one.by === 'n1' && one.status === 'down')
      assert.deepEqual(blamed, [], 'it took its own silence for that of the others')
    }),
    law('who was paused while it suspected another does not call it down when it goes on', {}, (world) => {
      const paused = first(world)
      const held = paused.state.members.get('n2') ?? assert.fail()
      const ping = { type: 'ping', from: held, news: [{ ...held, status: 'suspect' as const }] } as const
      world.send(paused, { type: 'received', message: ping, atMs: world.nowMs })
      paused.pausedUntilMs = world.nowMs + 5_000
      world.run(15_000)
      assert.ok(world.isWhole)
      assert.ok(!world.sightings.some((one) => one.of === 'n2' && one.status === 'down'))
    }),
    law('who is busy for ten seconds is held for alive all the while', {}, (world) => {
      const seen = world.sightings.length
      first(world).busyUntilMs = world.nowMs + 10_000
      world.run(15_000)
      assert.ok(world.isWhole)
      assert.deepEqual(world.sightings.slice(seen), [])
    }),
    law('who is busy for twenty seconds is not held for down, also where 10 % is lost', { loss: 0.1 }, (world) => {
      first(world).busyUntilMs = world.nowMs + 20_000
      world.run(20_000)
      assert.ok(!world.sightings.some((one) => one.status === 'down'))
      world.run(5_000)
      assert.ok(world.isWhole)
    }),
    law('two halves find each other again, and nobody is held for down then', {}, (world) => {
      for (const [i, one] of world.members.entries()) one.side = i % 2
      world.run(20_000)
      const seen = world.sightings.length
      for (const one of world.members) one.side = 0
      world.run(40_000)
      assert.ok(world.isWhole)
      assert.ok(!world.sightings.slice(seen).some((one) => one.status === 'down'))
    }),
    law('a higher epoch replaces the lower at once, and the lower is told', {}, (world) => {
      const old = first(world)
      world.join('n1', 2)
      world.run(1_000)
      assert.ok(world.isWhole)
      assert.ok(old.replaced)
    }),
    law('an attribute reaches all within two seconds', {}, (world) => {
      const attributes = { ...nodeAttributesDefaults, load: 0.7 }
      world.send(first(world), { type: 'attributes', attributes, atMs: world.nowMs })
      world.run(2_000)
      assert.ok(world.living.slice(1).every((one) => one.state.members.get('n1')?.attributes.load === 0.7))
    }),
    law('a quiet system says nothing new, and news end', {}, (world) => {
      world.run(30_000)
      const seen = world.sightings.length
      world.run(30_000)
      assert.equal(world.sightings.length, seen)
      assert.ok(world.living.every((one) => one.state.queue.size === 0 && one.state.probes.size <= 3))
    }),
  ]
}

describe('membershipStep keeps the laws', () => {
  for (const { name, run } of membershipLaws(membershipStep)) test(name, run)
})

describe('the laws notice', () => {
  const before = (change: (...given: Parameters<MembershipStep>) => Parameters<MembershipStep>): MembershipStep =>
    ((...given: Parameters<MembershipStep>) => membershipStep(...change(...given))) as MembershipStep
  const timed = (change: Partial<typeof membershipDefaults>): MembershipStep =>
    before((state, event, random) => [
      { ...state, timings: { ...state.timings, ...(change as object) } },
      event,
      random,
    ])
  const mutants: Record<string, MembershipStep> = {
    'a suspect that has no time to object': before((state, event, random) => [
      { ...state, timings: { ...state.timings, suspicionMs: 0, suspicionMinMs: 0 } },
      event,
      random,
    ]),
    'suspicion that lasts too long': timed({ suspicionMs: 6_000 as never }),
    'a member that never objects': ((state, event, random) => {
      const [next, commands] = membershipStep(state, event, random)
      const { incarnation } = state.self
      return [
        event.type === 'received' || event.type === 'answered'
          ? { ...next, self: { ...next.self, incarnation } }
          : next,
        commands,
      ]
    }) as MembershipStep,
    'the dead that are never tried again': before((state, event, random) => [
      { ...state, retryDownAtMs: Number.POSITIVE_INFINITY },
      event,
      random,
    ]),
    'news that are never passed on': ((state, event, random) => {
      const [next, commands] = membershipStep(state, event, random)
      return [{ ...next, queue: new Map() }, commands]
    }) as MembershipStep,
    'a pause blamed on the others': ((state, event, random) =>
      membershipStep(
        event.type === 'tick' ? { ...state, tickMs: event.atMs } : state,
        event,
        random,
      )) as MembershipStep,
    'nobody asked to try on its behalf, and no second try': ((state, event, random) =>
      membershipStep(
        state,
        event.type === 'unanswered' && event.why === 'silence' ? { ...event, why: 'nobody' } : event,
        random,
      )) as MembershipStep,
    'a pulse that is not listened to': ((state, event, random) =>
      membershipStep(
        state,
        event.type === 'beating' ? { ...event, type: 'unanswered', why: 'silence' } : event,
        random,
      )) as MembershipStep,
    'a silence that is ignored': ((state, event, random) =>
      membershipStep(
        state,
        event.type === 'unanswered' ? { ...event, why: 'unsent' } : event,
        random,
      )) as MembershipStep,
    'nobody there taken for silence, and given ten times as long': ((state, event, random) =>
      event.type === 'unanswered' && event.why === 'nobody'
        ? [state, []]
        : membershipStep(state, event, random)) as MembershipStep,
    'a replaced node that goes on': ((state, event, random) => {
      const [next, commands] = membershipStep(state, event, random)
      return [next, commands.filter((one) => one.type !== 'replaced')]
    }) as MembershipStep,
    'a departure that is not said': ((state, event, random) =>
      event.type === 'leave' ? [state, []] : membershipStep(state, event, random)) as MembershipStep,
  }
  for (const [name, mutant] of Object.entries(mutants)) {
    test(name, async () => {
      expect(await failingCases(membershipLaws(mutant))).not.toEqual([])
    })
  }
})

describe('supersedes', () => {
  const random = seededRandom(3)
  const any = () => ({
    epoch: random.int(3),
    incarnation: random.int(3),
    status: statuses[random.int(4)] as MemberStatus,
  })

  test('of two different pieces of news one holds, the same on every node, and never both', () => {
    for (let i = 0; i < 2_000; i++) {
      const [a, b] = [any(), any()]
      const isSame =
        a.epoch === b.epoch && a.status === b.status && (a.status === 'left' || a.incarnation === b.incarnation)
      expect(Number(supersedes(a, b)) + Number(supersedes(b, a))).toBe(isSame ? 0 : 1)
    }
  })

  test('it orders all news: what holds over the second holds over the third', () => {
    for (let i = 0; i < 5_000; i++) {
      const [a, b, c] = [any(), any(), any()]
      if (supersedes(a, b) && supersedes(b, c)) expect(supersedes(a, c)).toBe(true)
    }
  })
})

describe('membershipStep', () => {
  const news = (name: string): MemberNews => ({
    name,
    epoch: 1,
    incarnation: 0,
    status: 'alive',
    attributes: nodeAttributesDefaults,
    attributesRevision: 0,
    suspectedMs: 0,
  })
  const hear = (state: ReturnType<typeof newMembership>, all: readonly MemberNews[]) =>
    membershipStep<never>(
      state,
      { type: 'received', message: { type: 'ping', from: news('n0'), news: all }, atMs: 0 },
      seededRandom(1),
    )
  const start = () =>
    newMembership(
      { name: 'self', epoch: 1, attributes: nodeAttributesDefaults },
      { ...membershipDefaults, membersMax: 4 },
      0,
    )

  test('at membersMax all are held, one past it is refused, and there is room again for who has gone', () => {
    const [full, taken] = hear(start(), [news('n1'), news('n2')])
    expect(taken.map((one) => one.type)).toEqual(['changed', 'changed', 'changed'])
    const [same, refused] = hear(full, [news('n3')])
    expect(refused).toEqual([{ type: 'refused', name: 'n3' }])
    expect(same.members.size).toBe(3)
    const [after] = hear(same, [{ ...news('n1'), status: 'left' }, news('n3')])
    expect([...after.members.keys()].sort()).toEqual(['n0', 'n2', 'n3'])
  })

  test('the same news again change nothing', () => {
    const [once] = hear(start(), [news('n1')])
    const [twice, commands] = hear(once, [news('n1')])
    expect(commands).toEqual([])
    expect(twice).toEqual(once)
  })
})

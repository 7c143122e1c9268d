import { describe, expect, test } from 'vitest'
import { SimulatedMembers } from '../testing/simulated-members.ts'
import { nodeAttributesDefaults } from './member.ts'

const seed = Number(process.env.MABEAM_SEED ?? 20_251)
const noticeMaxMs = 3_000
console.log(`membership simulations with MABEAM_SEED=${seed}`)

/** When all living members held `name` for down, after `atMs`; infinite when some never did. */
function seenByAllMs(world: SimulatedMembers, name: string, atMs: number): number {
  const seen = new Map<string, number>()
  for (const one of world.sightings) {
    if (one.of === name && one.status === 'down' && one.atMs >= atMs) seen.set(one.by, one.atMs - atMs)
  }
  const times = world.living.map((one) => seen.get(one.name) ?? Number.POSITIVE_INFINITY)
  return Math.max(...times)
}

describe('a hundred members', () => {
  for (const loss of [0, 0.1]) {
    test(`with ${loss * 100} % of messages lost: a death is seen by all within three seconds`, () => {
      const world = new SimulatedMembers({ seed: `${seed}/death/${loss}`, loss })
      world.joinAll(110)
      for (let death = 0; death < 10; death++) {
        const victim = world.living[death * 7]
        if (victim === undefined) throw new Error('too few')
        victim.isDead = true
        const atMs = world.nowMs
        world.run(4_000)
        expect(seenByAllMs(world, victim.name, atMs)).toBeLessThan(noticeMaxMs)
      }
    })
  }

  test('with 10 % of messages lost nobody healthy is held for down in three minutes', () => {
    const world = new SimulatedMembers({ seed: `${seed}/healthy`, loss: 0.1 })
    world.joinAll(100)
    world.run(180_000)
    expect(world.sightings.some((one) => one.status === 'suspect')).toBe(true)
    expect(world.sightings.filter((one) => one.status === 'down')).toEqual([])
  })

  test('a node sends as many messages when there are a hundred as when there are ten, with few news on each', () => {
    const perNodeAndSecond = (count: number) => {
      const world = new SimulatedMembers({ seed: `${seed}/traffic/${count}` })
      world.joinAll(count)
      const before = world.sent
      world.run(60_000)
      expect(world.newsMost).toBeLessThanOrEqual(17)
      return (world.sent - before) / count / 60
    }
    const [ten, hundred] = [perNodeAndSecond(10), perNodeAndSecond(100)]
    expect(hundred / ten).toBeGreaterThan(0.95)
    expect(hundred / ten).toBeLessThan(1.05)
    expect(hundred).toBeLessThan(15)
  })

  test('all say something new about themselves all the time, and nobody healthy is held for down, a death seen in time', () => {
    const world = new SimulatedMembers({ seed: `${seed}/load`, loss: 0.05 })
    world.joinAll(100)
    const victim = world.members[50]
    for (let second = 1; second <= 60; second++) {
      for (const one of world.living) {
        const attributes = { ...nodeAttributesDefaults, load: world.nowMs }
        world.send(one, { type: 'attributes', attributes, atMs: world.nowMs })
      }
      if (second === 30 && victim !== undefined) victim.isDead = true
      if (second === 33) expect(world.views('n51').every((view) => view === 'down')).toBe(true)
      world.run(1_000)
    }
    expect(world.sightings.filter((one) => one.status === 'down' && one.of !== 'n51')).toEqual([])
    const agesMs = world.living.flatMap((by) =>
      world.living.map((of) => world.nowMs - (by.state.members.get(of.name)?.attributes.load ?? world.nowMs)),
    )
    expect(Math.max(...agesMs)).toBeLessThan(30_000)
  })

  test('parted for half a minute, each half holds the other for down; together again, all hold all for alive', () => {
    const world = new SimulatedMembers({ seed: `${seed}/parted`, loss: 0.02 })
    world.joinAll(100)
    for (const [i, one] of world.members.entries()) one.side = i % 2
    world.run(30_000)
    for (const by of world.members) {
      for (const of of world.members) {
        if (by !== of) expect(world.view(by, of.name) === 'down').toBe(by.side !== of.side)
      }
    }
    const before = world.sightings.length
    for (const one of world.members) one.side = 0
    world.run(30_000)
    expect(world.isWhole).toBe(true)
    expect(world.sightings.slice(before).filter((one) => one.status === 'down')).toEqual([])
  })

  test('all join within a second and are soon known to all', () => {
    const world = new SimulatedMembers({ seed: `${seed}/rush`, loss: 0.05 })
    for (let i = 1; i <= 100; i++) {
      world.join(`n${i}`)
      world.run(10)
    }
    world.run(30_000)
    expect(world.isWhole).toBe(true)
  })
})

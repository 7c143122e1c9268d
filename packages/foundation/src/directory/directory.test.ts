import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import type { Membership } from '../membership/membership.ts'
import { type DirectoryMutation, DirectoryWorld } from '../testing/directory-world.ts'
import { type ContractCase, collectTelemetry, failingCases, settled, testPort } from '../testing/index.ts'
import { openDirectory } from './directory.ts'

const taken = { code: 'foundation/name-taken' }

/** What any number of directories on one engine keep to. */
function directoryLaws(mutation: DirectoryMutation): readonly ContractCase[] {
  const law = (name: string, check: (world: DirectoryWorld) => Promise<void>): ContractCase => ({
    name,
    async run() {
      await using world = new DirectoryWorld(mutation)
      await check(world)
    },
  })
  const three = async (world: DirectoryWorld) => {
    const [a, b, c] = await world.startAll('a', 'b', 'c')
    assert.ok(a && b && c)
    return { a, b, c }
  }
  return [
    law('of many that register a name at once one gets it, and all caches hold that one', async (world) => {
      const { a, b, c } = await three(world)
      for (let round = 0; round < 20; round++) {
        const tries = [a, b, c].map((one) => one.directory.register(`n${round}`, one.address(round)))
        const outcomes = await Promise.allSettled(tries)
        assert.equal(outcomes.filter((one) => one.status === 'fulfilled').length, 1)
        await settled()
        const winner = [a, b, c][outcomes.findIndex((one) => one.status === 'fulfilled')]
        for (const one of [a, b, c]) assert.equal(one.directory.lookup(`n${round}`)?.node, winner?.name)
        for (const one of [a, b, c]) assert.deepEqual(one.lost, [])
      }
    }),
    law('a name whose owner lives is not given to anybody else, on its own node either', async (world) => {
      const { a, b } = await three(world)
      await a.directory.register('one', a.address(1))
      await assert.rejects(b.directory.register('one', b.address(1)), taken)
      await assert.rejects(a.directory.register('one', a.address(2)), taken)
      await a.directory.register('one', a.address(1), { metadata: { again: true } })
      await a.directory.unregister('one')
      await b.directory.register('one', b.address(1))
      assert.deepEqual(await a.directory.lookupFresh('one'), b.address(1))
    }),
    law('what was given back is gone from all caches', async (world) => {
      const { a, b, c } = await three(world)
      await a.directory.register('one', a.address(1))
      await a.directory.join('group', a.address(1))
      await settled()
      assert.equal(c.directory.lookup('one')?.node, 'a')
      await a.directory.unregister('one')
      await a.directory.leave('group', a.address(1))
      assert.equal(a.directory.lookup('one'), undefined)
      await settled()
      for (const one of [a, b, c]) {
        assert.equal(one.directory.lookup('one'), undefined)
        assert.deepEqual(one.directory.groupMembers('group'), [])
      }
    }),
    law('when a node dies all its records go within four seconds, and those of the living stay', async (world) => {
      const { a, b, c } = await three(world)
      await a.directory.register('one', a.address(1))
      await a.directory.join('group', a.address(1))
      await b.directory.join('group', b.address(1))
      await settled()
      await a.mortal.kill()
      await world.clock.advance(4_000)
      assert.deepEqual(await world.kept(), ['group.group.b.1'])
      for (const one of [b, c]) {
        assert.equal(one.directory.lookup('one'), undefined)
        assert.deepEqual(
          one.directory.groupMembers('group').map((member) => member.address.node),
          ['b'],
        )
      }
    }),
    law('records of a newer life stay when the older one dies, and those of the older go', async (world) => {
      const { a, b } = await three(world)
      await a.directory.register('old', a.address(1))
      await a.directory.register('one', a.address(2))
      await a.mortal.kill()
      const young = await world.start('a', 2)
      await young.directory.register('one', young.address(7))
      await world.clock.advance(5_000)
      assert.deepEqual(await world.kept(), ['name.one'])
      assert.deepEqual(b.directory.lookup('one'), young.address(7))
      assert.deepEqual(young.lost, [])
    }),
    law('a record of a life newer than is known stays while the node is thought to live', async (world) => {
      const { a } = await three(world)
      const codec = testPort({ engine: world.engine }).codec
      const address = { system: 'test', node: 'b', epoch: 9, id: 1 }
      const state = await world.engine.state('test-directory')
      await state.create('name.future', codec.encode({ v: 1, node: 'b', epoch: 9, address, metadata: null }))
      await world.clock.advance(60_000)
      assert.deepEqual(a.directory.lookup('future'), address)
    }),
    law('a write that overtakes a sweep stays', async (world) => {
      const { a, b, c } = await three(world)
      await a.directory.register('one', a.address(1))
      await settled()
      const releases = [b, c].map((one) => one.mortal.holdRemovals())
      await a.mortal.kill()
      await world.clock.advance(6_000)
      // Both have begun to remove it.
      await b.directory.register('one', b.address(2))
      const state = await world.engine.state('test-directory')
      const seen: string[] = []
      await using _watch = await state.watch('name.one', (change) => seen.push(change.type))
      for (const release of releases) release()
      await world.clock.advance(5_000)
      assert.deepEqual(seen, ['put'])
      assert.deepEqual(c.directory.lookup('one'), b.address(2))
      assert.deepEqual(b.lost, [])
    }),
    law('who was thought dead and lost its name is told, and keeps what nobody took', async (world) => {
      const { a, b } = await three(world)
      await a.directory.register('taken', a.address(1))
      await a.directory.register('free', a.address(2))
      // Swept by mistake, as by the other side of a partition.
      const state = await world.engine.state('test-directory')
      await state.delete('name.free')
      await state.delete('name.taken')
      await b.directory.register('taken', b.address(3)).catch(() => {})
      await world.clock.advance(1_000)
      const owner = (await b.directory.lookupFresh('taken'))?.node
      assert.deepEqual(
        a.lost.map((one) => one.name),
        owner === 'b' ? ['taken'] : [],
      )
      assert.deepEqual(b.directory.lookup('free'), a.address(2))
    }),
    law('a record taken over by force is lost to its owner, once', async (world) => {
      const { a, b } = await three(world)
      await a.directory.register('one', a.address(1))
      const codec = testPort({ engine: world.engine }).codec
      const state = await world.engine.state('test-directory')
      const value = { v: 1, node: 'b', epoch: 1, address: b.address(9), metadata: null }
      await state.put('name.one', codec.encode(value))
      await world.clock.advance(1_000)
      assert.deepEqual(a.lost, [{ kind: 'name', name: 'one', address: a.address(1), owner: 'b' }])
    }),
    law('after an outage caches hold what there is, and owners have put theirs back', async (world) => {
      const { a, b, c } = await three(world)
      await a.directory.register('one', a.address(1))
      await b.directory.register('two', b.address(1))
      await settled()
      a.mortal.isCutOff = true
      c.mortal.isCutOff = true
      a.mortal.loseWatches()
      c.mortal.loseWatches()
      const state = await world.engine.state('test-directory')
      await state.delete('name.one')
      await b.directory.unregister('two')
      await b.directory.register('three', b.address(2))
      await world.clock.advance(500)
      assert.equal(c.directory.isCurrent, false)
      a.mortal.isCutOff = false
      c.mortal.isCutOff = false
      await world.clock.advance(10_000)
      for (const one of [a, b, c]) {
        const found = ['one', 'two', 'three'].map((name) => one.directory.lookup(name)?.node)
        assert.deepEqual(found, ['a', undefined, 'b'])
        assert.ok(one.directory.isCurrent)
      }
    }),
    law('a record of a node nobody heard of stays for its grace, and no longer', async (world) => {
      await three(world)
      const codec = testPort({ engine: world.engine }).codec
      const state = await world.engine.state('test-directory')
      const address = { system: 'test', node: 'x', epoch: 1, id: 1 }
      await state.create('name.ghost', codec.encode({ v: 1, node: 'x', epoch: 1, address, metadata: null }))
      await world.clock.advance(29_000)
      assert.deepEqual(await world.kept(), ['name.ghost'])
      await world.clock.advance(5_000)
      assert.deepEqual(await world.kept(), [])
    }),
  ]
}

describe('directories keep the laws', () => {
  for (const { name, run } of directoryLaws({})) test(name, run)
})

describe('the laws notice', () => {
  const asDown = (epoch: (known: number) => number) => (membership: Membership) =>
    new Proxy(membership, {
      get: (target, key) => {
        if (key === 'member') {
          return (name: string) => {
            const member = target.member(name)
            return member && { ...member, epoch: epoch(member.epoch), status: 'down' }
          }
        }
        const value = Reflect.get(target, key, target) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  const mutants: Record<string, DirectoryMutation> = {
    'a sweep that does not look at the revision': {
      state: (state) => ({ ...state, delete: (key) => state.delete(key) }),
    },
    'a sweep of a newer life': {
      membership: (membership) =>
        new Proxy(membership, {
          get: (target, key) => {
            if (key === 'member') {
              return (name: string) => {
                const member = target.member(name)
                const isOther = member !== undefined && name !== target.self.name
                return isOther ? { ...member, epoch: member.epoch + 100 } : member
              }
            }
            const value = Reflect.get(target, key, target) as unknown
            return typeof value === 'function' ? value.bind(target) : value
          },
        }),
    },
    'a cache that ignores deletions': {
      state: (state) => ({
        ...state,
        watch: (pattern, onChange) => state.watch(pattern, (change) => change.type === 'put' && onChange(change)),
      }),
    },
    'a name taken over without asking whether its owner lives': { membership: asDown((epoch) => epoch) },
    'a name written over whatever there is': {
      state: (state) => ({ ...state, create: (key, value) => state.put(key, value) }),
    },
    'a take-over that does not look at the revision': {
      state: (state) => ({
        ...state,
        create: async (key, value) => {
          await settled()
          return await state.put(key, value)
        },
      }),
    },
    'no sweep at all': { state: (state) => ({ ...state, delete: async () => {} }) },
    'a watch that is lost without a word': {
      state: (state) => ({
        ...state,
        watch: async (pattern, onChange) => {
          const watch = await state.watch(pattern, onChange)
          return { lost: new Promise<never>(() => {}), [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() }
        },
      }),
    },
  }
  for (const [name, mutation] of Object.entries(mutants)) {
    test(name, async () => {
      expect(await failingCases(directoryLaws(mutation))).not.toEqual([])
    })
  }
})

describe('openDirectory', () => {
  test('an owner that lives and is held for down by others puts its records back ever more rarely', async () => {
    const blind = (membership: Membership) => {
      const { member } = membership
      const see = (name: string) => {
        const one = member.call(membership, name)
        return one !== undefined && name === 'a' && membership.self.name === 'b' ? { ...one, status: 'down' } : one
      }
      return new Proxy(membership, {
        get: (target, key) => {
          const value = key === 'member' ? see : (Reflect.get(target, key, target) as unknown)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    }
    await using world = new DirectoryWorld({ membership: blind })
    const [a] = await world.startAll('a', 'b')
    assert.ok(a)
    const state = await world.engine.state('test-directory')
    let puts = 0
    await using _watch = await state.watch('>', (change) => {
      if (change.type === 'put') puts++
    })
    await a.directory.register('one', a.address(1))
    await world.clock.advance(60_000)
    expect(puts).toBeGreaterThan(3)
    expect(puts).toBeLessThan(15)
    expect(a.lost).toEqual([])
  })

  test('names are words joined by dots', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    await a.directory.register('a-b_c.d=e/f', a.address(1))
    await a.directory.register('x'.repeat(200), a.address(2))
    for (const name of ['', '.', 'a.', 'a..b', 'a b', 'a*', 'x'.repeat(201)]) {
      await expect(a.directory.register(name, a.address(3))).rejects.toMatchObject({ code: 'foundation/invalid-name' })
      expect(a.directory.lookup(name)).toBeUndefined()
    }
  })

  test('at ownRecordsMax all are kept, and one past it is refused', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a', 1, { ownRecordsMax: 2 })
    await a.directory.register('one', a.address(1))
    await a.directory.join('group', a.address(1))
    await expect(a.directory.register('two', a.address(2))).rejects.toMatchObject({ code: 'foundation/limit-reached' })
    await a.directory.unregister('one')
    await a.directory.register('two', a.address(2))
  })

  test('metadata may have metadataBytesMax bytes, and not one more', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a', 1, { metadataBytesMax: 100 })
    const { codec } = a.mortal.port
    const fitting = 'x'.repeat(100 - codec.encode('x'.repeat(60)).length + 60)
    expect(codec.encode(fitting)).toHaveLength(100)
    await a.directory.register('one', a.address(1), { metadata: fitting })
    await expect(a.directory.register('two', a.address(2), { metadata: `${fitting}x` })).rejects.toMatchObject({
      code: 'foundation/payload-too-large',
    })
    expect(await a.directory.lookupFresh('two')).toBeUndefined()
  })

  test('a group tells of its members now and after each change', async () => {
    await using world = new DirectoryWorld()
    const [a, b] = await world.startAll('a', 'b')
    assert.ok(a && b)
    await a.directory.join('g', a.address(1), { metadata: 'first' })
    await settled()
    const seen: string[] = []
    const end = b.directory.watchGroup('g', (members) =>
      seen.push(members.map((one) => `${one.address.node}${one.address.id}`).join()),
    )
    await b.directory.join('g', b.address(4))
    await a.directory.join('other', a.address(1))
    await a.directory.leave('g', a.address(1))
    await settled()
    end()
    await b.directory.leave('g', b.address(4))
    expect(seen).toEqual(['a1', 'a1,b4', 'b4'])
    expect(b.directory.groupMembers('other')).toEqual([{ address: a.address(1), metadata: null }])
  })

  test('closing gives everything back, leaves no timer, and may be done twice', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    await a.directory.register('one', a.address(1))
    await a.directory.join('g', a.address(1))
    await a.directory.close()
    await a.directory.close()
    await a.membership.close()
    expect(await world.kept()).toEqual([])
    expect(world.clock.pendingTimers).toBe(0)
    await expect(a.directory.register('two', a.address(2))).rejects.toMatchObject({
      code: 'foundation/cluster-part-closed',
    })
  })

  test('a record that can not be read is reported and hurts nothing', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    const telemetry = collectTelemetry()
    await using directory = await openDirectory({ ...a.mortal.port, telemetry }, a.membership)
    const state = await world.engine.state('test-directory')
    await state.put('name.odd', new Uint8Array([1, 2, 3]))
    await a.directory.register('one', a.address(1))
    await settled()
    expect(telemetry.named('foundation.directory-record-unreadable')).toHaveLength(1)
    expect(directory.lookup('odd')).toBeUndefined()
  })
})

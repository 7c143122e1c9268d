import { describe, expect, test } from 'vitest'
import type { KeyedState } from '../engine/keyed-state.ts'
import { type DirectoryNode, DirectoryWorld } from '../testing/directory-world.ts'
import { settled } from '../testing/index.ts'

describe('a directory whose engine answers late or not at all', () => {
  test('puts back what was removed before it knew that it was written', async () => {
    const gate = Promise.withResolvers<void>()
    const late = (state: KeyedState): KeyedState =>
      Object.assign(Object.create(state), {
        name: state.name,
        get: state.get.bind(state),
        update: state.update.bind(state),
        put: state.put.bind(state),
        delete: state.delete.bind(state),
        watch: state.watch.bind(state),
        create: async (key: string, value: Uint8Array) => {
          const revision = await state.create(key, value)
          await gate.promise
          return revision
        },
      })
    await using world = new DirectoryWorld({ state: late })
    const a = await world.start('a')
    const registering = a.directory.register('one', a.address(1))
    await settled()
    const truth = await world.engine.state('test-directory')
    await truth.delete('name.one')
    await settled()
    gate.resolve()
    await registering
    await world.clock.advance(1_000)
    expect(await world.kept()).toEqual(['name.one'])
    expect(a.directory.lookup('one')).toEqual(a.address(1))
  })

  test('gives back later what it could not give back while the engine was away', async () => {
    await using world = new DirectoryWorld()
    const a = await world.start('a')
    await a.directory.register('one', a.address(1))
    a.mortal.isCutOff = true
    await expect(a.directory.unregister('one')).rejects.toThrow()
    a.mortal.isCutOff = false
    await world.clock.advance(1_000)
    expect(await world.kept()).toEqual([])
  })

  test('tells nobody that it has a name which another has, where it is asked for while it is put back', async () => {
    const answers = atOnce()
    await using world = new DirectoryWorld({ state: (state) => answeredAfter(state, answers) })
    const [a, b] = (await world.startAll('a', 'b')) as [DirectoryNode, DirectoryNode]
    await a.directory.register('one', a.address(0))
    const asked = Promise.withResolvers<void>()
    const created = Promise.withResolvers<void>()
    let again: Promise<unknown> | undefined
    a.directory.onLost(() => {
      answers.created = created.promise
      // By the next actor of the name, which to the directory is the same.
      again ??= a.directory.register('one', a.address(0)).catch((thrown: unknown) => thrown)
    })

    answers.asked = asked.promise
    await (await world.engine.state('test-directory')).delete('name.one')
    await settled()
    await b.directory.register('one', b.address(0))
    await settled()
    asked.resolve()
    await settled()
    created.resolve()

    expect(await again).toMatchObject({ code: 'foundation/name-taken' })
    expect(a.lost).toHaveLength(1)
    expect(a.directory.lookup('one')).toEqual(b.address(0))
  })

  test('does not take up again what was lost while its metadata was written', async () => {
    const answers = atOnce()
    await using world = new DirectoryWorld({ state: (state) => answeredAfter(state, answers) })
    const [a, b] = (await world.startAll('a', 'b')) as [DirectoryNode, DirectoryNode]
    await a.directory.register('one', a.address(0))
    const read = Promise.withResolvers<void>()
    answers.read = read.promise
    const changing = a.directory.register('one', a.address(0), { metadata: 'new' }).catch((thrown: unknown) => thrown)
    await (await world.engine.state('test-directory')).delete('name.one')
    await b.directory.register('one', b.address(0))
    await settled()
    read.resolve()
    expect(await changing).toMatchObject({ code: 'foundation/name-taken' })
    // Another of its actors may have the name once it is free, so nothing is left of the one before.
    await b.directory.unregister('one')
    await settled()
    await a.directory.register('one', a.address(7))
    expect(a.directory.lookup('one')).toEqual(a.address(7))
  })
})

/** When the engine is reached by a read, and when it answers. */
interface Answers {
  asked: Promise<void>
  read: Promise<void>
  created: Promise<void>
}

function atOnce(): Answers {
  return { asked: Promise.resolve(), read: Promise.resolve(), created: Promise.resolve() }
}

function answeredAfter(state: KeyedState, answers: Answers): KeyedState {
  return Object.assign(Object.create(state), {
    name: state.name,
    update: state.update.bind(state),
    put: state.put.bind(state),
    delete: state.delete.bind(state),
    watch: state.watch.bind(state),
    get: async (key: string) => {
      await answers.asked
      return await answered(state.get(key), answers.read)
    },
    create: (key: string, value: Uint8Array) => answered(state.create(key, value), answers.created),
  })
}

async function answered<T>(answer: Promise<T>, when: Promise<void>): Promise<T> {
  await Promise.allSettled([answer, when])
  return await answer
}

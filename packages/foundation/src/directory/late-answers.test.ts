import { describe, expect, test } from 'vitest'
import type { KeyedState } from '../engine/keyed-state.ts'
import { DirectoryWorld } from '../testing/directory-world.ts'
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
})

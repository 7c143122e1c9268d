import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../clock.ts'
import { seededRandom } from '../../../random.ts'
import { HubLink } from './hub-link.ts'
import { LocalWorld } from './local-children.fixture.ts'
import { localDefaults } from './local-options.ts'

test('whoever waits for a hub that is not there holds the process, also between two attempts to reach one', async () => {
  await using world = await LocalWorld.make()
  const held: (() => boolean)[] = []
  const clock: Clock = {
    ...systemClock,
    hold: (needed) => {
      held.push(needed)
      return () => {}
    },
  }
  const absent = Promise.withResolvers<void>()
  const [path, token, random] = [join(world.directory, 'hub.sock'), new Uint8Array(32), seededRandom(1)]
  const nothing = () => {}
  const told = { onAway: nothing, onBack: nothing, onRefused: nothing, onMessage: nothing, onNews: nothing }
  const host = { ...told, onConnected: nothing, onLost: nothing, onAbsent: () => absent.resolve() }
  const link = new HubLink({ ...localDefaults, path, token, clock, random, keepsPublished: true }, host)
  link.start()
  await absent.promise
  expect(held).toHaveLength(0)
  const [one, other] = [link.ask('stores', [], 'one'), link.ask('stores', [], 'other')]
  expect(held.map((needed) => needed())).toEqual([true])
  link.close()
  await Promise.all(
    [one, other].map((asked) => expect(asked).rejects.toMatchObject({ code: 'foundation/engine-closed' })),
  )
  expect(held.map((needed) => needed())).toEqual([false])
})

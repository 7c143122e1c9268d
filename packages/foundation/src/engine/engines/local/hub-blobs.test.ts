import { existsSync } from 'node:fs'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { virtualClock } from '../../../testing/index.ts'
import { memoryLimitDefaults } from '../memory/memory-port.ts'
import { HubBlobs } from './hub-blobs.ts'
import { LocalWorld } from './local-children.fixture.ts'

const bytes = (value: string) => new TextEncoder().encode(value)

test('the file of a blob that is replaced or deleted stays until that is written down', async () => {
  await using world = await LocalWorld.make()
  const discarded: string[] = []
  const port = {
    clock: virtualClock(),
    limits: memoryLimitDefaults,
    connectionBytesMax: 1,
    reporter: { report: () => {} },
    append: () => {},
    checkRoom: () => {},
    discard: (file: string) => void discarded.push(file),
  }
  const blobs = new HubBlobs(port, { name: 'b', store: 1, folder: world.directory })
  for (const file of ['one', 'two']) await writeFile(join(world.directory, file), file)
  blobs.put('k', 'one')
  blobs.put('k', 'two')
  expect(discarded).toEqual(['one'])
  blobs.delete('k')
  expect(discarded).toEqual(['one', 'two'])
  expect(['one', 'two'].map((file) => existsSync(join(world.directory, file)))).toEqual([true, true])
})

test('a hub that keeps nothing leaves alone what one that does has kept', async () => {
  await using world = await LocalWorld.make()
  const first = await world.openHere()
  await (await first.blobs('b')).put('k', bytes('kept'))
  await first.close()
  const folder = join(world.directory, 'blobs')
  // Long ago, as far as the file says.
  for (const file of await readdir(folder)) await utimes(join(folder, file), 1, 1)
  const second = await world.openHere({ durable: false })
  await second.close()
  await using third = await world.openHere()
  expect(new TextDecoder().decode(await (await third.blobs('b')).get('k'))).toBe('kept')
})

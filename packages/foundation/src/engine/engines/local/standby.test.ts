import { writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../random.ts'
import { virtualClock } from '../../../testing/index.ts'
import { LocalWorld } from './local-children.fixture.ts'
import { localDefaults } from './local-options.ts'
import { openRendezvous, thisMachine } from './rendezvous.ts'
import { Standby } from './standby.ts'

test('a lock that is held with nobody there for longer than a log takes to be read is told of, with what to do', async () => {
  await using world = await LocalWorld.make()
  const clock = virtualClock()
  const place = openRendezvous(world.directory, thisMachine())
  await writeFile(`${place.logPath}.lock`, JSON.stringify({ host: `not-${hostname()}`, pid: 77, token: 'other' }))
  const failures: Error[] = []
  let hubs = 0
  const standby = new Standby({
    ...{ place, lockToken: 'ours', limits: localDefaults, durable: true, clock, random: seededRandom(1) },
    reporter: { report: () => {} },
    onHub: () => hubs++,
    onFailed: (reason) => failures.push(reason),
  })
  await standby.contend()
  await clock.advance(59_999)
  await standby.contend()
  standby.met()
  await clock.advance(1)
  await standby.contend()
  expect(failures).toEqual([])
  await clock.advance(60_000)
  await standby.contend()
  expect(failures).toHaveLength(1)
  expect(failures[0]).toMatchObject({ code: 'foundation/journal-locked', data: { pid: 77 } })
  expect(failures[0]?.message).toContain(`delete ${place.logPath}.lock`)
  expect(hubs).toBe(0)
  await standby.close()
})

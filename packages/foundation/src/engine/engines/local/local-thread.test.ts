import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { systemClock } from '../../../clock.ts'
import { seededRandom } from '../../../random.ts'
import { silentTelemetry } from '../../../telemetry.ts'
import { settled, virtualClock } from '../../../testing/index.ts'
import { LocalWorld } from './local-children.fixture.ts'
import { LocalEngine } from './local-engine.ts'
import { checkedLocal, localDefaults } from './local-options.ts'
import { LocalThread, type ThreadHandle } from './local-thread.ts'
import type { FromLocalThread, LocalBirth, ToLocalThread } from './local-thread-protocol.ts'
import { openRendezvous, thisMachine } from './rendezvous.ts'

/** A thread that does nothing by itself, and says what a test lets it say. */
class Puppet extends EventEmitter {
  readonly sent: ToLocalThread[] = []

  postMessage(message: ToLocalThread): void {
    this.sent.push(message)
    if (message.type === 'close') this.emit('exit')
  }

  says(message: FromLocalThread): void {
    this.emit('message', message)
  }

  dies(error: Error): void {
    this.emit('error', error)
    this.emit('exit')
  }

  ref(): void {}
  unref(): void {}
  terminate(): void {}
}

const pulse = { beats: 'beats', probes: 'probes', everyMs: 100 }

async function openThread(world: LocalWorld) {
  const clock = virtualClock()
  const place = openRendezvous(world.directory, thisMachine())
  const limits = localDefaults
  const birth: LocalBirth = {
    place,
    lockToken: 'ours',
    durable: true,
    limits,
    unresponsiveMs: 1,
    awayMs: 1,
    seed: '1',
    reports: false,
  }
  const puppets: Puppet[] = []
  const ended: string[] = []
  const owner = {
    clock,
    onHub: () => {},
    onHubFailed: () => {},
    onReport: () => {},
    onEnded: (reason: Error) => void ended.push(reason.message),
  }
  const thread = new LocalThread(birth, owner, () => {
    puppets.push(new Puppet())
    return puppets.at(-1) as unknown as ThreadHandle
  })
  return { thread, clock, puppets, ended, lockPath: `${place.logPath}.lock` }
}

test('a thread that ends by itself is started again with its pulses, and its lock does not outlive it', async () => {
  await using world = await LocalWorld.make()
  const { thread, clock, puppets, ended, lockPath } = await openThread(world)
  await writeFile(lockPath, '{"token":"ours"}')
  puppets[0]?.says({ type: 'hub', isHere: true })
  const beating = thread.pulse(pulse)
  puppets[0]?.says({ type: 'pulse-done', id: 1 })
  await beating
  const begun = thread.pulse(pulse)
  puppets[0]?.dies(new Error('a bug in the hub'))
  await expect(begun).rejects.toMatchObject({ code: 'foundation/local-thread-ended', retryable: true })
  expect(ended).toEqual(['the thread of the local engine ended: a bug in the hub'])
  expect(existsSync(lockPath)).toBe(false)
  await clock.advance(1_000)
  expect(puppets).toHaveLength(2)
  expect(puppets[1]?.sent).toEqual([{ type: 'pulse-begin', id: 1, options: pulse }])
  await thread.close()
  await thread.close()
  expect(clock.pendingTimers).toBe(0)
})

test('a thread that ends while it takes over, or is ended while it closes, leaves no lock that nobody could have', async () => {
  await using world = await LocalWorld.make()
  const { thread, clock, puppets, lockPath } = await openThread(world)
  await writeFile(lockPath, '{"token":"ours"}')
  await writeFile(`${lockPath}.takeover`, '{"token":"ours"}')
  puppets[0]?.dies(new Error('out of memory while the log was read'))
  expect([existsSync(lockPath), existsSync(`${lockPath}.takeover`)]).toEqual([false, false])
  await clock.advance(1_000)
  await writeFile(lockPath, '{"token":"ours"}')
  await thread.close()
  expect(existsSync(lockPath)).toBe(false)
})

test('a thread that holds no hub leaves the lock of another alone when it ends', async () => {
  await using world = await LocalWorld.make()
  const { thread, puppets, lockPath } = await openThread(world)
  await writeFile(lockPath, '{"token":"of another"}')
  puppets[0]?.says({ type: 'hub', isHere: true })
  puppets[0]?.dies(new Error('a bug'))
  expect(existsSync(lockPath)).toBe(true)
  await thread.close()
})

test('a pulse that the thread refuses is refused, and one that is asked for after the end too', async () => {
  await using world = await LocalWorld.make()
  const { thread, puppets } = await openThread(world)
  const refused = expect(thread.pulse(pulse)).rejects.toMatchObject({ code: 'foundation/limit-reached' })
  const error = { code: 'foundation/limit-reached', message: 'no', retryable: false, data: {} }
  puppets[0]?.says({ type: 'pulse-done', id: 1, error })
  await refused
  await settled()
  await thread.close()
  await expect(thread.pulse(pulse)).rejects.toMatchObject({ code: 'foundation/engine-closed' })
})

test('an engine whose thread can’t be started is refused with what is wrong', async () => {
  await using world = await LocalWorld.make()
  const puppet = new Puppet()
  const startThread = () => {
    setImmediate(() => puppet.dies(new Error('no such module')))
    return puppet as unknown as ThreadHandle
  }
  const place = openRendezvous(world.directory, thisMachine())
  const port = { system: 'test', name: 'n', clock: systemClock, random: seededRandom(1), telemetry: silentTelemetry }
  const opening = LocalEngine.open(port, { settings: checkedLocal({}), place, startThread })
  await expect(opening).rejects.toMatchObject({
    code: 'foundation/local-thread-ended',
    message: 'the thread of the local engine ended: no such module',
  })
})

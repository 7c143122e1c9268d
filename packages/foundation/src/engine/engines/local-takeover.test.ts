import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasCode, isMabeamError } from '../../errors.ts'
import { eventually } from '../../testing/index.ts'
import { isOpen, type LocalChild, LocalWorld } from './local/local-children.fixture.ts'

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const bytes = (value: string) => new TextEncoder().encode(value)
const many = 1_000_000

/** What a child was told that its engine acknowledged. */
function acknowledged(child: LocalChild) {
  const puts = child.told.flatMap((one) => (one.type === 'put' ? [one] : []))
  const pushed = child.told.flatMap((one) => (one.type === 'pushed' ? [one.id] : []))
  return { puts, pushed }
}

test('nothing acknowledged is lost when whoever holds the hub is killed, again and again, and there are never two hubs', async () => {
  await using world = await LocalWorld.make()
  const children = ['a', 'b', 'c', 'd'].map((name) => world.start(name))
  for (const child of children) await child.heard(isOpen)
  for (const child of children) child.tell({ do: 'work' })
  let living = children
  for (let round = 0; round < 3; round++) {
    for (const child of living) {
      const before = child.count('pushed')
      await child.heard(() => child.count('pushed') >= before + 50)
    }
    // Killed in the middle of what it does for the others.
    const hub = living.filter((one) => one.hasHosted)
    expect(hub).toHaveLength(1)
    await hub[0]?.kill()
    living = living.filter((one) => one !== hub[0])
  }
  const [last] = living as [LocalChild]
  const before = last.count('pushed')
  await last.heard(() => last.count('pushed') >= before + 50)
  last.tell({ do: 'stop-working' })
  await last.heard(() => last.count('done') > 0)

  const engine = await world.open()
  const counts = await engine.state('counts')
  for (const child of children) {
    const { puts } = acknowledged(child)
    const kept = await counts.get(child.name)
    expect(Number(text(kept?.value))).toBeGreaterThanOrEqual(puts.at(-1)?.count ?? many)
    expect(kept?.revision).toBeGreaterThanOrEqual(puts.at(-1)?.revision ?? many)
  }
  // Two hubs at once would have given the same revision twice, or a lower one later.
  const revisions = children.map((child) => acknowledged(child).puts.map((one) => one.revision))
  for (const own of revisions) expect(own).toEqual(own.toSorted((a, b) => a - b))
  expect(new Set(revisions.flat()).size).toBe(revisions.flat().length)

  last.tell({ do: 'drain' })
  await last.heard(() => last.count('drained') > 0)
  const drained = last.told.flatMap((one) => (one.type === 'drained' ? one.ids : []))
  expect(new Set(drained).size).toBe(drained.length)
  const missing = children.flatMap((child) => acknowledged(child).pushed).filter((id) => !drained.includes(id))
  expect(missing).toEqual([])
})

test('subscriptions, pulses and messages in hands survive a takeover; what was published meanwhile goes out after it', async () => {
  await using world = await LocalWorld.make()
  const holder = world.start('holder')
  await holder.heard(isOpen)
  const [one, other] = [await world.open(), await world.open()]
  const got: string[] = []
  const heard: string[] = []
  await one.subscribe('own.*', ({ body }) => void got.push(text(body)))
  await other.subscribe('news.*', ({ body }) => void heard.push(text(body)))
  await using _pulse = await one.pulse({ beats: 'beats.one', probes: 'probes.one', everyMs: 50 })
  const queue = await one.queue('q')
  await queue.push(bytes('kept'))
  const [inHands] = await queue.pull(1)
  const state = await one.state('s')
  const watch = await state.watch('>', () => {})
  const statuses: string[] = []
  one.onStatus((status) => statuses.push(status))

  await holder.kill()
  await eventually(() => one.status === 'disconnected', many)
  for (const body of ['published while', 'there was none']) one.publish('own.1', bytes(body))
  await eventually(() => got.length === 2, many)
  expect(got).toEqual(['published while', 'there was none'])
  await eventually(() => one.status === 'connected' && other.status === 'connected', many)
  await other.stores()
  one.publish('news.1', bytes('and after'))
  await eventually(() => heard.length === 1, many)
  expect(statuses).toEqual(['disconnected', 'connected'])
  expect(isMabeamError(await watch.lost)).toBe(true)
  await inHands?.ack()
  expect(await queue.stats()).toEqual({ waiting: 0, underWay: 0, dead: 0 })
  await eventually(
    async () => (await other.request('probes.one', new Uint8Array()).catch(() => undefined)) !== undefined,
    many,
  )
})

test('what was under way at a hub that dies is refused as unknown, and what is asked later waits for the next', async () => {
  await using world = await LocalWorld.make()
  const holder = world.start('holder')
  await holder.heard(isOpen)
  const engine = await world.open()
  const queue = await engine.queue('q')
  await engine.subscribe('silent', () => {})
  const asking = expect(engine.request('silent', new Uint8Array())).rejects.toMatchObject({
    code: 'foundation/engine-unavailable',
    retryable: true,
  })
  const pulling = expect(queue.pull(1, { waitMs: 60_000 })).rejects.toMatchObject({
    code: 'foundation/engine-unavailable',
  })
  await engine.stores()
  await holder.kill()
  await asking
  await pulling
  await queue.push(bytes('later'))
  expect((await queue.pull(1)).map((one) => text(one.body))).toEqual(['later'])
})

test('a pulse goes on while the program is busy, and stops when its process is stopped', async () => {
  await using world = await LocalWorld.make()
  const engine = await world.open()
  const child = world.start('child')
  await child.heard(isOpen)
  let beats = 0
  await engine.subscribe('beats.child', () => beats++)
  child.tell({ do: 'pulse' })
  await child.heard(() => child.count('done') === 1)
  const over = join(world.directory, 'over')
  child.tell({ do: 'block', until: over })
  await child.heard(() => child.count('blocking') === 1)
  const before = beats
  await engine.request('probes.child', new Uint8Array())
  await eventually(() => beats >= before + 4, many)
  // It answered and beat in the time in which its program did nothing at all.
  expect(child.count('done')).toBe(1)
  await writeFile(over, '')
  await child.heard(() => child.count('done') === 2)

  child.process.kill('SIGSTOP')
  const ask = () => engine.request('probes.child', new Uint8Array(), { timeoutMs: 400 }).catch((thrown) => thrown)
  // The system stops one thread after the other: what was under way may still go out.
  await eventually(async () => hasCode(await ask(), 'foundation/request-timeout'), many)
  const atStop = beats
  await ask()
  expect(beats).toBe(atStop)
  child.process.kill('SIGCONT')
  await eventually(() => beats > atStop, many)
})

test('what is kept outlives all processes, and begins with nothing when it is not durable', async () => {
  await using world = await LocalWorld.make()
  const first = await world.open()
  await (await first.queue('q')).push(bytes('task'))
  await (await first.blobs('b')).put('big', bytes('blob'))
  const revision = await (await first.state('s')).put('a', bytes('1'))
  await first.close()
  const second = await world.open()
  expect((await (await second.queue('q')).pull(1)).map((one) => text(one.body))).toEqual(['task'])
  expect(text(await (await second.blobs('b')).get('big'))).toBe('blob')
  expect((await (await second.state('s')).get('a'))?.revision).toBe(revision)
  await second.close()
  const third = await world.open({ durable: false })
  expect(await third.stores()).toEqual([])
  // A revision is a fencing token: none is ever given out twice.
  expect(await (await third.state('s')).put('a', bytes('1'))).toBeGreaterThan(revision)
})

test('a hub that keeps nothing is followed by one in which everybody has what they opened', async () => {
  await using world = await LocalWorld.make()
  const holder = world.start('holder', { durable: false })
  await holder.heard(isOpen)
  const engine = await world.open({ durable: false })
  const state = await engine.state('s', { expiryMs: 5_000 })
  const revision = await state.put('a', bytes('1'))
  await holder.kill()
  await eventually(() => engine.status === 'disconnected', many)
  expect(await state.get('a')).toBeUndefined()
  expect(await state.create('a', bytes('2'))).toBeGreaterThan(revision)
})

test('whoever closes hands the hub to those who stay, with nothing lost', async () => {
  await using world = await LocalWorld.make()
  const first = await world.open()
  const second = await world.open()
  const queue = await second.queue('q')
  await queue.push(bytes('1'))
  await first.close()
  // What is on its way while the hub goes is not known to have happened: asked again under its id, it is there once.
  await queue.push(bytes('2'), { id: 'two' }).catch(async (thrown) => {
    expect(hasCode(thrown, 'foundation/engine-unavailable')).toBe(true)
    await queue.push(bytes('2'), { id: 'two' })
  })
  expect((await queue.pull(5)).map((one) => text(one.body))).toEqual(['1', '2'])
})

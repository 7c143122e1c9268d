/** The laws of an engine's durable queues; those of dead letters are beside. */

import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { DurableQueue, QueueDelivery, QueueStats } from '../engine/durable-queue.ts'
import type { ContractCase } from './contract-case.ts'
import { bytes, codeOf, engineLaw, paced, type TestedEngine, text, winners } from './engine-law.ts'

const lost = 'foundation/delivery-lost'
const full = 'foundation/queue-full'

/** Part of `engineContract`. */
export function engineQueueLaws(open: () => Promise<TestedEngine>): readonly ContractCase[] {
  const law = (name: string, check: (tested: TestedEngine) => Promise<void>) => engineLaw(open, `queue: ${name}`, check)
  return [
    law('what was pushed is delivered in order, and never again once acknowledged', deliversInOrder),
    law('a pull takes what is there, or waits for the first, or comes back with none in time', pullsInTime),
    law('of many that pull at once each message goes to one', deliversToOne),
    law('what is not acknowledged in time is delivered again with its attempts counted', deliversAgain),
    law('who extends has its whole time again', extendsTime),
    law('whoever is late is told so and changes nothing', losesLate),
    law('acknowledging twice is harmless, the first of ack, retry and reject counts', countsFirstVerdict),
    law('a retried message is delivered again, after its delay', retries),
    law('an id is taken once within its time, by many at once too, and again afterwards', dedupes),
    law('at its limit a queue takes a message, one past it none until one is done or dead', refusesWhenFull),
    law('a pull that is aborted rejects with the reason and loses nothing', abortsPulls),
    law('bodies are not shared', copiesBodies),
    law('queues of two names are apart, of one name the same; other options are refused', sharesByName),
    law('impossible names, options and ids are refused', refusesOptions),
    law('closing ends pulls that wait', closes),
  ]
}

/** Takes what is there. */
export const now = { waitMs: 0 }

/** How often is looked for what an engine with replicas, or one that is busy, may have a little later. */
export function looksMax(tested: TestedEngine): number {
  return paced(tested, 10)
}

export async function pushAll(queue: DurableQueue, bodies: readonly string[]): Promise<void> {
  for (const one of bodies) await queue.push(bytes(one))
}

/** Just so many messages, which an engine with replicas may hand out a little later than it could. */
export async function pullAll(
  tested: TestedEngine,
  queue: DurableQueue,
  count: number,
): Promise<readonly QueueDelivery[]> {
  return await pullUpTo(tested, queue, { count, most: count })
}

/** The same, where up to `most` are asked for. */
export async function pullUpTo(
  tested: TestedEngine,
  queue: DurableQueue,
  { count, most }: { readonly count: number; readonly most: number },
): Promise<readonly QueueDelivery[]> {
  const taken: QueueDelivery[] = []
  for (let looks = 0; taken.length < count && looks <= looksMax(tested); looks++) {
    if (looks > 0) await tested.advance(50)
    taken.push(...(await queue.pull(most - taken.length, now)))
  }
  assert.equal(taken.length, count, `expected ${count} messages, got ${taken.length}`)
  return taken
}

export async function pullOne(tested: TestedEngine, queue: DurableQueue): Promise<QueueDelivery> {
  return (await pullAll(tested, queue, 1))[0] as QueueDelivery
}

/** That the counts come to be those: an engine with replicas may be a little behind with them. */
export async function statsBecome(tested: TestedEngine, queue: DurableQueue, expected: QueueStats): Promise<void> {
  let stats = await queue.stats()
  for (let looks = 0; !isDeepStrictEqual(stats, expected) && looks < looksMax(tested); looks++) {
    await tested.advance(50)
    stats = await queue.stats()
  }
  assert.deepEqual(stats, expected)
}

export const bodiesOf = (deliveries: readonly { readonly body: Uint8Array }[]) =>
  deliveries.map((one) => text(one.body))

async function deliversInOrder(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q')
  const bodies = Array.from({ length: 20 }, (_, i) => String(i))
  await pushAll(queue, bodies)
  await statsBecome(tested, queue, { waiting: 20, underWay: 0, dead: 0 })
  const taken = [...(await pullAll(tested, queue, 3)), ...(await pullUpTo(tested, queue, { count: 17, most: 100 }))]
  assert.deepEqual(bodiesOf(taken), bodies)
  assert.ok(taken.every((one) => one.attempt === 1))
  assert.equal(new Set(taken.map((one) => one.id)).size, 20)
  await statsBecome(tested, queue, { waiting: 0, underWay: 20, dead: 0 })
  for (const one of taken) await one.ack()
  await statsBecome(tested, queue, { waiting: 0, underWay: 0, dead: 0 })
  assert.deepEqual(await queue.pull(1, now), [])
}

async function pullsInTime(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q')
  assert.deepEqual(await queue.pull(1, now), [])
  const late = queue.pull(1, { waitMs: 200 })
  await tested.advance(300)
  assert.deepEqual(await late, [])
  const waiting = queue.pull(5, { waitMs: 60_000 })
  await tested.settle()
  await queue.push(bytes('1'))
  const taken = await waiting
  assert.deepEqual(bodiesOf(taken), ['1'])
  await taken[0]?.ack()
}

async function deliversToOne(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q')
  const early = Array.from({ length: 5 }, () => queue.pull(1, { waitMs: 60_000 }))
  await tested.settle()
  const bodies = Array.from({ length: 30 }, (_, i) => String(i).padStart(2, '0'))
  await Promise.all(bodies.map((one) => queue.push(bytes(one))))
  const rest = Array.from({ length: 10 }, () => queue.pull(5, now))
  const taken = (await Promise.all([...early, ...rest])).flat()
  taken.push(...(await pullAll(tested, queue, bodies.length - taken.length)))
  assert.deepEqual(bodiesOf(taken).sort(), bodies)
  for (const one of taken) await one.ack()
  await statsBecome(tested, queue, { waiting: 0, underWay: 0, dead: 0 })
}

async function deliversAgain(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { ackWaitMs: paced(tested, 1_000) })
  await pushAll(queue, ['1', '2'])
  const first = await pullOne(tested, queue)
  await tested.advance(paced(tested, 500))
  assert.deepEqual(bodiesOf(await pullUpTo(tested, queue, { count: 1, most: 5 })), ['2'])
  await tested.advance(paced(tested, 700))
  const again = await pullOne(tested, queue)
  assert.deepEqual([text(again.body), again.attempt, again.id], ['1', 2, first.id])
  await again.ack()
  await tested.advance(paced(tested, 1_200))
  const second = await pullOne(tested, queue)
  assert.deepEqual([text(second.body), second.attempt], ['2', 2])
  const waiting = queue.pull(1, { waitMs: 60_000 })
  await tested.advance(paced(tested, 1_200))
  const third = (await waiting)[0]
  assert.deepEqual([third?.id, third?.attempt], [second.id, 3])
  await third?.ack()
  await statsBecome(tested, queue, { waiting: 0, underWay: 0, dead: 0 })
}

async function extendsTime(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { ackWaitMs: paced(tested, 1_000) })
  await pushAll(queue, ['1', '2'])
  const [extended, left] = await pullAll(tested, queue, 2)
  for (let i = 0; i < 3; i++) {
    await tested.advance(paced(tested, 600))
    await extended?.extend()
  }
  const again = await pullOne(tested, queue)
  assert.deepEqual([again.id, again.attempt], [left?.id, 2])
  await extended?.ack()
  assert.equal(await codeOf(() => extended?.extend()), lost)
}

async function losesLate(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { ackWaitMs: paced(tested, 1_000) })
  await pushAll(queue, ['1', '2'])
  const [late, later] = await pullAll(tested, queue, 2)
  await tested.advance(paced(tested, 1_200))
  assert.equal(await codeOf(() => late?.ack()), lost)
  const again = await pullAll(tested, queue, 2)
  assert.deepEqual(
    again.map((one) => one.attempt),
    [2, 2],
  )
  assert.equal(await codeOf(() => late?.ack()), lost)
  assert.equal(await codeOf(() => late?.extend()), lost)
  assert.equal(await codeOf(() => later?.retry()), lost)
  assert.equal(await codeOf(() => later?.reject('no')), lost)
  assert.deepEqual(await queue.pull(2, now), [])
  await statsBecome(tested, queue, { waiting: 0, underWay: 2, dead: 0 })
  for (const one of again) await one.ack()
  await statsBecome(tested, queue, { waiting: 0, underWay: 0, dead: 0 })
}

async function countsFirstVerdict(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q')
  await pushAll(queue, ['acked', 'retried', 'rejected'])
  const [acked, retried, rejected] = await pullAll(tested, queue, 3)
  await acked?.ack()
  await acked?.ack()
  await acked?.retry()
  await acked?.reject('no')
  await retried?.retry()
  await retried?.ack()
  await rejected?.reject('no')
  await rejected?.ack()
  const again = await pullUpTo(tested, queue, { count: 1, most: 3 })
  assert.deepEqual(bodiesOf(again), ['retried'])
  await again[0]?.ack()
  assert.deepEqual(await queue.pull(3, now), [])
  await statsBecome(tested, queue, { waiting: 0, underWay: 0, dead: 1 })
}

async function retries(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q')
  await pushAll(queue, ['at once', 'later', 'much later'])
  const [atOnce, later, muchLater] = await pullAll(tested, queue, 3)
  await muchLater?.retry({ delayMs: paced(tested, 2_000) })
  await later?.retry({ delayMs: paced(tested, 1_000), reason: 'busy' })
  await atOnce?.retry()
  const again = await pullOne(tested, queue)
  assert.deepEqual([again.id, again.attempt, text(again.body)], [atOnce?.id, 2, 'at once'])
  await again.ack()
  await statsBecome(tested, queue, { waiting: 0, underWay: 2, dead: 0 })
  await tested.advance(paced(tested, 700))
  assert.deepEqual(await queue.pull(3, now), [])
  await tested.advance(paced(tested, 600))
  const second = await pullOne(tested, queue)
  assert.deepEqual([second.id, second.attempt], [later?.id, 2])
  const waiting = queue.pull(1, { waitMs: 60_000 })
  await tested.advance(paced(tested, 1_000))
  assert.deepEqual(bodiesOf(await waiting), ['much later'])
}

async function dedupes(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { dedupeMs: paced(tested, 1_000) })
  await Promise.all(Array.from({ length: 8 }, () => queue.push(bytes('1'), { id: 'a' })))
  await queue.push(bytes('other'), { id: 'b' })
  await queue.push(bytes('no id'))
  await queue.push(bytes('no id'))
  const taken = await pullUpTo(tested, queue, { count: 4, most: 20 })
  assert.deepEqual(bodiesOf(taken), ['1', 'other', 'no id', 'no id'])
  assert.deepEqual([taken[0]?.id, taken[1]?.id], ['a', 'b'])
  for (const one of taken) await one.ack()
  await queue.push(bytes('again'), { id: 'a' })
  assert.deepEqual(await queue.pull(5, now), [])
  await tested.advance(paced(tested, 1_500))
  await queue.push(bytes('later'), { id: 'a' })
  assert.deepEqual(bodiesOf(await pullUpTo(tested, queue, { count: 1, most: 5 })), ['later'])
}

async function refusesWhenFull(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { messagesMax: 3 })
  await pushAll(queue, ['1', '2', '3'])
  assert.equal(await codeOf(() => queue.push(bytes('4'))), full)
  const [one, other] = await pullAll(tested, queue, 2)
  assert.equal(await codeOf(() => queue.push(bytes('4'))), full)
  await one?.ack()
  await queue.push(bytes('4'))
  assert.equal(await codeOf(() => queue.push(bytes('5'))), full)
  await other?.reject('no')
  const attempts = Array.from({ length: 4 }, (_, i) => queue.push(bytes(`at once ${i}`)))
  assert.equal(await winners(attempts, full), 1)
  assert.equal(await codeOf(() => queue.redrive(other?.id ?? '')), full)
  await statsBecome(tested, queue, { waiting: 3, underWay: 0, dead: 1 })
}

async function abortsPulls(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { ackWaitMs: paced(tested, 1_000) })
  const abort = new AbortController()
  const pulling = codeOf(() => queue.pull(1, { waitMs: 60_000, signal: abort.signal }))
  await tested.settle()
  abort.abort('enough')
  assert.equal(await pulling, 'enough')
  await pushAll(queue, ['1'])
  assert.equal(await codeOf(() => queue.pull(1, { signal: abort.signal })), 'enough')
  // What an engine sent to whoever gave up comes back, at the latest when its time has run out.
  const waiting = queue.pull(1, { waitMs: 60_000 })
  await tested.advance(paced(tested, 1_200))
  const [taken] = await waiting
  assert.equal(text(taken?.body ?? bytes('none')), '1')
}

async function copiesBodies(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  const queue = await engine.queue('q')
  const body = Buffer.from(bytes('1').buffer)
  const pushing = queue.push(body)
  body[0] = 0
  await pushing
  const first = await pullOne(tested, queue)
  assert.equal(text(first.body), '1')
  first.body[0] = 0
  await first.retry()
  const second = await pullOne(tested, queue)
  assert.equal(text(second.body), '1')
  second.body[0] = 0
  await second.reject('no')
  const [letter] = await queue.deadLetters(1)
  assert.equal(text(letter?.body ?? bytes('none')), '1')
  if (letter !== undefined) letter.body[0] = 0
  await queue.redrive(second.id)
  assert.equal(text((await pullOne(tested, queue)).body), '1')
}

async function sharesByName(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  const [one, same, other] = [await engine.queue('one'), await engine.queue('one', {}), await engine.queue('other')]
  await one.push(bytes('1'))
  assert.deepEqual(await other.pull(1, now), [])
  await (await pullOne(tested, same)).ack()
  await engine.queue('small', { messagesMax: 5 })
  assert.equal(await codeOf(() => engine.queue('small', { messagesMax: 5, deliveriesMax: 5 })), 'no error')
  assert.equal(await codeOf(() => engine.queue('small', { messagesMax: 6 })), 'foundation/options-differ')
  assert.equal(await codeOf(() => engine.queue('small')), 'foundation/options-differ')
}

async function refusesOptions({ engine }: TestedEngine): Promise<void> {
  const refused = 'foundation/invalid-option'
  for (const name of ['', 'a.b', 'a b', 'x'.repeat(201)]) {
    assert.equal(await codeOf(() => engine.queue(name)), refused, name)
  }
  const impossible = [{ ackWaitMs: 0 }, { deliveriesMax: 0 }, { messagesMax: 0 }, { dedupeMs: 99 }]
  for (const options of impossible) assert.equal(await codeOf(() => engine.queue('q', options)), refused)
  const queue = await engine.queue('q')
  for (const id of ['', 'a b', 'a\n', 'ä', 'x'.repeat(257)]) {
    assert.equal(await codeOf(() => queue.push(bytes(''), { id })), refused, id)
  }
  assert.equal(await codeOf(() => queue.push(bytes(''), { id: 'x'.repeat(256) })), 'no error')
  for (const max of [0, 10_001, 1.5]) {
    assert.equal(await codeOf(() => queue.pull(max)), refused)
    assert.equal(await codeOf(() => queue.deadLetters(max)), refused)
  }
  assert.equal(await codeOf(() => queue.pull(1, { waitMs: -1 })), refused)
}

async function closes(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  const [queue, idle] = [await engine.queue('q'), await engine.queue('idle')]
  await pushAll(queue, ['1'])
  const taken = await pullOne(tested, queue)
  const waiting = codeOf(() => idle.pull(1, { waitMs: 60_000 }))
  await tested.settle()
  await engine.close()
  assert.equal(await waiting, 'foundation/engine-closed')
  const later = [() => queue.push(bytes('')), () => queue.pull(1, now), () => queue.stats(), () => taken.ack()]
  for (const attempt of [...later, () => engine.queue('q')]) {
    assert.equal(await codeOf(attempt), 'foundation/engine-closed')
  }
}

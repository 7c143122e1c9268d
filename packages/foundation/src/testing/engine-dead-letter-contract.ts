/** The laws of an engine's dead letters: how a message is given up, and what becomes of it. */

import assert from 'node:assert/strict'
import type { DurableQueue } from '../engine/durable-queue.ts'
import { seededRandom } from '../random.ts'
import type { ContractCase } from './contract-case.ts'
import { bytes, engineLaw, paced, type TestedEngine, text } from './engine-law.ts'
import { bodiesOf, looksMax, now, pullAll, pullOne, pullUpTo, pushAll, statsBecome } from './engine-queue-contract.ts'

/** Part of `engineContract`. */
export function engineDeadLetterLaws(open: () => Promise<TestedEngine>): readonly ContractCase[] {
  const law = (name: string, check: (tested: TestedEngine) => Promise<void>) => engineLaw(open, `queue: ${name}`, check)
  return [
    law('a message retried in its last delivery is dead, with the reason', buriesRetried),
    law('a message left in each of its deliveries is dead', buriesLeft),
    law('a rejected message is dead at once and is not delivered again', buriesRejected),
    law('a dead letter can be sent again as if new, or forgotten', redrives),
    law('with careless workers every message ends once, done or dead', conservesMessages),
  ]
}

/** Dead letters whose time ran out are found by a pull, at the latest. */
async function findDead(tested: TestedEngine, queue: DurableQueue, dead: number): Promise<void> {
  for (let looks = 0; looks < looksMax(tested) && (await queue.stats()).dead < dead; looks++) {
    assert.deepEqual(await queue.pull(1, now), [])
    await tested.advance(50)
  }
  assert.deepEqual(await queue.pull(1, now), [])
  await statsBecome(tested, queue, { waiting: 0, underWay: 0, dead })
}

async function buriesRetried(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { deliveriesMax: 2 })
  await queue.push(bytes('1'), { id: 'mine' })
  await (await pullOne(tested, queue)).retry({ reason: 'first' })
  const last = await pullOne(tested, queue)
  assert.deepEqual([last.id, last.attempt], ['mine', 2])
  await last.retry({ reason: 'second' })
  assert.deepEqual(await queue.pull(1, now), [])
  await statsBecome(tested, queue, { waiting: 0, underWay: 0, dead: 1 })
  const [letter] = await queue.deadLetters(5)
  assert.deepEqual([letter?.id, letter?.attempts, letter?.reason], ['mine', 2, 'second'])
  assert.equal(text(letter?.body ?? bytes('none')), '1')
}

async function buriesLeft(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { ackWaitMs: paced(tested, 1_000), deliveriesMax: 2 })
  await pushAll(queue, ['1'])
  for (let attempt = 1; attempt <= 2; attempt++) {
    assert.equal((await pullOne(tested, queue)).attempt, attempt)
    await tested.advance(paced(tested, 1_200))
  }
  await findDead(tested, queue, 1)
  const [letter] = await queue.deadLetters(5)
  assert.deepEqual([text(letter?.body ?? bytes('none')), letter?.attempts], ['1', 2])
  assert.ok((letter?.reason ?? '').length > 0)
}

async function buriesRejected(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { ackWaitMs: paced(tested, 1_000) })
  await pushAll(queue, ['1', '2', '3'])
  for (const one of await pullAll(tested, queue, 3)) await one.reject(`no ${text(one.body)}\nat all`)
  await tested.advance(paced(tested, 1_200))
  assert.deepEqual(await queue.pull(1, now), [])
  await statsBecome(tested, queue, { waiting: 0, underWay: 0, dead: 3 })
  const letters = await queue.deadLetters(2)
  assert.deepEqual(
    letters.map((one) => [text(one.body), one.attempts, one.reason]),
    [
      ['1', 1, 'no 1\nat all'],
      ['2', 1, 'no 2\nat all'],
    ],
  )
  assert.equal((await queue.deadLetters(10)).length, 3)
}

async function redrives(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { deliveriesMax: 1 })
  for (const id of ['a', 'b', 'c']) await queue.push(bytes(id), { id })
  for (const one of await pullAll(tested, queue, 3)) await one.retry({ reason: 'busy' })
  await statsBecome(tested, queue, { waiting: 0, underWay: 0, dead: 3 })
  await queue.push(bytes('d'))
  assert.equal(await queue.redrive('b'), true)
  assert.equal(await queue.redrive('b'), false)
  assert.equal(await queue.forget('b'), false)
  assert.equal(await queue.redrive('none'), false)
  assert.equal(await queue.forget('a'), true)
  assert.equal(await queue.forget('a'), false)
  await statsBecome(tested, queue, { waiting: 2, underWay: 0, dead: 1 })
  const taken = await pullUpTo(tested, queue, { count: 2, most: 5 })
  assert.deepEqual(
    taken.map((one) => [text(one.body), one.attempt]),
    [
      ['d', 1],
      ['b', 1],
    ],
  )
  assert.equal(taken[1]?.id, 'b')
  for (const one of taken) await one.ack()
  assert.deepEqual(bodiesOf(await queue.deadLetters(5)), ['c'])
}

/** Workers that acknowledge, give back, refuse, or forget what they took; every third message is pushed twice. */
async function conservesMessages(tested: TestedEngine): Promise<void> {
  const queue = await tested.engine.queue('q', { ackWaitMs: paced(tested, 1_000), deliveriesMax: 3 })
  const random = seededRandom('careless workers')
  const done: string[] = []
  const bodies = Array.from({ length: 60 }, (_, i) => `m${String(i).padStart(2, '0')}`)
  for (const [i, id] of bodies.entries()) {
    for (let times = i % 3 === 0 ? 2 : 1; times > 0; times--) await queue.push(bytes(id), { id })
  }
  const work = async () => {
    for (let taken = await queue.pull(4, now); taken.length > 0; taken = await queue.pull(4, now)) {
      for (const one of taken) {
        const what = random.int(4)
        if (what === 0) await one.ack().then(() => done.push(text(one.body)))
        else if (what === 1) await one.retry({ delayMs: random.int(paced(tested, 500)) })
        else if (what === 2 && random.int(3) === 0) await one.reject('no')
      }
    }
  }
  // Three deliveries, each with its time to acknowledge, and one pull more to find the last ones dead.
  for (let round = 0; round < 4; round++) {
    await Promise.all([work(), work(), work()])
    await tested.advance(paced(tested, 1_500))
  }
  await findDead(tested, queue, bodies.length - done.length)
  const dead = bodiesOf(await queue.deadLetters(100))
  assert.deepEqual([...done, ...dead].sort(), bodies)
}

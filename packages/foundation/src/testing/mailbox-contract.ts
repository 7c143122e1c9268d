/** The laws of a mailbox, over any that is like one: also how the tests show that they notice a broken one. */

import assert from 'node:assert/strict'
import { type Mailbox, type Overflow, overflows, type Queued } from '../actors/mailbox.ts'
import { seededRandom } from '../random.ts'
import type { ContractCase } from './contract-case.ts'

/** A message that is nothing but its place in the order. */
export class NumberedMessage implements Queued {
  readonly number: number
  next: Queued | undefined = undefined
  done = false
  /** A call waits for an answer, a cast does not. */
  readonly patient: boolean
  /** News, which must not be dropped. */
  readonly lasting: boolean

  constructor(number: number, kind: 'call' | 'cast' | 'news' = 'call') {
    this.number = number
    this.patient = kind === 'call'
    this.lasting = kind === 'news'
  }
}

type TestedMailbox = Pick<Mailbox<NumberedMessage>, 'offer' | 'append' | 'take' | 'size' | 'waiters'>
export type OpenMailbox = (capacity: number, overflow: Overflow, waitersMax: number) => TestedMailbox

/** @example for (const { name, run } of mailboxContract((...limits) => new Mailbox(...limits))) test(name, run) */
export function mailboxContract(open: OpenMailbox): readonly ContractCase[] {
  return [
    ...lawsOfPolicies(open),
    ...lawsOfWaiting(open),
    law('it behaves as a bounded list does, whatever happens to it', () => {
      for (const overflow of overflows) compare(open, overflow)
    }),
  ]
}

function law(name: string, check: () => void): ContractCase {
  return { name, run: async () => check() }
}

function lawsOfPolicies(open: OpenMailbox): readonly ContractCase[] {
  return [
    law('what was offered first is taken first', () => {
      const mailbox = open(3, 'reject', 0)
      assert.deepEqual(
        [1, 2, 3].map((n) => offer(mailbox, n)),
        [undefined, undefined, undefined],
      )
      assert.deepEqual(drain(mailbox), [1, 2, 3])
      assert.equal(mailbox.size, 0)
    }),
    law('reject and drop-newest give back the one past the limit', () => {
      for (const overflow of ['reject', 'drop-newest'] as const) {
        const mailbox = open(2, overflow, 0)
        assert.deepEqual(
          [1, 2, 3].map((n) => offer(mailbox, n)),
          [undefined, undefined, 3],
        )
        assert.deepEqual(drain(mailbox), [1, 2])
      }
    }),
    law('drop-oldest gives back the one that waited longest', () => {
      const mailbox = open(2, 'drop-oldest', 0)
      assert.deepEqual(
        [1, 2, 3, 4].map((n) => offer(mailbox, n)),
        [undefined, undefined, 1, 2],
      )
      assert.deepEqual(drain(mailbox), [3, 4])
    }),
    law('what was given up is not taken, and makes room', () => {
      const mailbox = open(2, 'reject', 0)
      const given = [new NumberedMessage(1), new NumberedMessage(2)]
      for (const message of given) mailbox.offer(message)
      for (const message of given) message.done = true
      assert.equal(offer(mailbox, 3), undefined)
      assert.equal(offer(mailbox, 4), undefined)
      assert.equal(offer(mailbox, 5), 5)
      assert.deepEqual(drain(mailbox), [3, 4])
    }),
  ]
}

function lawsOfWaiting(open: OpenMailbox): readonly ContractCase[] {
  return [
    law('block lets as many calls wait for room as it is told, first come first served, and no cast', () => {
      const mailbox = open(1, 'block', 2)
      assert.equal(offer(mailbox, 1), undefined)
      assert.equal(offer(mailbox, 2, 'cast'), 2)
      assert.deepEqual(
        [3, 4, 5].map((n) => offer(mailbox, n)),
        [undefined, undefined, 5],
      )
      assert.deepEqual([mailbox.size, mailbox.waiters], [1, 2])
      assert.equal(mailbox.take()?.number, 1)
      assert.equal(offer(mailbox, 6, 'cast'), 6)
      assert.equal(offer(mailbox, 7), undefined)
      assert.deepEqual(drain(mailbox), [3, 4, 7])
      assert.deepEqual([mailbox.size, mailbox.waiters], [0, 0])
    }),
    law('who gave up waiting for room gives that place to another', () => {
      const mailbox = open(1, 'block', 1)
      const given = [new NumberedMessage(1), new NumberedMessage(2)]
      for (const message of given) assert.equal(mailbox.offer(message), undefined)
      assert.equal(offer(mailbox, 3), 3)
      ;(given[1] as NumberedMessage).done = true
      assert.equal(offer(mailbox, 4), undefined)
      ;(given[0] as NumberedMessage).done = true
      assert.deepEqual(drain(mailbox), [4])
    }),
    law('news is taken in whatever the bound, comes after what was there, and is not dropped', () => {
      const mailbox = open(2, 'drop-oldest', 0)
      for (const n of [1, 2]) offer(mailbox, n)
      mailbox.append(new NumberedMessage(3, 'news'))
      assert.deepEqual(
        [4, 5, 6].map((n) => offer(mailbox, n)),
        [1, 2, 4],
      )
      assert.deepEqual(drain(mailbox), [3, 5, 6])
      const blocking = open(1, 'block', 1)
      for (const n of [1, 2]) offer(blocking, n)
      blocking.append(new NumberedMessage(3, 'news'))
      assert.deepEqual(drain(blocking), [1, 2, 3])
    }),
  ]
}

function offer(mailbox: TestedMailbox, number: number, kind: 'call' | 'cast' = 'call'): number | undefined {
  return mailbox.offer(new NumberedMessage(number, kind))?.number
}

function drain(mailbox: TestedMailbox): readonly number[] {
  const taken: number[] = []
  for (let message = mailbox.take(); message !== undefined; message = mailbox.take()) taken.push(message.number)
  return taken
}

function compare(open: OpenMailbox, overflow: Overflow): void {
  const random = seededRandom(overflow)
  const capacity = 5
  const waitersMax = 3
  const mailbox = open(capacity, overflow, waitersMax)
  /** What is still wanted, in order. */
  let model: NumberedMessage[] = []
  for (let step = 0; step < 5_000; step++) {
    const what = random.int(5)
    model = model.filter((one) => !one.done)
    if (what < 3) {
      const message = new NumberedMessage(step, random.int(2) === 0 ? 'call' : 'cast')
      const most = overflow === 'block' && message.patient ? capacity + waitersMax : capacity
      const full = model.length >= most
      const expected = !full ? undefined : overflow === 'drop-oldest' ? model.shift() : message
      if (expected !== message) model.push(message)
      assert.equal(mailbox.offer(message)?.number, expected?.number)
    } else if (what === 3) {
      assert.equal(mailbox.take()?.number, model.shift()?.number)
    } else if (model.length > 0) {
      const message = model[random.int(model.length)] as NumberedMessage
      message.done = true
    }
    assert.ok(mailbox.size <= capacity, `holds ${mailbox.size}`)
    assert.ok(mailbox.waiters <= waitersMax, `lets ${mailbox.waiters} wait`)
  }
}

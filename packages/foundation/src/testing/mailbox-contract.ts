/** The laws of a mailbox, over any that is like one: also how the tests show that they notice a broken one. */

import assert from 'node:assert/strict'
import type { Mailbox, Overflow, Queued } from '../actors/mailbox.ts'
import { seededRandom } from '../random.ts'
import type { ContractCase } from './contract-case.ts'

/** A message that is nothing but its place in the order. */
export class NumberedMessage implements Queued {
  readonly number: number
  next: Queued | undefined = undefined
  done = false

  constructor(number: number) {
    this.number = number
  }
}

type TestedMailbox = Pick<Mailbox<NumberedMessage>, 'offer' | 'take' | 'size'>
export type OpenMailbox = (capacity: number, overflow: Overflow) => TestedMailbox

/** @example for (const { name, run } of mailboxContract((capacity, overflow) => new Mailbox(capacity, overflow))) … */
export function mailboxContract(open: OpenMailbox): readonly ContractCase[] {
  const law = (name: string, check: () => void): ContractCase => ({ name, run: async () => check() })
  return [
    law('what was offered first is taken first', () => {
      const mailbox = open(3, 'reject')
      assert.deepEqual(
        [1, 2, 3].map((n) => offer(mailbox, n)),
        [undefined, undefined, undefined],
      )
      assert.deepEqual(drain(mailbox), [1, 2, 3])
      assert.equal(mailbox.size, 0)
    }),
    law('reject and drop-newest give back the one past the limit', () => {
      for (const overflow of ['reject', 'drop-newest'] as const) {
        const mailbox = open(2, overflow)
        assert.deepEqual(
          [1, 2, 3].map((n) => offer(mailbox, n)),
          [undefined, undefined, 3],
        )
        assert.deepEqual(drain(mailbox), [1, 2])
      }
    }),
    law('drop-oldest gives back the one that waited longest', () => {
      const mailbox = open(2, 'drop-oldest')
      assert.deepEqual(
        [1, 2, 3, 4].map((n) => offer(mailbox, n)),
        [undefined, undefined, 1, 2],
      )
      assert.deepEqual(drain(mailbox), [3, 4])
    }),
    law('what was given up is not taken, and makes room', () => {
      const mailbox = open(2, 'reject')
      const given = [new NumberedMessage(1), new NumberedMessage(2)]
      for (const message of given) mailbox.offer(message)
      for (const message of given) message.done = true
      assert.equal(offer(mailbox, 3), undefined)
      assert.equal(offer(mailbox, 4), undefined)
      assert.equal(offer(mailbox, 5), 5)
      assert.deepEqual(drain(mailbox), [3, 4])
    }),
    law('it behaves as a bounded list does, whatever happens to it', () => {
      for (const overflow of ['reject', 'drop-oldest', 'drop-newest'] as const) compare(open, overflow)
    }),
  ]
}

function offer(mailbox: TestedMailbox, number: number): number | undefined {
  return mailbox.offer(new NumberedMessage(number))?.number
}

function drain(mailbox: TestedMailbox): readonly number[] {
  const taken: number[] = []
  for (let message = mailbox.take(); message !== undefined; message = mailbox.take()) taken.push(message.number)
  return taken
}

function compare(open: OpenMailbox, overflow: Overflow): void {
  const random = seededRandom(overflow)
  const capacity = 5
  const mailbox = open(capacity, overflow)
  let model: NumberedMessage[] = []
  for (let step = 0; step < 5_000; step++) {
    const what = random.int(5)
    if (what < 3) {
      const message = new NumberedMessage(step)
      if (model.length >= capacity) model = model.filter((one) => !one.done)
      const full = model.length >= capacity
      const expected = !full ? undefined : overflow === 'drop-oldest' ? model.shift() : message
      if (expected !== message) model.push(message)
      assert.equal(mailbox.offer(message)?.number, expected?.number)
    } else if (what === 3) {
      while (model[0]?.done) model.shift()
      assert.equal(mailbox.take()?.number, model.shift()?.number)
    } else if (model.length > 0) {
      const message = model[random.int(model.length)] as NumberedMessage
      message.done = true
    }
    assert.ok(mailbox.size <= capacity, `holds ${mailbox.size}`)
  }
}

import { describe, expect, test } from 'vitest'
import { failingCases, mailboxContract, type NumberedMessage } from '../testing/index.ts'
import { Mailbox, type Overflow } from './mailbox.ts'

describe('Mailbox keeps the contract', () => {
  for (const { name, run } of mailboxContract((capacity, overflow) => new Mailbox(capacity, overflow))) test(name, run)
})

describe('mailboxContract notices', () => {
  const mutants: Record<string, (capacity: number, overflow: Overflow) => Mailbox<NumberedMessage>> = {
    'one message over the bound': (capacity, overflow) => new Mailbox(capacity + 1, overflow),
    'the newest dropped in place of the oldest': (capacity) => new Mailbox(capacity, 'drop-newest'),
    'a message given up that is still delivered': (capacity, overflow) => {
      const held: NumberedMessage[] = []
      const mailbox = new Mailbox<NumberedMessage>(capacity, overflow)
      return Object.assign(mailbox, {
        offer: (message: NumberedMessage) => (held.length < capacity ? void held.push(message) : message),
        take: () => held.shift(),
      })
    },
    'last in, first out': (capacity, overflow) => {
      const held: NumberedMessage[] = []
      const mailbox = new Mailbox<NumberedMessage>(capacity, overflow)
      return Object.assign(mailbox, {
        offer: (message: NumberedMessage) => (held.length < capacity ? void held.push(message) : message),
        take: () => held.pop(),
      })
    },
    'a dropped message nobody is told of': (capacity, overflow) => {
      const mailbox = new Mailbox<NumberedMessage>(capacity, overflow)
      const offer = mailbox.offer.bind(mailbox)
      return Object.assign(mailbox, { offer: (message: NumberedMessage) => void offer(message) })
    },
  }
  for (const [name, open] of Object.entries(mutants)) {
    test(name, async () => {
      expect(await failingCases(mailboxContract(open))).not.toEqual([])
    })
  }
})

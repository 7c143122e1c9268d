import { describe, expect, test } from 'vitest'
import { failingCases, mailboxContract, type NumberedMessage, type OpenMailbox } from '../testing/index.ts'
import { Mailbox } from './mailbox.ts'

const real: OpenMailbox = (...limits) => new Mailbox<NumberedMessage>(...limits)

describe('Mailbox keeps the contract', () => {
  for (const { name, run } of mailboxContract(real)) test(name, run)
})

describe('mailboxContract notices', () => {
  /** A mailbox with some of its members replaced. */
  const changed =
    (change: (mailbox: Mailbox<NumberedMessage>) => Partial<ReturnType<OpenMailbox>>): OpenMailbox =>
    (...limits) => {
      const mailbox = new Mailbox<NumberedMessage>(...limits)
      const { offer, append, take } = mailbox
      const bound = { offer: offer.bind(mailbox), append: append.bind(mailbox), take: take.bind(mailbox) }
      const parts = { ...bound, ...change(Object.assign(Object.create(null), bound, { capacity: mailbox.capacity })) }
      return {
        ...parts,
        get size() {
          return mailbox.size
        },
        get waiters() {
          return mailbox.waiters
        },
      }
    }
  const held = (take: 'shift' | 'pop'): OpenMailbox =>
    changed(({ capacity }) => {
      const messages: NumberedMessage[] = []
      return {
        offer: (message) => (messages.length < capacity ? void messages.push(message) : message),
        take: () => messages[take](),
      }
    })
  const mutants: Record<string, OpenMailbox> = {
    'one message over the bound': (capacity, ...rest) => new Mailbox(capacity + 1, ...rest),
    'one waiter over the bound': (capacity, overflow, waitersMax) => new Mailbox(capacity, overflow, waitersMax + 1),
    'the newest dropped in place of the oldest': (capacity, _, ...rest) =>
      new Mailbox(capacity, 'drop-newest', ...rest),
    'a message given up that is still delivered': held('shift'),
    'last in, first out': held('pop'),
    'a dropped message nobody is told of': changed((mailbox) => ({ offer: (message) => void mailbox.offer(message) })),
    'a cast that waits for room': changed((mailbox) => ({
      offer: (message) => mailbox.offer(Object.assign(message, { patient: true })),
    })),
    'a call that does not wait for room': changed((mailbox) => ({
      offer: (message) => mailbox.offer(Object.assign(message, { patient: false })),
    })),
    'news that is refused at the bound': changed((mailbox) => ({ append: (message) => void mailbox.offer(message) })),
    'news that is dropped': changed((mailbox) => ({
      append: (message) => mailbox.append(Object.assign(message, { lasting: false })),
    })),
    'news that is lost': changed(() => ({ append: () => {} })),
  }
  for (const [name, open] of Object.entries(mutants)) {
    test(name, async () => {
      expect(await failingCases(mailboxContract(open))).not.toEqual([])
    })
  }
})

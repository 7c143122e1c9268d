/** The engine contract suite can fail: each bug that is planted in the memory engine breaks a law. */

import { describe, expect, test } from 'vitest'
import { MemoryBlobs } from '../engine/engines/memory/blobs.ts'
import { EntryTable } from '../engine/engines/memory/entry-table.ts'
import { MemoryMessages } from '../engine/engines/memory/messages.ts'
import { MemoryQueue } from '../engine/engines/memory/queue.ts'
import { QueueLedger } from '../engine/engines/memory/queue-ledger.ts'
import { MemoryState } from '../engine/engines/memory/state.ts'
import { type KeptChange, MemoryWatch } from '../engine/engines/memory/state-watch.ts'
import { Subscriber } from '../engine/engines/memory/subscriber.ts'
import { SubscriberTable } from '../engine/engines/memory/subscriber-table.ts'
import { WaitingPull } from '../engine/engines/memory/waiting-pull.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { Turns } from '../turns.ts'
import { engineContract, failingCases, settled, virtualClock } from './index.ts'

/** Plants a bug and returns what takes it out again. */
type Plant = () => () => void

/** In the place of one member of all objects of a class. */
function instead<T extends object, K extends keyof T>(prototype: T, member: K, bug: (original: T[K]) => T[K]): Plant {
  return () => {
    const original = Object.getOwnPropertyDescriptor(prototype, member) as PropertyDescriptor
    Object.defineProperty(prototype, member, { ...original, value: bug(original.value) })
    return () => Object.defineProperty(prototype, member, original)
  }
}

function insteadOfGetter<T extends object, V>(prototype: T, member: keyof T, bug: (original: V) => V): Plant {
  return () => {
    const original = Object.getOwnPropertyDescriptor(prototype, member) as PropertyDescriptor
    const get = function (this: T) {
      return bug(original.get?.call(this))
    }
    Object.defineProperty(prototype, member, { ...original, get })
    return () => Object.defineProperty(prototype, member, original)
  }
}

function both(one: Plant, other: Plant): Plant {
  return () => {
    const takeOut = [one(), other()]
    return () => {
      for (const each of takeOut) each()
    }
  }
}

/** The same memory after a copy too: a view of a buffer shares, where a view of bytes copies. */
function shared(body: Uint8Array): Uint8Array {
  return Object.assign(body.buffer, { length: body.length }) as unknown as Uint8Array
}

const messageBugs: Record<string, Plant> = {
  'a message handed over twice': instead(SubscriberTable.prototype, 'listening', (original) => {
    return function* (this: SubscriberTable<Subscriber>, subject) {
      yield* original.call(this, subject)
      yield* original.call(this, subject)
    }
  }),
  'a message handed to everybody': instead(SubscriberTable.prototype, 'listening', () => {
    return function* (this: SubscriberTable<Subscriber>) {
      yield* this.all()
    }
  }),
  'messages shared with the sender': instead(MemoryMessages.prototype, 'publish', (original) => {
    return function (this: MemoryMessages, subject, body) {
      original.call(this, subject, shared(body))
    }
  }),
  'a subscription that is drained by ending it': instead(Subscriber.prototype, 'drain', () => {
    return function (this: Subscriber) {
      return this[Symbol.asyncDispose]()
    }
  }),
  'a subscription that listens on after it was drained': instead(Subscriber.prototype, 'drain', () => async () => {}),
  'a subscription that goes on after its end': instead(Subscriber.prototype, Symbol.asyncDispose, () => async () => {}),
}

const stateBugs: Record<string, Plant> = {
  'an update without a check of the revision': instead(MemoryState.prototype, 'update', () => {
    return function (this: MemoryState, key, value) {
      return this.put(key, value)
    }
  }),
  'a create over a value': instead(MemoryState.prototype, 'create', () => {
    return function (this: MemoryState, key, value) {
      return this.put(key, value)
    }
  }),
  'a delete without a check of the revision': instead(MemoryState.prototype, 'delete', (original) => {
    return function (this: MemoryState, key) {
      return original.call(this, key)
    }
  }),
  'a revision that is used again': instead(EntryTable.prototype, 'write', (original) => {
    return function (this: EntryTable, key, value, nowMs) {
      const old = this.get(key)?.revision ?? 0
      return Object.assign(original.call(this, key, value, nowMs), { revision: old + 1 })
    }
  }),
  'an end that a write does not put off': instead(EntryTable.prototype, 'write', (original) => {
    return function (this: EntryTable, key, value, nowMs) {
      const old = this.get(key)
      const entry = original.call(this, key, value, nowMs)
      return old === undefined ? entry : Object.assign(entry, { dueMs: old.dueMs })
    }
  }),
  'an end that never comes': insteadOfGetter(EntryTable.prototype, 'nextDueMs', () => undefined),
  'an end told as a delete': instead(EntryTable.prototype, 'expire', (original) => {
    return function (this: EntryTable, nowMs) {
      const change = original.call(this, nowMs)
      return change?.type === 'delete' ? { ...change, expired: false } : change
    }
  }),
  'an end nobody is told of': instead(MemoryWatch.prototype, 'tell', (original) => {
    return function (this: MemoryWatch, change) {
      if (change.type !== 'delete' || !change.expired) original.call(this, change)
    }
  }),
  'a delete nobody is told of': instead(MemoryWatch.prototype, 'tell', (original) => {
    return function (this: MemoryWatch, change) {
      if (change.type !== 'delete' || change.expired) original.call(this, change)
    }
  }),
  'a watch that tells of the change before once more': instead(MemoryWatch.prototype, 'tell', (original) => {
    const before = new WeakMap<MemoryWatch, KeptChange>()
    return function (this: MemoryWatch, change) {
      original.call(this, change)
      const older = before.get(this)
      before.set(this, change)
      if (older !== undefined) original.call(this, older)
    }
  }),
  'a watch that begins with the newest': instead(MemoryWatch.prototype, 'begin', (original) => {
    return function (this: MemoryWatch, entries) {
      return original.call(this, [...entries].reverse())
    }
  }),
  'a watch that skips the values there are': instead(MemoryWatch.prototype, 'begin', (original) => {
    return function (this: MemoryWatch) {
      return original.call(this, [])
    }
  }),
  'a watch that goes on after its end': instead(MemoryWatch.prototype, Symbol.asyncDispose, () => async () => {}),
  'news in the turn of the writer': instead(Turns.prototype, 'ask', () => (task) => task.runTurn()),
  'values shared with the writer': instead(EntryTable.prototype, 'write', (original) => {
    return function (this: EntryTable, key, value, nowMs) {
      return original.call(this, key, shared(value), nowMs)
    }
  }),
}

const queueBugs: Record<string, Plant> = {
  'an acknowledgement that is ignored': instead(QueueLedger.prototype, 'ack', () => () => {}),
  'attempts that are not counted': instead(QueueLedger.prototype, 'take', (original) => {
    return function (this: QueueLedger, nowMs) {
      const message = original.call(this, nowMs)
      return message === undefined ? message : Object.assign(message, { attempts: 1 })
    }
  }),
  'an id that is taken twice': instead(QueueLedger.prototype, 'knows', () => () => false),
  'an id that is remembered for ever': instead(QueueLedger.prototype, 'knows', (original) => {
    return function (this: QueueLedger, id) {
      return original.call(this, id, Number.NEGATIVE_INFINITY)
    }
  }),
  'time to acknowledge that never runs out': both(
    instead(QueueLedger.prototype, 'fallDue', () => () => []),
    insteadOfGetter(QueueLedger.prototype, 'nextDueMs', () => undefined),
  ),
  'an extension that is ignored': instead(QueueLedger.prototype, 'extend', () => () => {}),
  'a late acknowledgement that counts': instead(QueueLedger.prototype, 'holds', () => (message) => {
    return message.delivery !== 0
  }),
  'a delay that is ignored': instead(QueueLedger.prototype, 'retry', (original) => {
    return function (this: QueueLedger, message, _dueMs, reason) {
      return original.call(this, message, 0, reason)
    }
  }),
  'a message retried for ever': instead(QueueLedger.prototype, 'retry', (original) => {
    return function (this: QueueLedger, message, dueMs, reason) {
      const { attempts } = message
      message.attempts = 0
      const events = original.call(this, message, dueMs, reason)
      message.attempts = attempts
      return events
    }
  }),
  'a rejected message that comes again': instead(QueueLedger.prototype, 'reject', () => {
    return function (this: QueueLedger, message, reason) {
      return this.retry(message, 0, reason)
    }
  }),
  'a dead letter sent again with its old attempts': instead(QueueLedger.prototype, 'redrive', (original) => {
    return function (this: QueueLedger, message) {
      const { attempts } = message
      original.call(this, message)
      message.attempts = attempts
    }
  }),
  'a dead letter that is not forgotten': instead(QueueLedger.prototype, 'forget', () => () => {}),
  'a queue over its limit': insteadOfGetter(QueueLedger.prototype, 'size', () => 0),
  'a queue that is full one too early': insteadOfGetter<QueueLedger, number>(
    QueueLedger.prototype,
    'size',
    (n) => n + 1,
  ),
  'an aborted pull that comes back with none': instead(WaitingPull.prototype, 'handleEvent', () => {
    return function (this: WaitingPull) {
      this.succeed([])
    }
  }),
  'a pull that does not wait': instead(MemoryQueue.prototype, 'pull', (original) => {
    return function (this: MemoryQueue, max, options) {
      return original.call(this, max, { ...options, waitMs: 0 })
    }
  }),
  'a pull that takes one too many': instead(MemoryQueue.prototype, 'pull', (original) => {
    return function (this: MemoryQueue, max, options) {
      return original.call(this, max + 1, options)
    }
  }),
  'bodies shared with the sender': instead(QueueLedger.prototype, 'push', (original) => {
    return function (this: QueueLedger, id, body, nowMs) {
      original.call(this, id, shared(body), nowMs)
    }
  }),
}

const blobBugs: Record<string, Plant> = {
  'a blob that is written in halves': instead(MemoryBlobs.prototype, 'put', (original) => {
    return async function (this: MemoryBlobs, key, body) {
      await original.call(this, key, body.slice(0, body.length / 2))
      await original.call(this, key, body)
    }
  }),
  'a blob shared with the writer': instead(MemoryBlobs.prototype, 'put', (original) => {
    return function (this: MemoryBlobs, key, body) {
      return original.call(this, key, shared(body))
    }
  }),
  'a blob that is not deleted': instead(MemoryBlobs.prototype, 'delete', () => async () => {}),
}

/** Laws of messages name no part. */
function partOf(law: string): string {
  return /^(state|queue|blobs): /.exec(law)?.[1] ?? 'messages'
}

describe('engineContract notices', () => {
  const open = async () => {
    const clock = virtualClock()
    return { engine: memoryEngine({ clock }), settle: settled, advance: (ms: number) => clock.advance(ms) }
  }
  for (const [part, bugs] of Object.entries({
    messages: messageBugs,
    state: stateBugs,
    queue: queueBugs,
    blobs: blobBugs,
  })) {
    for (const [name, plant] of Object.entries(bugs)) {
      test(name, async () => {
        const laws = engineContract(open).filter((one) => partOf(one.name) === part)
        const takeOut = plant()
        try {
          expect(await failingCases(laws)).not.toEqual([])
        } finally {
          takeOut()
        }
        expect(await failingCases(laws)).toEqual([])
      })
    }
  }
})

/**
 * Who has which message of one durable queue, and for how long. Time is an argument, and what happened is a value; it is
 * written in place, since a copy of a million messages for each push is no option.
 *
 * A message waits (never delivered), is in somebody's hands, waits again, is put off, or is dead. Those that wait again go first.
 */

import { DueHeap } from './due-heap.ts'
import { type InLine, Line } from './line.ts'

export interface LedgerSettings {
  readonly ackWaitMs: number
  readonly deliveriesMax: number
  readonly dedupeMs: number
  readonly deadLettersMax: number
}

/** A message as it is kept. Its bytes are nobody else's. */
export interface KeptMessage extends InLine {
  readonly id: string
  readonly body: Uint8Array
  attempts: number
  /** The delivery it is in somebody's hands with; 0 when it is in nobody's. Never used twice. */
  delivery: number
  dueMs: number
  /** Why it is dead. */
  reason: string
}

/** What is worth telling an operator. */
export type LedgerEvent =
  | { readonly type: 'delivery-expired' | 'message-dead'; readonly message: KeptMessage }
  | { readonly type: 'dead-letter-dropped'; readonly message: KeptMessage }

/** Where a message stands. */
type Place = 'waiting' | 'again' | 'in-hands' | 'put-off' | 'dead'

/** A part of a ledger as it is kept elsewhere: all of them, in the order in which they were given, make an equal one. */
export type LedgerPart =
  | { readonly type: 'counters'; readonly pushed: number; readonly delivered: number }
  | { readonly type: 'id'; readonly id: string; readonly dueMs: number }
  | ({ readonly type: 'message'; readonly place: Place } & Omit<KeptMessage, keyof InLine>)

interface KnownId extends InLine {
  readonly id: string
  readonly dueMs: number
}

export class QueueLedger {
  readonly #settings: LedgerSettings
  readonly #waiting = new Line<KeptMessage>()
  readonly #again = new Line<KeptMessage>()
  /** In the order in which their time runs out, which is the same for all. */
  readonly #inHands = new Line<KeptMessage>()
  readonly #putOff = new DueHeap<KeptMessage>()
  readonly #dead = new Line<KeptMessage>()
  readonly #ids = new Map<string, KnownId>()
  readonly #idsInOrder = new Line<KnownId>()
  #pushed = 0
  #delivered = 0

  constructor(settings: LedgerSettings) {
    this.#settings = settings
  }

  /** Messages that are not dead. */
  get size(): number {
    return this.waiting + this.underWay
  }

  /** Never delivered yet. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Delivered, and neither done nor dead. */
  get underWay(): number {
    return this.#inHands.size + this.#again.size + this.#putOff.size
  }

  get dead(): number {
    return this.#dead.size
  }

  /** Whether `take` would find one. */
  get isReady(): boolean {
    return this.#again.size + this.#waiting.size > 0
  }

  /** When `fallDue` has something to do next. */
  get nextDueMs(): number | undefined {
    const ackMs = this.#inHands.first?.dueMs
    const putOffMs = this.#putOff.nextDueMs
    return ackMs === undefined || putOffMs === undefined ? (ackMs ?? putOffMs) : Math.min(ackMs, putOffMs)
  }

  /** Whether a message with that id was pushed within `dedupeMs`. */
  knows(id: string, nowMs: number): boolean {
    this.#forgetIds(nowMs)
    return this.#ids.has(id)
  }

  /** How many ids it remembers. */
  idsKnown(nowMs: number): number {
    this.#forgetIds(nowMs)
    return this.#ids.size
  }

  /** Keeps a copy. Requires: the id is not known. */
  push(id: string | undefined, body: Uint8Array, nowMs: number): void {
    this.#pushed++
    if (id !== undefined) this.#remember(id, nowMs + this.#settings.dedupeMs)
    this.#waiting.append({
      id: id ?? `${this.#pushed}`,
      body: new Uint8Array(body),
      attempts: 0,
      delivery: 0,
      dueMs: 0,
      reason: '',
      earlier: undefined,
      later: undefined,
    })
  }

  /** The next message, which is in somebody's hands from now on. */
  take(nowMs: number): KeptMessage | undefined {
    const message = this.#again.shift() ?? this.#waiting.shift()
    if (message === undefined) return undefined
    message.attempts++
    message.delivery = ++this.#delivered
    this.#send(message, nowMs)
    return message
  }

  /** Whether the message is still in somebody's hands with that delivery. */
  holds(message: KeptMessage, delivery: number): boolean {
    return message.delivery === delivery
  }

  /** Its time begins anew. Requires: it is held. */
  extend(message: KeptMessage, nowMs: number): void {
    this.#inHands.remove(message)
    this.#send(message, nowMs)
  }

  /** It is done and gone. Requires: it is held. */
  ack(message: KeptMessage): void {
    this.#release(message)
  }

  /** It waits again from `dueMs` on, or is dead when it was the last attempt. Requires: it is held. */
  retry(message: KeptMessage, dueMs: number, reason: string): readonly LedgerEvent[] {
    this.#release(message)
    if (message.attempts >= this.#settings.deliveriesMax) return this.#bury(message, reason)
    this.#putOff.add(dueMs, message)
    return []
  }

  /** It is dead. Requires: it is held. */
  reject(message: KeptMessage, reason: string): readonly LedgerEvent[] {
    this.#release(message)
    return this.#bury(message, reason)
  }

  /** Lets those wait again whose time to acknowledge has run out or for whom it has come. */
  fallDue(nowMs: number): readonly LedgerEvent[] {
    const events: LedgerEvent[] = []
    const { ackWaitMs, deliveriesMax } = this.#settings
    for (let one = this.#inHands.first; one !== undefined && one.dueMs <= nowMs; one = this.#inHands.first) {
      this.#release(one)
      events.push({ type: 'delivery-expired', message: one })
      if (one.attempts < deliveriesMax) this.#again.append(one)
      else events.push(...this.#bury(one, `not acknowledged within ${ackWaitMs} ms`))
    }
    for (let one = this.#putOff.takeDue(nowMs); one !== undefined; one = this.#putOff.takeDue(nowMs)) {
      this.#again.append(one)
    }
    return events
  }

  /** Oldest first. */
  deadLetters(): Iterable<KeptMessage> {
    return this.#dead
  }

  /** It waits again as if it were new. Requires: it is dead. */
  redrive(message: KeptMessage): void {
    this.#dead.remove(message)
    message.attempts = 0
    message.delivery = 0
    message.dueMs = 0
    message.reason = ''
    this.#waiting.append(message)
  }

  /** Requires: it is dead. */
  forget(message: KeptMessage): void {
    this.#dead.remove(message)
  }

  /**
   * The whole of it as it is now, however late it is gone through. What there may be a million of is only pointed at: an id that is known
   * does not change, and of a message that was never delivered nothing was set yet.
   */
  parts(): Iterable<LedgerPart> {
    const counters = { type: 'counters', pushed: this.#pushed, delivered: this.#delivered } as const
    const [ids, waiting, changing] = [[...this.#idsInOrder], [...this.#waiting], [...this.#changing()]]
    return wholeOf(counters, { ids, waiting, changing })
  }

  /** Puts a part back; the message, where it is one. */
  restore(kept: LedgerPart): KeptMessage | undefined {
    if (kept.type === 'counters') {
      this.#pushed = kept.pushed
      this.#delivered = kept.delivered
      return undefined
    }
    if (kept.type === 'id') {
      this.#remember(kept.id, kept.dueMs)
      return undefined
    }
    const { id, body, attempts, delivery, dueMs, reason, place } = kept
    const copy = new Uint8Array(body)
    const message = { id, body: copy, attempts, delivery, dueMs, reason, earlier: undefined, later: undefined }
    if (place === 'put-off') this.#putOff.add(dueMs, message)
    else this.#lineOf(place).append(message)
    return message
  }

  #lineOf(place: Exclude<Place, 'put-off'>): Line<KeptMessage> {
    if (place === 'waiting') return this.#waiting
    if (place === 'again') return this.#again
    return place === 'dead' ? this.#dead : this.#inHands
  }

  #remember(id: string, dueMs: number): void {
    const known: KnownId = { id, dueMs, earlier: undefined, later: undefined }
    this.#ids.set(id, known)
    this.#idsInOrder.append(known)
  }

  #send(message: KeptMessage, nowMs: number): void {
    message.dueMs = nowMs + this.#settings.ackWaitMs
    this.#inHands.append(message)
  }

  #release(message: KeptMessage): void {
    this.#inHands.remove(message)
    message.delivery = 0
  }

  #bury(message: KeptMessage, reason: string): readonly LedgerEvent[] {
    message.reason = reason
    this.#dead.append(message)
    const events: LedgerEvent[] = [{ type: 'message-dead', message }]
    const oldest = this.#dead.size > this.#settings.deadLettersMax ? this.#dead.shift() : undefined
    if (oldest !== undefined) events.push({ type: 'dead-letter-dropped', message: oldest })
    return events
  }

  *#changing(): Generator<LedgerPart> {
    for (const one of this.#again) yield part('again', one, one.dueMs)
    for (const one of this.#inHands) yield part('in-hands', one, one.dueMs)
    for (const [dueMs, one] of this.#putOff) yield part('put-off', one, dueMs)
    for (const one of this.#dead) yield part('dead', one, one.dueMs)
  }

  #forgetIds(nowMs: number): void {
    for (let one = this.#idsInOrder.first; one !== undefined && one.dueMs <= nowMs; one = this.#idsInOrder.first) {
      this.#idsInOrder.remove(one)
      this.#ids.delete(one.id)
    }
  }
}

interface Pointed {
  readonly ids: readonly KnownId[]
  readonly waiting: readonly KeptMessage[]
  readonly changing: readonly LedgerPart[]
}

function* wholeOf(counters: LedgerPart, { ids, waiting, changing }: Pointed): Generator<LedgerPart> {
  yield counters
  for (const { id, dueMs } of ids) yield { type: 'id', id, dueMs }
  for (const { id, body } of waiting) {
    yield { type: 'message', place: 'waiting', id, body, attempts: 0, delivery: 0, dueMs: 0, reason: '' }
  }
  yield* changing
}

function part(place: Place, { id, body, attempts, delivery, reason }: KeptMessage, dueMs: number): LedgerPart {
  return { type: 'message', place, id, body, attempts, delivery, dueMs, reason }
}

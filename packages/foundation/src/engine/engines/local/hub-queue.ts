/** A durable queue of the hub: decides by its ledger, and writes each change down as the call that made it. */

import type { CancelTimer } from '../../../clock.ts'
import { limitReached } from '../../../errors/actor-errors.ts'
import { payloadTooLarge, queueFull } from '../../../errors/engine-errors.ts'
import type { QueueOptions, QueueStats } from '../../durable-queue.ts'
import { DueTimer } from '../memory/due-timer.ts'
import { type InLine, Line } from '../memory/line.ts'
import type { Verdict } from '../memory/queue-delivery.ts'
import { type KeptMessage, type LedgerEvent, type LedgerPart, QueueLedger } from '../memory/queue-ledger.ts'
import type { HubPort, HubStore } from './hub-port.ts'
import { type HubRecord, record } from './hub-record.ts'
import type { WireDelivery, WireLetter } from './wire-protocol.ts'

export interface QueueSettings extends Required<QueueOptions> {
  readonly name: string
  readonly store: number
}

/** Who waits for messages. */
export interface Puller {
  readonly max: number
  readonly waitMs: number
  succeed(deliveries: readonly WireDelivery[]): void
  fail(thrown: Error): void
}

/** Bytes of the bodies one pull or list of dead letters may take, so that an answer stays within a frame. */
const answerBytesMax = 16_777_216

class WaitingPuller implements InLine {
  earlier: InLine | undefined = undefined
  later: InLine | undefined = undefined
  cancelTimer: CancelTimer = () => {}
  readonly puller: Puller

  constructor(puller: Puller) {
    this.puller = puller
  }
}

export class HubQueue implements HubStore {
  readonly revision = 0
  readonly #port: HubPort
  readonly #settings: QueueSettings
  readonly #ledger: QueueLedger
  /** By the number of the delivery; those that are not held any more are looked for when there are many. */
  readonly #held = new Map<number, KeptMessage>()
  readonly #pulls = new Line<WaitingPuller>()
  readonly #timer: DueTimer

  constructor(port: HubPort, settings: QueueSettings) {
    this.#port = port
    this.#settings = settings
    this.#ledger = new QueueLedger({ ...settings, deadLettersMax: port.limits.deadLettersMax })
    this.#timer = new DueTimer(port.clock, () => this.#look())
  }

  push(id: string | undefined, body: Uint8Array): void {
    const nowMs = this.#look()
    const { bytesMax, idsMax } = this.#port.limits
    const { name, store } = this.#settings
    if (body.length > bytesMax) throw payloadTooLarge(`queue ${name}`, bytesMax, body.length)
    if (id !== undefined && this.#ledger.knows(id, nowMs)) return
    this.#checkRoom()
    if (id !== undefined && this.#ledger.idsKnown(nowMs) >= idsMax)
      throw limitReached(`queue ${name}`, 'idsMax', idsMax)
    this.#port.append([record.push, store, nowMs, id ?? null, body])
    this.#ledger.push(id, body, nowMs)
    this.#serve()
  }

  /** Answers now or later; the function that is returned gives up. */
  pull(puller: Puller): CancelTimer {
    this.#look()
    const found = this.#take(puller.max)
    if (found.length > 0 || puller.waitMs === 0) {
      puller.succeed(found)
      return () => {}
    }
    const { pullsMax } = this.#port.limits
    if (this.#pulls.size >= pullsMax) throw limitReached(`queue ${this.#settings.name}`, 'pullsMax', pullsMax)
    const waiting = new WaitingPuller(puller)
    let isWaiting = true
    const end = () => {
      if (isWaiting) this.#pulls.remove(waiting)
      isWaiting = false
      cancel()
    }
    const cancel = this.#port.clock.setTimer(puller.waitMs, () => {
      end()
      puller.succeed([])
    })
    waiting.cancelTimer = end
    this.#pulls.append(waiting)
    return end
  }

  /** False when it is not held any more. */
  settle(delivery: number, verdict: Verdict): boolean {
    const nowMs = this.#look()
    const message = this.#held.get(delivery)
    if (message === undefined || !this.#ledger.holds(message, delivery)) return false
    const { store } = this.#settings
    if (verdict.type === 'ack') {
      this.#port.append([record.ack, store, nowMs, delivery])
      this.#ledger.ack(message)
    } else if (verdict.type === 'extend') {
      this.#port.append([record.extend, store, nowMs, delivery])
      this.#ledger.extend(message, nowMs)
    } else if (verdict.type === 'reject') {
      this.#port.append([record.reject, store, nowMs, delivery, verdict.reason])
      this.#report(this.#ledger.reject(message, verdict.reason))
    } else {
      const dueMs = nowMs + verdict.delayMs
      this.#port.append([record.retry, store, nowMs, delivery, dueMs, verdict.reason])
      this.#report(this.#ledger.retry(message, dueMs, verdict.reason))
    }
    if (verdict.type !== 'extend') this.#held.delete(delivery)
    this.#look()
    return true
  }

  stats(): QueueStats {
    this.#look()
    const { waiting, underWay, dead } = this.#ledger
    return { waiting, underWay, dead }
  }

  deadLetters(max: number): readonly WireLetter[] {
    this.#look()
    const letters: WireLetter[] = []
    let bytes = 0
    for (const { id, body, attempts, reason } of this.#ledger.deadLetters()) {
      bytes += body.length
      if (letters.length >= max || (bytes > answerBytesMax && letters.length > 0)) break
      letters.push([id, body, attempts, reason])
    }
    return letters
  }

  redrive(id: string): boolean {
    const nowMs = this.#look()
    const message = this.#dead(id)
    if (message === undefined) return false
    this.#checkRoom()
    this.#port.append([record.redrive, this.#settings.store, nowMs, id])
    this.#ledger.redrive(message)
    this.#serve()
    return true
  }

  forget(id: string): boolean {
    const nowMs = this.#look()
    const message = this.#dead(id)
    if (message === undefined) return false
    this.#port.append([record.forget, this.#settings.store, nowMs, id])
    this.#ledger.forget(message)
    return true
  }

  replay(one: HubRecord): void {
    const [type, , nowMs, given, more, reason] = one as [number, number, number, unknown, unknown, unknown]
    if (type === record.push) this.#replayPush(given as string | null, more as Uint8Array, nowMs)
    else if (type === record.take) for (let left = given as number; left > 0; left--) this.#taken(nowMs)
    else if (type === record.due) this.#ledger.fallDue(nowMs)
    else if (type === record.part) this.#restore(given as LedgerPart)
    else if (type === record.redrive || type === record.forget) this.#replayDead(type, given as string)
    else this.#replayVerdict(type, given as number, [nowMs, more, reason])
  }

  start(): void {
    this.#look()
  }

  snapshot(): Iterable<HubRecord> {
    return partRecords(this.#settings.store, this.#ledger.parts())
  }

  /** Pulls that wait reject. */
  close(reason: Error): void {
    this.#timer.clear()
    for (const one of this.#pulls) {
      one.cancelTimer()
      one.puller.fail(reason)
    }
  }

  #checkRoom(): void {
    const { name, messagesMax } = this.#settings
    if (this.#ledger.size >= messagesMax) throw queueFull(name, messagesMax)
    this.#port.checkRoom()
  }

  /** Before each operation: what is due has happened, and who waits has what there is. */
  #look(): number {
    const nowMs = this.#port.clock.monotonicMs()
    const dueMs = this.#ledger.nextDueMs
    if (dueMs !== undefined && dueMs <= nowMs) {
      this.#port.append([record.due, this.#settings.store, nowMs])
      this.#report(this.#ledger.fallDue(nowMs))
    }
    this.#serve()
    return nowMs
  }

  #serve(): void {
    for (let one = this.#pulls.first; one !== undefined && this.#ledger.isReady; one = this.#pulls.first) {
      one.cancelTimer()
      one.puller.succeed(this.#take(one.puller.max))
    }
    this.#timer.set(this.#ledger.nextDueMs)
  }

  #take(max: number): readonly WireDelivery[] {
    const nowMs = this.#port.clock.monotonicMs()
    const deliveries: WireDelivery[] = []
    for (let bytes = 0; deliveries.length < max && bytes < answerBytesMax; ) {
      const message = this.#taken(nowMs)
      if (message === undefined) break
      deliveries.push([message.id, message.body, message.attempts, message.delivery])
      bytes += message.body.length
    }
    if (deliveries.length > 0) this.#port.append([record.take, this.#settings.store, nowMs, deliveries.length])
    this.#forgetReleased()
    this.#timer.set(this.#ledger.nextDueMs)
    return deliveries
  }

  #taken(nowMs: number): KeptMessage | undefined {
    const message = this.#ledger.take(nowMs)
    if (message !== undefined) this.#held.set(message.delivery, message)
    return message
  }

  #forgetReleased(): void {
    if (this.#held.size <= 2 * this.#ledger.underWay + 64) return
    for (const [delivery, message] of this.#held) {
      if (!this.#ledger.holds(message, delivery)) this.#held.delete(delivery)
    }
  }

  #dead(id: string): KeptMessage | undefined {
    for (const one of this.#ledger.deadLetters()) if (one.id === id) return one
    return undefined
  }

  #replayPush(id: string | null, body: Uint8Array, nowMs: number): void {
    // As it was when it was pushed: ids whose time is over are forgotten first.
    if (id !== null) this.#ledger.knows(id, nowMs)
    this.#ledger.push(id ?? undefined, body, nowMs)
  }

  #replayDead(type: number, id: string): void {
    const message = this.#dead(id)
    if (message === undefined) return
    if (type === record.redrive) this.#ledger.redrive(message)
    else this.#ledger.forget(message)
  }

  #replayVerdict(type: number, delivery: number, [nowMs, more, reason]: readonly [number, unknown, unknown]): void {
    const message = this.#held.get(delivery)
    if (message === undefined) return
    if (type !== record.extend) this.#held.delete(delivery)
    if (type === record.ack) this.#ledger.ack(message)
    else if (type === record.extend) this.#ledger.extend(message, nowMs)
    else if (type === record.retry) this.#ledger.retry(message, more as number, reason as string)
    else if (type === record.reject) this.#ledger.reject(message, more as string)
  }

  #restore(kept: LedgerPart): void {
    const message = this.#ledger.restore(kept)
    if (message !== undefined && message.delivery !== 0) this.#held.set(message.delivery, message)
  }

  #report(events: readonly LedgerEvent[]): void {
    for (const { type, message } of events) {
      const { id, attempts, reason } = message
      this.#port.reporter.report(type, { queue: this.#settings.name, id, message: reason }, { attempts })
    }
  }
}

function* partRecords(store: number, parts: Iterable<LedgerPart>): Generator<HubRecord> {
  for (const one of parts) yield [record.part, store, 0, one]
}

/** Durable queues of the memory engine (durable as the process): carries out what the ledger decides, on the engine's clock. */

import { limitReached } from '../../../errors/actor-errors.ts'
import { engineClosed, payloadTooLarge, queueFull } from '../../../errors/engine-errors.ts'
import type {
  DeadLetter,
  DurableQueue,
  PullOptions,
  PushOptions,
  QueueDelivery,
  QueueOptions,
  QueueStats,
} from '../../durable-queue.ts'
import { checkDeadLetters, checkedPull, checkPush } from '../../store-options.ts'
import { DueTimer } from './due-timer.ts'
import { Line } from './line.ts'
import type { MemoryPort } from './memory-port.ts'
import { MemoryDelivery, type Verdict } from './queue-delivery.ts'
import { type KeptMessage, type LedgerEvent, QueueLedger } from './queue-ledger.ts'
import { WaitingPull } from './waiting-pull.ts'

export class MemoryQueue implements DurableQueue {
  readonly name: string
  readonly #port: MemoryPort
  readonly #messagesMax: number
  readonly #ledger: QueueLedger
  readonly #pulls = new Line<WaitingPull>()
  readonly #timer: DueTimer

  constructor(port: MemoryPort, name: string, options: Required<QueueOptions>) {
    this.#port = port
    this.name = name
    this.#messagesMax = options.messagesMax
    this.#ledger = new QueueLedger({ ...options, deadLettersMax: port.limits.deadLettersMax })
    this.#timer = new DueTimer(port.clock, () => this.#settle())
  }

  async push(body: Uint8Array, options: PushOptions = {}): Promise<void> {
    const nowMs = this.#look()
    checkPush(options)
    const { bytesMax, idsMax } = this.#port.limits
    if (body.length > bytesMax) throw payloadTooLarge(`queue ${this.name}`, bytesMax, body.length)
    const { id } = options
    if (id !== undefined && this.#ledger.knows(id, nowMs)) return
    this.#checkRoom()
    if (id !== undefined && this.#ledger.idsKnown(nowMs) >= idsMax) {
      throw limitReached(`queue ${this.name}`, 'idsMax', idsMax)
    }
    this.#ledger.push(id, body, nowMs)
    this.#settle()
  }

  async pull(max: number, options: PullOptions = {}): Promise<readonly QueueDelivery[]> {
    this.#look()
    const { waitMs, signal } = checkedPull(max, options)
    signal?.throwIfAborted()
    const found = this.#take(max)
    if (found.length > 0 || waitMs === 0) return found
    const { pullsMax } = this.#port.limits
    if (this.#pulls.size >= pullsMax) throw limitReached(`queue ${this.name}`, 'pullsMax', pullsMax)
    const pull = new WaitingPull(max, signal, (one) => this.#pulls.remove(one))
    this.#pulls.append(pull)
    pull.cancelTimer = this.#port.clock.setTimer(waitMs, () => pull.succeed([]))
    return await pull.promise
  }

  async stats(): Promise<QueueStats> {
    this.#look()
    const { waiting, underWay, dead } = this.#ledger
    return { waiting, underWay, dead }
  }

  async deadLetters(max: number): Promise<readonly DeadLetter[]> {
    this.#look()
    checkDeadLetters(max)
    const letters: DeadLetter[] = []
    for (const { id, body, attempts, reason } of this.#ledger.deadLetters()) {
      if (letters.length >= max) break
      letters.push({ id, body: new Uint8Array(body), attempts, reason })
    }
    return letters
  }

  async redrive(id: string): Promise<boolean> {
    this.#look()
    const message = this.#dead(id)
    if (message === undefined) return false
    this.#checkRoom()
    this.#ledger.redrive(message)
    this.#settle()
    return true
  }

  async forget(id: string): Promise<boolean> {
    this.#look()
    const message = this.#dead(id)
    if (message === undefined) return false
    this.#ledger.forget(message)
    return true
  }

  /** Pulls that wait reject. */
  close(): void {
    this.#timer.clear()
    for (const pull of this.#pulls) pull.fail(engineClosed(this.#port.name))
  }

  /** Before each operation: the engine is open, and what is due has happened. */
  #look(): number {
    this.#port.checkOpen()
    return this.#settle()
  }

  #checkRoom(): void {
    if (this.#ledger.size >= this.#messagesMax) throw queueFull(this.name, this.#messagesMax)
  }

  /** After each change: what is due happens, pulls that wait get what waits, and the timer stands for what is next. */
  #settle(): number {
    const nowMs = this.#port.clock.monotonicMs()
    this.#report(this.#ledger.fallDue(nowMs))
    for (let pull = this.#pulls.first; pull !== undefined && this.#ledger.isReady; pull = this.#pulls.first) {
      pull.succeed(this.#take(pull.max))
    }
    this.#timer.set(this.#ledger.nextDueMs)
    return nowMs
  }

  #take(max: number): readonly QueueDelivery[] {
    const nowMs = this.#port.clock.monotonicMs()
    const deliveries: QueueDelivery[] = []
    while (deliveries.length < max) {
      const message = this.#ledger.take(nowMs)
      if (message === undefined) break
      const { delivery } = message
      deliveries.push(new MemoryDelivery(this.name, message, (verdict) => this.#carryOut(message, delivery, verdict)))
    }
    this.#timer.set(this.#ledger.nextDueMs)
    return deliveries
  }

  #carryOut(message: KeptMessage, delivery: number, verdict: Verdict): boolean {
    const nowMs = this.#look()
    if (!this.#ledger.holds(message, delivery)) return false
    if (verdict.type === 'ack') this.#ledger.ack(message)
    else if (verdict.type === 'extend') this.#ledger.extend(message, nowMs)
    else if (verdict.type === 'reject') this.#report(this.#ledger.reject(message, verdict.reason))
    else this.#report(this.#ledger.retry(message, nowMs + verdict.delayMs, verdict.reason))
    this.#settle()
    return true
  }

  #dead(id: string): KeptMessage | undefined {
    for (const one of this.#ledger.deadLetters()) if (one.id === id) return one
    return undefined
  }

  #report(events: readonly LedgerEvent[]): void {
    for (const { type, message } of events) {
      const { id, attempts, reason } = message
      this.#port.report(type, { queue: this.name, id, message: reason }, { attempts })
    }
  }
}

/**
 * The thread of a local engine: it stands by for the hub, hosts it when it is its turn, and beats for the process. It goes on while the
 * program's own thread is busy, and stops when the process is stopped.
 */

import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../../../clock.ts'
import { toWireError } from '../../../errors.ts'
import { seededRandom } from '../../../random.ts'
import { Turns } from '../../../turns.ts'
import type { PulseOptions } from '../../engine.ts'
import { timerPulse } from '../../timer-pulse.ts'
import { type MemoryPort, memoryLimitDefaults } from '../memory/memory-port.ts'
import { HubLink } from './hub-link.ts'
import type { Reporter } from './hub-port.ts'
import { LocalMessages } from './local-messages.ts'
import type { FromLocalThread, LocalBirth, ToLocalThread } from './local-thread-protocol.ts'
import { Standby } from './standby.ts'

export class LocalThreadHost {
  readonly #port: MessagePort
  readonly #clock: Clock
  readonly #standby: Standby
  readonly #link: HubLink
  readonly #messages: LocalMessages
  readonly #pulses = new Map<number, Promise<AsyncDisposable>>()

  /** `clock` is that of the machine, which the processes share. */
  constructor(parent: MessagePort, birth: LocalBirth, clock: Clock) {
    this.#port = parent
    this.#clock = clock
    const { place, lockToken, limits, durable, unresponsiveMs, awayMs } = birth
    const random = seededRandom(birth.seed)
    const reporter: Reporter = {
      report: (event, metadata, measurements = { count: 1 }) => {
        if (!birth.reports) return
        const told = { name: `foundation.${event}`, measurements, metadata: { engine: 'local', ...metadata } }
        this.#tell({ type: 'report', event: told })
      },
    }
    this.#standby = new Standby({
      ...{ place, lockToken, limits, durable, clock, random, reporter },
      onHub: (isHere) => {
        this.#tell({ type: 'hub', isHere })
        if (isHere) this.#link.retryNow()
      },
      onFailed: (reason) => this.#tell({ type: 'hub-failed', error: toWireError(reason) }),
    })
    const { socketPath: path, token } = place
    const { bytesMax, outboxBytesMax } = limits
    const link = { path, token, clock, random, bytesMax, outboxBytesMax, unresponsiveMs, awayMs, keepsPublished: false }
    this.#link = new HubLink(link, {
      onConnected: () => {
        this.#standby.met()
        this.#messages.renew()
      },
      onAway: () => {},
      onBack: () => {},
      onAbsent: () => void this.#standby.contend(),
      onRefused: () => {},
      onMessage: (...brought) => this.#messages.bring(...brought),
      onNews: () => {},
      onLost: () => {},
    })
    const port: MemoryPort = {
      ...{ name: 'local', clock, random, turns: new Turns(clock), limits: { ...memoryLimitDefaults, bytesMax } },
      checkOpen: () => {},
      report: (event, metadata, measurements) => reporter.report(event, metadata, measurements),
    }
    this.#messages = new LocalMessages(port, this.#link)
  }

  serve(): void {
    this.#port.on('message', (message: ToLocalThread) => this.#take(message))
    this.#link.start()
  }

  #take(message: ToLocalThread): void {
    if (message.type === 'pulse-begin') this.#done(message.id, this.#begin(message.id, message.options))
    else if (message.type === 'pulse-end') this.#done(message.id, this.#end(message.id))
    else void this.#close()
  }

  #done(id: number, doing: Promise<unknown>): void {
    doing.then(
      () => this.#tell({ type: 'pulse-done', id }),
      (thrown) => this.#tell({ type: 'pulse-done', id, error: toWireError(thrown) }),
    )
  }

  async #begin(id: number, options: PulseOptions): Promise<void> {
    const pulse = timerPulse(this.#messages, this.#clock, options)
    this.#pulses.set(id, pulse)
    await pulse
  }

  async #end(id: number): Promise<void> {
    const pulse = this.#pulses.get(id)
    this.#pulses.delete(id)
    await (await pulse)?.[Symbol.asyncDispose]()
    await this.#settled()
  }

  /** What was sent has been taken by the hub, if there is one. */
  async #settled(): Promise<void> {
    if (this.#link.isConnected) await this.#link.ask('flush', [], 'ending a pulse').catch(() => {})
  }

  async #close(): Promise<void> {
    await Promise.allSettled([...this.#pulses.keys()].map((id) => this.#end(id)))
    this.#link.close()
    await this.#standby.close()
    // Nothing is left to do: the thread ends by itself.
    this.#port.close()
  }

  #tell(message: FromLocalThread): void {
    this.#port.postMessage(message)
  }
}

/**
 * Actors that are not of this node, as the kernel reaches them. A name that is unique in the system is looked up for each message, and a
 * call that surely was not worked on is made again where the actor is by then, until its deadline: its reference outlives restarts,
 * moves and the death of a node. Of calls of one sender that were made again, a later one may come first.
 */

import { type ActorAddress, labelOf } from '../actors/actor-address.ts'
import type { Elsewhere, IncomingCall, IncomingCast, OutgoingCall } from '../actors/elsewhere.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import { delay } from '../clock.ts'
import { callTimeout, mailboxFull, noSuchActor } from '../errors/actor-errors.ts'
import { hasCode, isMabeamError } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import type { Remote } from './remote.ts'
import { lineMax, type SenderLanes } from './sender-lanes.ts'

/** Who has a name now. */
export interface NameResolver {
  /** Undefined while nobody is known to have it. */
  find(name: string): ActorAddress | undefined
  /** Told when somebody may have got that name. Returns what ends it. */
  onNews(name: string, listener: () => void): () => void
}

/** The actors of this node, for names that turn out to be here. */
export interface LocalActors {
  call(address: ActorAddress, call: IncomingCall): Promise<unknown>
  cast(address: ActorAddress, cast: IncomingCast): void
  monitor(address: ActorAddress, listener: (reason: ExitReason) => void): () => void
}

export interface ElsewhereSettings {
  readonly port: NodePort
  readonly remote: Remote
  readonly names: NameResolver
  readonly local: LocalActors
  readonly lanes: Pick<SenderLanes, 'send'>
}

/** A call that failed so was not worked on: it may be made again elsewhere. */
const undelivered: ReadonlySet<string> = new Set([
  'foundation/node-unreachable',
  'foundation/no-such-actor',
  'foundation/message-late',
  'foundation/actor-moved',
])
const retryFirstMs = 20
const retryMaxMs = 500

export class ElsewhereActors implements Elsewhere {
  readonly #settings: ElsewhereSettings

  constructor(settings: ElsewhereSettings) {
    this.#settings = settings
  }

  call(to: ActorAddress, call: OutgoingCall): Promise<unknown> {
    return to.scope === 'system' ? this.#callByName(to, call) : this.#settings.remote.call(to, call)
  }

  /** To a name that nobody has it is dropped and counted, as to an actor that is no more. */
  cast(to: ActorAddress, cast: IncomingCast): void {
    if (to.scope === 'system') this.#castByName(to, cast)
    else if (this.#isHere(to)) this.#castHere(to, cast)
    else this.#settings.remote.cast(to, cast)
  }

  monitor(to: ActorAddress, listener: (reason: ExitReason) => void): () => void {
    const at = this.#find(to)
    if (at === undefined) return soonGone(listener)
    if (!this.#isHere(at)) return this.#settings.remote.monitor(at, listener)
    try {
      return this.#settings.local.monitor(at, listener)
    } catch (thrown) {
      if (!isAbsent(thrown)) throw thrown
      return soonGone(listener)
    }
  }

  async #callByName(to: ActorAddress, call: OutgoingCall): Promise<unknown> {
    const { clock } = this.#settings.port
    const untilMs = clock.monotonicMs() + call.timeoutMs
    const name = to.name as string
    for (let pauseMs = retryFirstMs; ; pauseMs = Math.min(pauseMs * 2, retryMaxMs)) {
      const leftMs = untilMs - clock.monotonicMs()
      if (leftMs <= 0) throw callTimeout(`"${name}"`, call.name, call.timeoutMs)
      try {
        return await this.#callInTurn(name, call, untilMs)
      } catch (thrown) {
        if (!isMabeamError(thrown) || !undelivered.has(thrown.code)) throw thrown
        if (clock.monotonicMs() + pauseMs >= untilMs) throw thrown
      }
      await this.#pause(name, pauseMs, call.signal)
    }
  }

  /** Behind what this node has sent to the name before, at most as long as the call may take. */
  #callInTurn(name: string, call: OutgoingCall, untilMs: number): Promise<unknown> {
    const { lanes, port } = this.#settings
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const sent = new AbortController()
    let isOver = false
    const send = (at: ActorAddress | undefined) => {
      if (isOver) return
      sent.abort()
      if (at === undefined) return reject(noSuchActor(`"${name}"`, false))
      resolve(this.#callAt(at, { ...call, timeoutMs: Math.max(1, untilMs - port.clock.monotonicMs()) }))
    }
    if (!lanes.send(name, send)) reject(mailboxFull(`"${name}"`, lineMax))
    else if (!sent.signal.aborted) {
      const signal = call.signal === undefined ? sent.signal : AbortSignal.any([sent.signal, call.signal])
      const giveUp = (reason: unknown) => {
        if (sent.signal.aborted) return
        isOver = true
        reject(reason)
      }
      delay(port.clock, untilMs - port.clock.monotonicMs(), signal).then(
        () => giveUp(callTimeout(`"${name}"`, call.name, call.timeoutMs)),
        giveUp,
      )
    }
    return promise
  }

  #castByName(to: ActorAddress, cast: IncomingCast): void {
    const { lanes, remote, port } = this.#settings
    const waiting: { message: IncomingCast; isLate: boolean; isSent: boolean } = {
      message: cast,
      isLate: false,
      isSent: false,
    }
    const deliver = (at: ActorAddress) => {
      if (this.#isHere(at)) this.#castHere(at, waiting.message)
      else remote.cast(at, waiting.message)
    }
    const send = (at: ActorAddress | undefined) => {
      waiting.isSent = true
      if (at === undefined) return this.#undelivered(to, cast)
      if (!waiting.isLate) return deliver(at)
      try {
        deliver(at)
      } catch (thrown) {
        // Its sender has gone on.
        const isFull = hasCode(thrown, 'foundation/mailbox-full')
        this.#undelivered(to, cast, isFull ? 'mailbox-full' : 'no-such-actor')
      }
    }
    if (!lanes.send(to.name as string, send)) return void this.#undelivered(to, cast, 'mailbox-full')
    waiting.isLate = true
    // Its sender may change what it sent while that waits, and is told now what can't be sent.
    if (!waiting.isSent) waiting.message = { ...cast, input: port.codec.copy(cast.input, cast.name) }
  }

  /** A while, or until there is news of the name. Rejects with `signal.reason`. */
  async #pause(name: string, pauseMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { port, names } = this.#settings
    const news = new AbortController()
    const end = names.onNews(name, () => news.abort())
    try {
      const either = signal === undefined ? news.signal : AbortSignal.any([news.signal, signal])
      await delay(port.clock, pauseMs, either)
    } catch (thrown) {
      if (signal?.aborted || !news.signal.aborted) throw signal?.reason ?? thrown
    } finally {
      end()
    }
  }

  #callAt(at: ActorAddress, call: OutgoingCall): Promise<unknown> {
    return this.#isHere(at) ? this.#settings.local.call(at, call) : this.#settings.remote.call(at, call)
  }

  #find(to: ActorAddress): ActorAddress | undefined {
    return to.scope === 'system' ? this.#settings.names.find(to.name as string) : to
  }

  #castHere(at: ActorAddress, cast: IncomingCast): void {
    try {
      this.#settings.local.cast(at, cast)
    } catch (thrown) {
      if (!isAbsent(thrown)) throw thrown
      this.#undelivered(at, cast)
    }
  }

  #undelivered(to: ActorAddress, { name: message }: IncomingCast, reason = 'no-such-actor'): void {
    const { telemetry, name: node } = this.#settings.port
    if (!telemetry.enabled) return
    const metadata = { node, actor: labelOf(to), message, reason }
    telemetry.emit({ name: 'foundation.message-dropped', measurements: { count: 1 }, metadata })
  }

  #isHere({ node, epoch, name }: ActorAddress): boolean {
    const { port } = this.#settings
    return node === port.name && (name !== undefined || epoch === port.epoch)
  }
}

function isAbsent(thrown: unknown): boolean {
  return hasCode(thrown, 'foundation/no-such-actor')
}

/** Not in the turn of whoever asks, who has not got the result by then. */
function soonGone(listener: (reason: ExitReason) => void): () => void {
  let wanted = true
  queueMicrotask(() => {
    if (wanted) listener({ type: 'no-such-actor' })
  })
  return () => {
    wanted = false
  }
}

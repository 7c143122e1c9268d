/** What comes from other nodes: checked, put in order, and carried out by the host of this node. */

import type { Way } from '../actors/elsewhere.ts'
import type { ExitReason } from '../actors/exit-reason.ts'
import type { CancelTimer } from '../clock.ts'
import type { EngineMessage } from '../engine/engine.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import { messageLate, nodeDown, nodeUnreachable } from '../errors/remote-errors.ts'
import { hasCode, isMabeamError } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import { type Answer, encodeAnswer } from './answer.ts'
import { ArrivalOrder } from './arrival-order.ts'
import { decodeEnvelope, type Envelope } from './envelope.ts'
import type { Outgoing } from './outgoing.ts'
import type { RemoteHost } from './remote.ts'

/** News of an end are sent again to a node that does not say it got them, first after the one, in the end each time after the other. */
const downRetryMs = 1_000
const downRetryMaxMs = 30_000
/** How long news, and what a node watches here, are kept when it seems to be down: it may come back and wait for them. */
const silentKeptMs = 600_000

export interface IncomingSettings {
  readonly port: NodePort
  readonly host: RemoteHost
  readonly outgoing: Outgoing
  /** An actor elsewhere that this node monitors is no more. */
  readonly onDown: (monitor: number, reason: ExitReason) => void
}

/** Of the end of an actor that another node watches. */
interface News {
  /** The number of the watch there. */
  readonly id: number
  readonly reason: ExitReason
  readonly untilMs: number
}

export class Incoming {
  readonly #settings: IncomingSettings
  readonly #arrivals = new ArrivalOrder()
  /** Those that are asked and not answered yet. */
  readonly #underway = new Set<EngineMessage>()
  /** Calls that their senders may take back. */
  readonly #cancellable = new Map<string, AbortController>()
  /** Monitors of actors here that other nodes hold, by node and number. */
  readonly #watchers = new Map<string, () => void>()
  /** News of an end that are to be told again, by the same keys. */
  readonly #untold = new Map<string, CancelTimer>()
  /** Lives of nodes that seem to be down, until they count as gone. */
  readonly #silent = new Map<string, CancelTimer>()
  #closed = false

  constructor(settings: IncomingSettings) {
    this.#settings = settings
  }

  take(message: EngineMessage): void {
    let envelope: Envelope
    try {
      envelope = decodeEnvelope(message.body)
    } catch (failure) {
      this.#dropped('unknown', 'unreadable')
      this.#respond(message, { failure })
      return
    }
    const { sender, senderEpoch, sequence } = envelope
    const arrival = this.#arrivals.arrived(sender, senderEpoch, sequence)
    if (arrival === 'taken') this.#carryOut(message, envelope)
    else this.#dropped(sender, arrival)
    if (arrival === 'late') this.#respond(message, { failure: messageLate(this.#settings.port.name) })
  }

  /** That life of the node is over: nobody there waits for news any more. */
  nodeIsGone(node: string, epoch: number): void {
    this.#forget(node, (life) => life <= epoch)
  }

  /** All lives of the node before that one are over. */
  nodeIsReplaced(node: string, byEpoch: number): void {
    this.#forget(node, (life) => life < byEpoch)
  }

  /** It is not heard of: what it watches here is kept for a while, since it does not know that it is thought dead. */
  nodeIsSilent(node: string, epoch: number): void {
    const life = `${node}/${epoch}`
    if (this.#closed || this.#silent.has(life)) return
    const gone = () => this.nodeIsGone(node, epoch)
    this.#silent.set(life, this.#settings.port.clock.setTimer(silentKeptMs, gone, { unref: true }))
  }

  nodeIsBack(node: string, epoch: number): void {
    const life = `${node}/${epoch}`
    this.#silent.get(life)?.()
    this.#silent.delete(life)
  }

  /** What comes from now on is refused, as not worked on; who waits for what is under way is told that this node ends. */
  close(): void {
    this.#closed = true
    for (const release of this.#watchers.values()) release()
    this.#watchers.clear()
    for (const timers of [this.#untold, this.#silent]) {
      for (const cancel of timers.values()) cancel()
      timers.clear()
    }
    const failure = nodeDown(this.#settings.port.name)
    for (const one of this.#underway) this.#respond(one, { failure })
    this.#underway.clear()
    for (const one of this.#cancellable.values()) one.abort(failure)
  }

  #forget(node: string, isOver: (epoch: number) => boolean): void {
    const isOfOne = (key: string) => {
      const [name, life] = key.split('/')
      return name === node && isOver(Number(life))
    }
    for (const timers of [this.#watchers, this.#untold, this.#silent]) {
      for (const [key, end] of timers) {
        if (!isOfOne(key)) continue
        timers.delete(key)
        end()
      }
    }
  }

  #carryOut(message: EngineMessage, envelope: Envelope): void {
    const failed = (failure: unknown) => {
      // A full mailbox is told of where it is.
      const isTold = message.isRequest || hasCode(failure, 'foundation/mailbox-full')
      if (!isTold) this.#dropped(envelope.sender, isMabeamError(failure) ? failure.code : 'failed')
      this.#respond(message, { failure })
    }
    try {
      const outcome = this.#outcome(envelope)
      if (outcome instanceof Promise) this.#await(message, outcome, failed)
      else this.#respond(message, { reply: outcome })
    } catch (failure) {
      failed(failure)
    }
  }

  /** Nobody is told what it comes to once this node has closed: then it was answered. */
  #await(message: EngineMessage, outcome: Promise<unknown>, failed: (failure: unknown) => void): void {
    this.#underway.add(message)
    outcome.then(
      (reply) => this.#underway.delete(message) && this.#respond(message, { reply }),
      (failure) => this.#underway.delete(message) && failed(failure),
    )
  }

  #outcome(envelope: Envelope): unknown {
    const { host, onDown } = this.#settings
    if (this.#closed) return this.#refuse(envelope)
    const body = this.#settings.port.codec.decode(envelope.body)
    switch (envelope.kind) {
      case 'call':
        return this.#call(envelope, body)
      case 'cast': {
        const [name, input, context, way] = parts(body)
        host.cast(envelope, { name: String(name), input, context, way: wayOf(way) })
        return null
      }
      case 'cancel':
        this.#cancellable.get(keyOf(envelope, body))?.abort(new DOMException('the caller gave up', 'AbortError'))
        return null
      case 'monitor':
        return this.#monitor(envelope, body)
      case 'demonitor':
        this.#watchers.get(keyOf(envelope, body))?.()
        this.#watchers.delete(keyOf(envelope, body))
        return null
      case 'down': {
        const [id, reason] = parts(body)
        // A watch of an earlier life of this node may have had the number that one of this life has now.
        if (envelope.targetEpoch === this.#settings.port.epoch) onDown(Number(id), reason as ExitReason)
        return null
      }
      case 'stop':
        return host.stop(envelope)
      case 'start': {
        const [definition, version, arg, options] = parts(body)
        const what = { definition: String(definition), version: Number(version), arg, options: options as object }
        return host.start(what)
      }
      case 'move': {
        const [verb, name, data] = parts(body)
        return host.move({ verb: String(verb), name: String(name), data, from: envelope.sender })
      }
    }
  }

  /** Throws, unless it is worth nothing any more. */
  #refuse({ kind }: Envelope): null {
    if (kind === 'cancel' || kind === 'demonitor' || kind === 'down') return null
    throw nodeUnreachable(this.#settings.port.name, 'word that it leaves')
  }

  #call(envelope: Envelope, body: unknown): Promise<unknown> {
    const { host } = this.#settings
    const [name, input, chain, context, way] = parts(body)
    const what = { name: String(name), input, context, way: wayOf(way) }
    const call = { ...what, timeoutMs: envelope.deadlineMs, chain: parts(chain).map(String) }
    if (!envelope.cancellable) return host.call(envelope, call)
    const key = keyOf(envelope, envelope.sequence)
    const controller = new AbortController()
    this.#cancellable.set(key, controller)
    const answered = host.call(envelope, { ...call, signal: controller.signal })
    return answered.finally(() => void this.#cancellable.delete(key))
  }

  #monitor(envelope: Envelope, id: unknown): null {
    const key = keyOf(envelope, id)
    this.#watchers.get(key)?.()
    const release = this.#settings.host.monitor(envelope, (reason) => {
      this.#watchers.delete(key)
      const untilMs = this.#settings.port.clock.monotonicMs() + silentKeptMs
      this.#tellDown(envelope, { id: Number(id), reason, untilMs }, downRetryMs)
    })
    this.#watchers.set(key, release)
    return null
  }

  /** Until the other node says that it knows, is gone, or has said nothing for long. */
  #tellDown(to: Envelope, news: News, retryMs: number): void {
    if (this.#closed) return
    const { outgoing, port } = this.#settings
    const key = keyOf(to, news.id)
    if (port.clock.monotonicMs() >= news.untilMs) return void this.#untold.delete(key)
    const watcher = { node: to.sender, epoch: to.senderEpoch, id: 0 }
    const again = () => this.#tellDown(to, news, Math.min(retryMs * 2, downRetryMaxMs))
    // Set before it is asked, so that the end of that node finds it.
    const cancel = port.clock.setTimer(downRetryMs + retryMs, again, { unref: true })
    this.#untold.set(key, cancel)
    outgoing.ask(watcher, { kind: 'down', body: [news.id, news.reason] }, { timeoutMs: downRetryMs }).then(
      () => {
        cancel()
        if (this.#untold.get(key) === cancel) this.#untold.delete(key)
      },
      () => {},
    )
  }

  #respond(message: EngineMessage, answer: Answer): void {
    if (!message.isRequest) return
    const { codec } = this.#settings.port
    try {
      message.respond(encodeAnswer(codec, answer))
    } catch (failure) {
      if (!isMabeamError(failure)) throw failure
      // What the codec lets pass may be too long for the engine, which then takes the sentence that says so.
      message.respond(encodeAnswer(codec, { failure }))
    }
  }

  #dropped(sender: string, reason: string): void {
    const { telemetry, name: node } = this.#settings.port
    if (!telemetry.enabled) return
    const metadata = { node, sender, reason }
    telemetry.emit({ name: 'foundation.message-dropped', measurements: { count: 1 }, metadata })
  }
}

function keyOf({ sender, senderEpoch }: Envelope, number: unknown): string {
  return `${sender}/${senderEpoch}/${number}`
}

function parts(body: unknown): readonly unknown[] {
  if (!Array.isArray(body)) throw unreadableMessage(`expected a list of parts, got ${typeof body}`)
  return body
}

function wayOf(part: unknown): Way | undefined {
  if (part === undefined) return undefined
  const [by, isMail] = parts(part)
  return { by: parts(by).map(String), isMail: isMail === true }
}

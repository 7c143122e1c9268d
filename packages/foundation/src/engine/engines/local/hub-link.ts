/**
 * The way to the hub, whichever process holds it: connects for as long as it takes, keeps what is sent while there is none up to a
 * bound, and ends what was under way when a hub is lost.
 */

import { pack, unpack } from 'msgpackr'
import type { CancelTimer } from '../../../clock.ts'
import { engineClosed, engineUnavailable, payloadTooLarge } from '../../../errors/engine-errors.ts'
import { systemCodeOf } from '../../../errors/journal-errors.ts'
import { brokenFrame } from '../../../errors/local-errors.ts'
import { fromWireError, hasCode, isMabeamError, type WireError } from '../../../errors.ts'
import type { Random } from '../../../random.ts'
import { type FrameWriter, textBytesMax } from './frame-writer.ts'
import type { OperationName } from './hub-operations.ts'
import { HubSocket } from './hub-socket.ts'
import type { LinkHost, LinkSettings, Waiting } from './link-port.ts'
import { Outbox, type OutFrame } from './outbox.ts'
import { frame, protocolVersion, type Welcome, type WireChange } from './wire-protocol.ts'

const retryLeastMs = 2
const retryMostMs = 100
const askedMax = 3
/** What the hub may put beside bodies into one frame. */
const answerSpareBytes = 33_554_432

export class HubLink {
  readonly #settings: LinkSettings
  readonly #host: LinkHost
  readonly #waiting = new Map<number, Waiting>()
  readonly #outbox: Outbox
  #socket: HubSocket | undefined
  #isConnected = false
  /** It has been away for longer than an operation waits. */
  #isLongAway = false
  #isClosed = false
  #isHolding = false
  #lastId = 0
  #attempts = 0
  #cancelRetry: CancelTimer = () => {}
  #cancelAway: CancelTimer = () => {}
  #cancelHold: CancelTimer = () => {}

  constructor(settings: LinkSettings, host: LinkHost) {
    this.#settings = settings
    this.#host = host
    this.#outbox = new Outbox(settings.outboxBytesMax)
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Connects, now and whenever there is no hub. */
  start(): void {
    this.#watchAway()
    this.#connect()
  }

  /** Somebody knows that there is a hub now. */
  retryNow(): void {
    if (this.#socket !== undefined || this.#isClosed) return
    this.#cancelRetry()
    this.#connect()
  }

  /** Throws `foundation/engine-unavailable` when no more can be kept. */
  publish(subject: string, body: Uint8Array): void {
    const bytes = textBytesMax(subject) + body.length
    const write: OutFrame['write'] = (writer, content) =>
      writer.begin(frame.publish, bytes).text(subject).bytes(content)
    this.#send({ id: 0, bytes, body, write })
  }

  /** As `publish`; the number it can be cancelled by. */
  request(subject: string, body: Uint8Array, waiting: Waiting): number {
    const id = this.#nextId()
    const bytes = 4 + textBytesMax(subject) + body.length
    this.#wait(id, waiting)
    try {
      const socket = this.#socketFor(bytes)
      // Nearly always there is one: nothing is made for it that would have to be kept.
      if (socket !== undefined) {
        socket.writer.begin(frame.request, bytes).u32(id).text(subject).bytes(body).finish()
        socket.flushLater()
      } else {
        const write: OutFrame['write'] = (writer, content) =>
          writer.begin(frame.request, bytes).u32(id).text(subject).bytes(content)
        this.#keep({ id, bytes, body, write })
      }
    } catch (thrown) {
      this.#forget(id)?.fail(thrown)
    }
    return id
  }

  respond(reference: number, body: Uint8Array): void {
    // An answer to what a hub before asked is nobody's.
    if (!this.#isConnected) return
    const { bytesMax } = this.#settings
    if (body.length > bytesMax) throw payloadTooLarge('an answer', bytesMax, body.length)
    this.#write((writer) =>
      writer
        .begin(frame.respond, 4 + body.length)
        .u32(reference)
        .bytes(body),
    )
  }

  /** Nobody waits for it any more. False when it was answered. */
  cancel(id: number): boolean {
    if (!this.#forget(id)) return false
    this.#writeCancel(id)
    return true
  }

  /** The number it can be cancelled by. */
  operate(name: OperationName, given: readonly unknown[], waiting: Waiting): number {
    const id = this.#nextId()
    this.#wait(id, waiting)
    this.#try(id, () => {
      const body = pack([name, ...given])
      const { bytesMax } = this.#settings
      if (body.length > bytesMax + 32_768) throw payloadTooLarge(waiting.doing, bytesMax, body.length)
      if (!this.#isConnected && this.#isLongAway) throw engineUnavailable('local', waiting.doing)
      const bytes = 4 + body.length
      const write: OutFrame['write'] = (writer, content) => writer.begin(frame.operation, bytes).u32(id).bytes(content)
      this.#send({ id, bytes, body, write })
    })
    return id
  }

  /** The answer of the hub. */
  ask(name: OperationName, given: readonly unknown[], doing: string): Promise<unknown> {
    return new Promise((succeed, fail) => {
      this.operate(name, given, { doing, succeed, fail })
    })
  }

  /** As `ask`, of what may be done twice: asked again of the next hub when this one is lost. */
  async askAgain(name: OperationName, given: readonly unknown[], doing: string): Promise<unknown> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.ask(name, given, doing)
      } catch (thrown) {
        if (!hasCode(thrown, 'foundation/engine-unavailable') || this.#isLongAway || attempts >= askedMax) throw thrown
      }
    }
  }

  /**
   * Says what is worth nothing once there is another hub, and waits for no answer. One that is silent hears it when it goes on: what is open
   * there would stay open else.
   */
  tell(name: OperationName, given: readonly unknown[]): void {
    const body = pack([name, ...given])
    this.#writeNow((writer) =>
      writer
        .begin(frame.operation, 4 + body.length)
        .u32(this.#nextId())
        .bytes(body),
    )
  }

  /** Hangs up; all who wait are told. Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#isConnected = false
    this.#cancelRetry()
    this.#cancelAway()
    this.#cancelHold()
    this.#outbox.take()
    this.#socket?.close()
    this.#failAll(() => engineClosed('local'))
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId % 0xffff_ffff) + 1
    while (this.#waiting.has(this.#lastId))
    return this.#lastId
  }

  #wait(id: number, waiting: Waiting): void {
    this.#waiting.set(id, waiting)
    if (this.#waiting.size === 1) this.#socket?.hold(true)
    if (this.#socket === undefined) this.#holdProcess()
  }

  /** Between two attempts there is no socket that could. */
  #holdProcess(): void {
    if (this.#isHolding) return
    const isNeeded = () => {
      this.#isHolding = this.#socket === undefined && this.#waiting.size > 0 && !this.#isClosed
      return this.#isHolding
    }
    this.#isHolding = true
    this.#cancelHold = this.#settings.clock.hold?.(isNeeded) ?? (() => {})
  }

  #forget(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return undefined
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#socket?.hold(false)
    return waiting
  }

  #try(id: number, run: () => void): void {
    try {
      run()
    } catch (thrown) {
      this.#forget(id)?.fail(thrown)
    }
  }

  #send(out: OutFrame): void {
    if (this.#socketFor(out.bytes) === undefined) this.#keep(out)
    else this.#write((writer) => out.write(writer, out.body))
  }

  /** The way to the hub, with room for so many bytes; undefined while there is none. */
  #socketFor(bytes: number): HubSocket | undefined {
    if (this.#isClosed) throw engineClosed('local')
    const socket = this.#isConnected ? this.#socket : undefined
    if (socket !== undefined && socket.waitingBytes + bytes > this.#settings.outboxBytesMax) {
      throw engineUnavailable('local', 'sending, with outboxBytesMax waiting')
    }
    return socket
  }

  #keep(out: OutFrame): void {
    if (out.id === 0 && !this.#settings.keepsPublished) throw engineUnavailable('local', 'sending, with no hub')
    this.#outbox.add(out)
  }

  #write(write: (writer: FrameWriter) => FrameWriter): void {
    const socket = this.#socket
    if (socket === undefined) return
    write(socket.writer).finish()
    socket.flushLater()
  }

  #writeCancel(id: number): void {
    this.#writeNow((writer) => writer.begin(frame.cancel, 4).u32(id))
  }

  /** To the hub there is, silent or not; to none that has what may wait for it. */
  #writeNow(write: (writer: FrameWriter) => FrameWriter): void {
    const socket = this.#socket
    if (this.#isClosed || !socket?.isWelcome || socket.waitingBytes > this.#settings.outboxBytesMax) return
    this.#write(write)
  }

  #connect(): void {
    const { path, token, clock, unresponsiveMs, bytesMax, version = protocolVersion } = this.#settings
    const frameBytesMax = bytesMax + answerSpareBytes
    const settings = { path, token, clock, unresponsiveMs, frameBytesMax, version }
    this.#socket = new HubSocket(settings, {
      onWelcome: (welcome) => this.#onWelcome(welcome),
      onFrame: (bytes, start, end) => this.#onFrame(bytes, start, end),
      onSilence: (isSilent) => this.#onSilence(isSilent),
      onEnd: (cause) => this.#onEnd(cause),
    })
    if (this.#waiting.size > 0) this.#socket.hold(true)
  }

  #onWelcome(welcome: Welcome): void {
    this.#attempts = 0
    this.#becomeConnected(() => this.#host.onConnected(welcome))
  }

  /** What is to come first, then what was kept, in order. */
  #becomeConnected(first: () => void): void {
    this.#cancelAway()
    this.#isLongAway = false
    this.#isConnected = true
    const kept = this.#outbox.take()
    first()
    for (const out of kept) {
      if (out.id === 0 || this.#waiting.has(out.id)) this.#write((writer) => out.write(writer, out.body))
    }
  }

  #onSilence(isSilent: boolean): void {
    if (this.#isClosed) return
    if (!isSilent) {
      if (this.#socket?.isWelcome) this.#becomeConnected(() => this.#host.onBack())
      return
    }
    const reason = brokenFrame('none came in time')
    this.#becomeAway(reason, true)
  }

  #onEnd(cause: unknown): void {
    const wasWelcome = this.#socket?.isWelcome ?? false
    this.#socket = undefined
    if (this.#isClosed) return
    const reason = cause instanceof Error ? cause : brokenFrame(String(cause))
    if (wasWelcome) {
      this.#becomeAway(reason, false)
    } else if (systemCodeOf(cause) === 'ENOENT' || systemCodeOf(cause) === 'ECONNREFUSED') this.#host.onAbsent()
    else if (isMabeamError(cause)) this.#host.onRefused(cause)
    const { clock, random } = this.#settings
    const delayMs = retryDelay(this.#attempts++, random)
    this.#cancelRetry = clock.setTimer(delayMs, () => this.#connect(), { unref: this.#waiting.size === 0 })
  }

  #becomeAway(reason: Error, isSilent: boolean): void {
    if (this.#isConnected) {
      this.#isConnected = false
      this.#watchAway()
      // Nobody takes what a hub that goes on would have for them.
      if (isSilent) for (const id of this.#waiting.keys()) this.#writeCancel(id)
      this.#failAll((doing) => engineUnavailable('local', doing, reason))
    }
    this.#host.onAway(reason, isSilent)
  }

  #watchAway(): void {
    const { clock, awayMs } = this.#settings
    this.#cancelAway()
    this.#cancelAway = clock.setTimer(
      awayMs,
      () => {
        this.#isLongAway = true
        this.#failAll((doing) => engineUnavailable('local', doing))
      },
      { unref: true },
    )
  }

  #failAll(reason: (doing: string) => Error): void {
    for (const [id, { doing }] of [...this.#waiting]) this.#forget(id)?.fail(reason(doing))
  }

  #onFrame(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start]
    const id = bytes.readUInt32BE(start + 1)
    const at = start + 5
    if (type === frame.message) {
      const length = bytes.readUInt16BE(at + 4)
      const bodyAt = at + 6 + length
      const subject = bytes.toString('utf8', at + 6, bodyAt)
      this.#host.onMessage({ subscription: id, reference: bytes.readUInt32BE(at) }, subject, {
        source: bytes,
        start: bodyAt,
        end,
      })
    } else if (type === frame.answer) this.#forget(id)?.succeed(copyOf(bytes, at, end))
    else if (type === frame.nobody) this.#forget(id)?.succeed(undefined)
    else if (type === frame.result) this.#forget(id)?.succeed(unpack(bytes.subarray(at, end)))
    else if (type === frame.failed) this.#forget(id)?.fail(fromWireError(unpack(bytes.subarray(at, end)) as WireError))
    else if (type === frame.news) this.#host.onNews(id, unpack(bytes.subarray(at, end)) as readonly WireChange[])
    else if (type === frame.lost) this.#host.onLost(id, fromWireError(unpack(bytes.subarray(at, end)) as WireError))
    else throw brokenFrame(`of type ${type}`)
  }
}

/** A copy that shares nothing with the socket's bytes. */
export function copyOf(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}

/** Soon at first, since a hub that died is replaced within milliseconds; apart from others who want the same. */
function retryDelay(attempts: number, random: Random): number {
  const mostMs = Math.min(retryMostMs, retryLeastMs * 2 ** Math.min(attempts, 10))
  return mostMs * (0.5 + random.next() / 2)
}

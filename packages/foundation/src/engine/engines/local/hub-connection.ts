/** One process at the hub: its greeting, its frames on their way in and out, and what it may not exceed. */

import type { Socket } from 'node:net'
import { pack, unpack } from 'msgpackr'
import { brokenFrame, hubRefused, hubVersion } from '../../../errors/local-errors.ts'
import { isMabeamError, messageOf, toWireError } from '../../../errors.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter, textBytesMax } from './frame-writer.ts'
import type { Bytes, MessageAddress, MessagePeer, OpenRequest } from './hub-messages.ts'
import type { Watcher } from './hub-port.ts'
import { frame, protocolVersion, readHello, type Welcome, type WireChange } from './wire-protocol.ts'

export interface ConnectionSettings {
  readonly token: Uint8Array
  readonly welcome: Welcome
  /** The longest frame it may send. */
  readonly frameBytesMax: number
  /** What may wait for it; then it is sent no messages, and nothing is read from it. */
  readonly connectionBytesMax: number
}

/** What the hub does for a connection. */
export interface ConnectionHost {
  /** Something waits to be sent when the turn ends. */
  changed(connection: HubConnection): void
  publish(subject: string, body: Bytes): void
  request(open: OpenRequest, subject: string, body: Bytes): void
  respond(reference: number, body: Bytes): void
  cancel(connection: HubConnection, id: number): void
  /** Answers by `succeed` or `fail` now or later, or throws. */
  operate(connection: HubConnection, id: number, operation: readonly unknown[]): void
  refused(reason: string): void
  ended(connection: HubConnection): void
}

export class HubConnection implements MessagePeer, Watcher {
  readonly #socket: Socket
  readonly #settings: ConnectionSettings
  readonly #host: ConnectionHost
  readonly #writer = new FrameWriter()
  readonly #reader: FrameReader
  #isGreeted = false
  /** Whether it is in the list of those that have something to send. */
  isChanged = false

  constructor(socket: Socket, settings: ConnectionSettings, host: ConnectionHost) {
    this.#socket = socket
    this.#settings = settings
    this.#host = host
    this.#reader = new FrameReader(settings.frameBytesMax, (bytes, start, end) => this.#take(bytes, start, end))
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('drain', () => socket.resume())
    // It is told of by `close` too.
    socket.on('error', () => {})
    socket.on('close', () => this.#end())
  }

  get isGreeted(): boolean {
    return this.#isGreeted
  }

  get isFull(): boolean {
    return this.#waitingBytes > this.#settings.connectionBytesMax
  }

  sendMessage({ subscription, reference }: MessageAddress, subject: string, { source, start, end }: Bytes): void {
    const writer = this.#begin(frame.message, 8 + textBytesMax(subject) + end - start)
    writer.u32(subscription).u32(reference).text(subject).bytes(source, start, end).finish()
  }

  sendAnswer(request: number, { source, start, end }: Bytes): void {
    this.#begin(frame.answer, 4 + end - start)
      .u32(request)
      .bytes(source, start, end)
      .finish()
  }

  sendNobody(request: number): void {
    this.#begin(frame.nobody, 4).u32(request).finish()
  }

  succeed(id: number, value: unknown): void {
    this.#sendPacked(frame.result, id, value)
  }

  fail(id: number, thrown: unknown): void {
    this.#sendPacked(frame.failed, id, toWireError(thrown))
  }

  tell(watch: number, changes: readonly WireChange[]): boolean {
    if (this.isFull) return false
    this.#sendPacked(frame.news, watch, changes)
    return true
  }

  lose(watch: number, reason: Error): void {
    this.#sendPacked(frame.lost, watch, toWireError(reason))
  }

  /** Sends what waits. Called when all that it tells of is written down. */
  flush(): void {
    this.isChanged = false
    if (this.#writer.length === 0 || this.#socket.destroyed) return
    this.#socket.write(this.#writer.take())
    if (this.isFull) this.#socket.pause()
  }

  /** Tells why, and hangs up. */
  refuse(reason: Error): void {
    this.#host.refused(messageOf(reason))
    const said = pack(toWireError(reason))
    this.#reader.ended = true
    this.#writer.begin(frame.refused, said.length).bytes(said).finish()
    this.#socket.end(this.#writer.take())
    // One that does not hang up itself.
    this.#socket.resume()
  }

  /** Sends what waits, and hangs up. */
  close(): void {
    this.#reader.ended = true
    this.flush()
    this.#socket.destroySoon()
  }

  /** Hangs up without a word: what waits was not written down. */
  drop(): void {
    this.#reader.ended = true
    this.#socket.destroy()
  }

  get #waitingBytes(): number {
    return this.#writer.length + this.#socket.writableLength
  }

  #begin(type: number, spareBytes: number): FrameWriter {
    if (!this.isChanged) {
      this.isChanged = true
      this.#host.changed(this)
    }
    return this.#writer.begin(type, spareBytes)
  }

  #sendPacked(type: number, id: number, value: unknown): void {
    const body = pack(value)
    this.#begin(type, 4 + body.length)
      .u32(id)
      .bytes(body)
      .finish()
  }

  #onData(chunk: Buffer): void {
    if (this.#reader.ended) return
    try {
      this.#reader.push(chunk)
    } catch (thrown) {
      this.refuse(isMabeamError(thrown) ? thrown : brokenFrame(messageOf(thrown)))
    }
  }

  #take(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start]
    const at = start + 1
    if (!this.#isGreeted) this.#greet(type, bytes.subarray(at, end))
    else if (type === frame.publish) {
      const { subject, body } = readSubject(bytes, at, end)
      this.#host.publish(subject, body)
    } else if (type === frame.request) this.#request(bytes, at, end)
    else if (type === frame.respond) this.#host.respond(bytes.readUInt32BE(at), { source: bytes, start: at + 4, end })
    else if (type === frame.cancel) this.#host.cancel(this, bytes.readUInt32BE(at))
    else if (type === frame.operation) this.#operate(bytes.readUInt32BE(at), bytes.subarray(at + 4, end))
    else if (type === frame.ping) this.#begin(frame.pong, 0).finish()
    else throw brokenFrame(`of type ${type}`)
  }

  #greet(type: number | undefined, body: Buffer): void {
    if (type !== frame.hello) throw brokenFrame('no greeting')
    const { version, tokenMatches } = readHello(body, this.#settings.token)
    if (!tokenMatches) this.refuse(hubRefused('its token is not that of this hub'))
    else if (version !== protocolVersion) this.refuse(hubVersion(protocolVersion, version))
    else {
      this.#isGreeted = true
      const said = pack(this.#settings.welcome)
      this.#begin(frame.welcome, said.length).bytes(said).finish()
    }
  }

  #request(bytes: Buffer, at: number, end: number): void {
    const request = bytes.readUInt32BE(at)
    const { subject, body } = readSubject(bytes, at + 4, end)
    try {
      this.#host.request({ peer: this, request }, subject, body)
    } catch (thrown) {
      this.fail(request, thrown)
    }
  }

  #operate(id: number, body: Buffer): void {
    const operation = unpack(body)
    if (!Array.isArray(operation)) throw brokenFrame('an operation that is none')
    try {
      this.#host.operate(this, id, operation)
    } catch (thrown) {
      this.fail(id, thrown)
    }
  }

  #end(): void {
    this.#reader.ended = true
    this.#host.ended(this)
  }
}

function readSubject(bytes: Buffer, at: number, end: number): { readonly subject: string; readonly body: Bytes } {
  const length = bytes.readUInt16BE(at)
  const start = at + 2 + length
  if (start > end) throw brokenFrame('a subject longer than its frame')
  return { subject: bytes.toString('utf8', at + 2, start), body: { source: bytes, start, end } }
}

/** One connection to a hub, from its greeting to its end: frames in and out, and whether the hub answers. */

import { connect, type Socket } from 'node:net'
import { unpack } from 'msgpackr'
import type { CancelTimer, Clock } from '../../../clock.ts'
import { fromWireError, type WireError } from '../../../errors.ts'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { heardNow, linkBeatStep, lookEveryMs } from './link-beat.ts'
import { frame, type Welcome, writeHello } from './wire-protocol.ts'

export interface HubSocketSettings {
  readonly path: string
  readonly token: Uint8Array
  readonly version: number
  readonly clock: Clock
  readonly frameBytesMax: number
  readonly unresponsiveMs: number
}

export interface HubSocketHost {
  onWelcome(welcome: Welcome): void
  /** A frame, from its type on. Good until the call returns. */
  onFrame(bytes: Buffer, start: number, end: number): void
  /** It was silent for too long; or, once it was, it speaks again. */
  onSilence(isSilent: boolean): void
  /** Called once. */
  onEnd(cause: unknown): void
}

export class HubSocket {
  readonly writer = new FrameWriter()
  readonly #settings: HubSocketSettings
  readonly #host: HubSocketHost
  readonly #socket: Socket
  readonly #reader: FrameReader
  #beat = heardNow
  #heard = false
  #isSilent = false
  #isWelcome = false
  #flushPlanned = false
  #isEnded = false
  #cancelLook: CancelTimer = () => {}

  constructor(settings: HubSocketSettings, host: HubSocketHost) {
    this.#settings = settings
    this.#host = host
    this.#reader = new FrameReader(settings.frameBytesMax, (bytes, start, end) => this.#take(bytes, start, end))
    this.#socket = connect(settings.path)
    this.#socket.unref()
    this.#socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    this.#socket.on('error', (error) => this.#end(error))
    this.#socket.on('close', () => this.#end(new Error('the hub hung up')))
    writeHello(this.writer, settings.token, settings.version)
    this.flushLater()
    this.#look()
  }

  get isWelcome(): boolean {
    return this.#isWelcome
  }

  /** Bytes the hub has not taken. */
  get waitingBytes(): number {
    return this.writer.length + this.#socket.writableLength
  }

  /** Sends what was written when the code that runs now has ended, and all that it resolved. */
  flushLater(): void {
    if (this.#flushPlanned) return
    this.#flushPlanned = true
    queueMicrotask(() => process.nextTick(() => this.flush()))
  }

  flush(): void {
    this.#flushPlanned = false
    if (this.writer.length > 0 && !this.#isEnded) this.#socket.write(this.writer.take())
  }

  /** Whether it keeps the process. */
  hold(isNeeded: boolean): void {
    if (isNeeded) this.#socket.ref()
    else this.#socket.unref()
  }

  /** Sends what was written, and hangs up. */
  close(): void {
    this.flush()
    this.#socket.end()
    this.#end(new Error('it was closed here'))
  }

  #look(): void {
    const { clock, unresponsiveMs } = this.#settings
    this.#cancelLook = clock.setTimer(lookEveryMs(unresponsiveMs), () => this.#looked(), { unref: true })
  }

  #looked(): void {
    const waitingBytes = this.#socket.writableLength
    const takenBytes = this.#socket.bytesWritten - waitingBytes
    const [beat, isSilent] = linkBeatStep(this.#beat, { heard: this.#heard, takenBytes, waitingBytes })
    this.#beat = beat
    this.#heard = false
    if (this.#isWelcome) {
      this.writer.begin(frame.ping, 0).finish()
      this.flush()
    }
    if (isSilent && !this.#isSilent) {
      this.#isSilent = true
      this.#host.onSilence(true)
    }
    if (!this.#isEnded) this.#look()
  }

  #onData(chunk: Buffer): void {
    this.#heard = true
    if (this.#isSilent) {
      this.#isSilent = false
      this.#host.onSilence(false)
    }
    try {
      this.#reader.push(chunk)
    } catch (thrown) {
      this.#end(thrown)
    }
  }

  #take(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start]
    if (type === frame.pong) return
    if (type === frame.refused) this.#end(fromWireError(unpack(bytes.subarray(start + 1, end)) as WireError))
    else if (this.#isWelcome) this.#host.onFrame(bytes, start, end)
    else if (type === frame.welcome) {
      this.#isWelcome = true
      this.#host.onWelcome(unpack(bytes.subarray(start + 1, end)) as Welcome)
    }
  }

  #end(cause: unknown): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#reader.ended = true
    this.#cancelLook()
    this.#socket.destroySoon()
    this.#host.onEnd(cause)
  }
}

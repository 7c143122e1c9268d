/** One direction of a connection through a fault proxy: data comes out late, in order, or not for now; never more waits than the bound. */

import type { Socket } from 'node:net'
import type { CancelTimer, Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import { concerns, type Direction, type LinkFaults, pieceDueMs } from './link-faults.ts'

export interface FaultPipePort {
  readonly clock: Clock
  readonly random: Random
  readonly bufferBytesMax: number
  /** As they are now. */
  faults(): Required<LinkFaults>
}

/** The end of the data, for which the other side is closed too. */
type Ending = 'end' | 'reset'

interface Waiting {
  readonly what: Buffer | Ending
  readonly dueMs: number
}

export class FaultPipe {
  /** Whether some of what was sent is gone, so that the connection makes no sense any more. */
  hasLost = false
  readonly #port: FaultPipePort
  readonly #direction: Direction
  readonly #from: Socket
  readonly #to: Socket
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  #lastMs = 0
  #cancel: CancelTimer = () => {}
  #hasEnded = false

  constructor(port: FaultPipePort, direction: Direction, { from, to }: { readonly from: Socket; readonly to: Socket }) {
    this.#port = port
    this.#direction = direction
    this.#from = from
    this.#to = to
    from.on('data', (data: Buffer) => this.#take(data))
    from.on('end', () => this.#endWith('end'))
    from.on('close', (hadError) => this.#endWith(hadError ? 'reset' : 'end'))
    // Its close follows.
    from.on('error', () => {})
    to.on('drain', () => this.#go())
  }

  /** The faults have changed, or the other end is connected. */
  refresh(): void {
    this.#cancel()
    this.#go()
  }

  close(): void {
    this.#cancel()
    this.#waiting.length = 0
    this.#hasEnded = true
  }

  #take(data: Buffer): void {
    const faults = this.#port.faults()
    if (concerns(faults.swallow, this.#direction)) {
      this.hasLost = true
      return
    }
    const atMs = this.#port.clock.monotonicMs()
    this.#lastMs = pieceDueMs(this.#lastMs, { bytes: data.length, atMs }, { faults, random: this.#port.random })
    this.#waiting.push({ what: data, dueMs: this.#lastMs })
    this.#waitingBytes += data.length
    this.#go()
  }

  #endWith(ending: Ending): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#waiting.push({ what: ending, dueMs: this.#lastMs })
    this.#go()
  }

  /** Hands out what is due, and reads on or not. */
  #go(): void {
    this.#cancel()
    const { clock, bufferBytesMax } = this.#port
    const holds = concerns(this.#port.faults().hold, this.#direction)
    // Data that is lost is read, so that its sender sees nothing.
    const loses = concerns(this.#port.faults().swallow, this.#direction)
    for (let next = this.#waiting[0]; next !== undefined && !holds && !loses; next = this.#waiting[0]) {
      const leftMs = next.dueMs - clock.monotonicMs()
      if (leftMs > 0) {
        this.#cancel = clock.setTimer(leftMs, () => this.#go(), { unref: true })
        break
      }
      if (this.#to.writableNeedDrain) break
      this.#waiting.shift()
      this.#handOut(next.what)
    }
    if (this.#waitingBytes >= bufferBytesMax || (holds && !loses)) this.#from.pause()
    else this.#from.resume()
  }

  #handOut(what: Buffer | Ending): void {
    if (what === 'end') return void this.#to.end()
    if (what === 'reset') return void this.#to.resetAndDestroy()
    this.#waitingBytes -= what.length
    if (this.#to.writable) this.#to.write(what)
  }
}

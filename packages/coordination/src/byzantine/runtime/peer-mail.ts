/** What hosts send each other: messages of many agreements in one, and no more of one node than it may send. */

import { type Codec, createCodec, type EngineMessage, type Subscription } from '@mabeam/foundation'
import type { HostNode, HostSettings } from './host-options.ts'

/** One message of an agreement: from a member to members of one node, or to the node itself. */
export interface PeerItem {
  readonly from: number
  readonly to: readonly number[]
  readonly envelope: Uint8Array
}

export interface PeerMailOptions {
  readonly node: HostNode
  readonly settings: Pick<HostSettings, 'messageBytesMax' | 'peerMessagesPerSec'>
  /** What must be on disk before anything goes out. */
  written(): Promise<void> | undefined
  /** By what a sender is counted, which may call itself whatever it likes. */
  shareOf(sender: string): string
  hear(peer: string, item: PeerItem): void
  refused(reason: 'malformed' | 'rate-limit' | 'too-large', count: number): void
}

const version = 1
/** What a list and its numbers take beside the envelope. */
const itemBytes = 32
/** Other nodes of which it is counted what they send. */
const peersMax = 10_000

interface Allowance {
  left: number
  atMs: number
}

export class PeerMail implements AsyncDisposable {
  readonly #options: PeerMailOptions
  readonly #codec: Codec
  readonly #outbox = new Map<string, PeerItem[]>()
  readonly #allowances = new Map<string, Allowance>()
  #subscription: Subscription | undefined
  #isFlushing = false
  #isClosed = false

  constructor(options: PeerMailOptions) {
    this.#options = options
    this.#codec = createCodec({ bytesMax: options.settings.messageBytesMax + 1_000 })
  }

  async open(): Promise<void> {
    const { node } = this.#options
    this.#subscription = await node.engine.subscribe(this.#subject(node.name), (message) => this.#arrived(message))
  }

  /** Goes out at the end of this turn, together with what else goes there. */
  send(peer: string, item: PeerItem): void {
    if (this.#isClosed) return
    if (item.envelope.length + itemBytes > this.#options.settings.messageBytesMax) {
      this.#options.refused('too-large', 1)
      return
    }
    const waiting = this.#outbox.get(peer)
    if (waiting === undefined) this.#outbox.set(peer, [item])
    else waiting.push(item)
    if (this.#isFlushing) return
    this.#isFlushing = true
    queueMicrotask(() => this.#flushWhenReady())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    if (this.#options.written() === undefined) this.#flush()
    this.#isClosed = true
    this.#outbox.clear()
    await this.#subscription?.[Symbol.asyncDispose]()
  }

  #subject(peer: string): string {
    // Of the subjects that engines keep a way free for.
    return `${this.#options.node.system}.session.agreement.${peer}`
  }

  /** What could not be written down is not said. */
  #flushWhenReady(): void {
    const written = this.#options.written()
    if (written === undefined) {
      this.#flush()
      return
    }
    written.then(
      () => this.#flushWhenReady(),
      () => {
        this.#isFlushing = false
        this.#outbox.clear()
      },
    )
  }

  #flush(): void {
    this.#isFlushing = false
    if (this.#isClosed) return
    for (const [peer, items] of this.#outbox) {
      let batch: PeerItem[] = []
      let bytes = 0
      for (const item of items) {
        const size = item.envelope.length + item.to.length * 3 + itemBytes
        if (batch.length > 0 && bytes + size > this.#options.settings.messageBytesMax) {
          this.#publish(peer, batch)
          batch = []
          bytes = 0
        }
        batch.push(item)
        bytes += size
      }
      this.#publish(peer, batch)
    }
    this.#outbox.clear()
  }

  #publish(peer: string, batch: readonly PeerItem[]): void {
    const { node } = this.#options
    const items = batch.map(({ from, to, envelope }) => [from, to, envelope])
    try {
      node.engine.publish(this.#subject(peer), this.#codec.encode([version, node.name, items]))
    } catch {
      // Not sent is as good as lost: the next view says it again.
      this.#options.refused('too-large', batch.length)
    }
  }

  #arrived({ body }: EngineMessage): void {
    if (this.#isClosed) return
    const read = this.#read(body)
    if (read === undefined) {
      this.#options.refused('malformed', 1)
      return
    }
    const [peer, items] = read
    const share = this.#options.shareOf(peer)
    let over = 0
    for (const item of items) {
      if (!this.#mayHear(share)) over++
      else if (isItem(item)) this.#options.hear(peer, { from: item[0], to: item[1], envelope: item[2] })
      else this.#options.refused('malformed', 1)
    }
    if (over > 0) this.#options.refused('rate-limit', over)
  }

  #read(body: Uint8Array): readonly [string, readonly unknown[]] | undefined {
    try {
      const read = this.#codec.decode(body)
      if (!Array.isArray(read) || read.length !== 3) return undefined
      const [written, peer, items] = read as readonly unknown[]
      const isRead = written === version && typeof peer === 'string' && peer.length <= 256 && Array.isArray(items)
      return isRead ? [peer, items] : undefined
    } catch {
      return undefined
    }
  }

  /** A second's worth at once at most. */
  #mayHear(share: string): boolean {
    const { node, settings } = this.#options
    const perSec = settings.peerMessagesPerSec
    const atMs = node.clock.monotonicMs()
    const known = this.#allowances.get(share)
    if (known === undefined) {
      if (this.#allowances.size >= peersMax) this.#allowances.delete(this.#allowances.keys().next().value ?? '')
      this.#allowances.set(share, { left: perSec - 1, atMs })
      return true
    }
    known.left = Math.min(perSec, known.left + ((atMs - known.atMs) * perSec) / 1_000)
    known.atMs = atMs
    if (known.left < 1) return false
    known.left--
    return true
  }
}

function isItem(item: unknown): item is readonly [number, readonly number[], Uint8Array] {
  if (!Array.isArray(item) || item.length !== 3) return false
  const [from, to, envelope] = item as readonly unknown[]
  const isPlace = (one: unknown) => typeof one === 'number' && Number.isInteger(one) && one >= 0
  return (
    isPlace(from) && Array.isArray(to) && to.length <= 10_000 && to.every(isPlace) && envelope instanceof Uint8Array
  )
}

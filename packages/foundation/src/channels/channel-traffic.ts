/** What went through each channel of a node, and the telemetry of what did not. */

import { hasCode } from '../errors.ts'
import type { Telemetry } from '../telemetry.ts'
import { type Priority, priorities } from './priority.ts'

/**
 * Why a message was not handed over: no room at the node (`inbox-full`), at a subscriber (`subscriber-full`); bytes that
 * can't be read (`unreadable`) or break the schema (`invalid`); a request whose deadline passed while it waited
 * (`expired`).
 */
export type DropReason = 'inbox-full' | 'subscriber-full' | 'unreadable' | 'invalid' | 'expired'

/** Counts since the channels were opened, of one node. A message with three subscribers is handed over three times. */
export interface ChannelStats {
  /** Sent by this node, requests and answers included. */
  readonly published: number
  /** Arrived here and wanted by somebody. */
  readonly received: number
  /** Handed over to subscribers, responders and askers. */
  readonly delivered: number
  /** Handlers that threw. */
  readonly failed: number
  /** In the inbox of the node now. */
  readonly waiting: number
  readonly dropped: { readonly [reason in DropReason]: number }
  /** Lost before the inbox, by the engine, which has limits of its own. */
  readonly droppedByEngine: number
}

interface Counts {
  published: number
  received: number
  delivered: number
  failed: number
  readonly dropped: { [reason in DropReason]: number }
  /** Drops nobody was told of yet. */
  readonly untold: Map<DropReason, number>
}

export class ChannelTraffic {
  readonly #node: string
  readonly #telemetry: Telemetry
  readonly #counts = new Map<Priority, Counts>(priorities.map((priority) => [priority, newCounts()]))
  #untold = false

  constructor(node: string, telemetry: Telemetry) {
    this.#node = node
    this.#telemetry = telemetry
  }

  published(priority: Priority): void {
    this.#of(priority).published++
  }

  received(priority: Priority): void {
    this.#of(priority).received++
  }

  delivered(priority: Priority): void {
    this.#of(priority).delivered++
  }

  failed(priority: Priority, topic: string, error: { readonly code: string; readonly message: string }): void {
    this.#of(priority).failed++
    this.emit(
      'channel-handler-failed',
      { count: 1 },
      { channel: priority, topic, code: error.code, message: error.message },
    )
  }

  dropped(priority: Priority, reason: DropReason, count = 1): void {
    if (count === 0) return
    const counts = this.#of(priority)
    counts.dropped[reason] += count
    if (!this.#telemetry.enabled) return
    counts.untold.set(reason, (counts.untold.get(reason) ?? 0) + count)
    this.#untold = true
  }

  /** What could not be taken apart, or breaks the schema of its topic. */
  unreadable(priority: Priority, thrown: unknown): void {
    const invalid = hasCode(thrown, 'foundation/invalid-message')
    this.dropped(priority, invalid ? 'invalid' : 'unreadable')
  }

  /** Tells of drops, once for many: an event each would make a flood worse. */
  tell(): void {
    if (!this.#untold) return
    this.#untold = false
    for (const [channel, { untold }] of this.#counts) {
      for (const [reason, count] of untold) this.emit('channel-message-dropped', { count }, { channel, reason })
      untold.clear()
    }
  }

  emit(
    event: string,
    measurements: { readonly [name: string]: number },
    metadata: { readonly [name: string]: string },
  ): void {
    if (!this.#telemetry.enabled) return
    this.#telemetry.emit({ name: `foundation.${event}`, measurements, metadata: { node: this.#node, ...metadata } })
  }

  statsOf(priority: Priority, waiting: number, droppedByEngine: number): ChannelStats {
    const { published, received, delivered, failed, dropped } = this.#of(priority)
    return { published, received, delivered, failed, waiting, dropped: { ...dropped }, droppedByEngine }
  }

  #of(priority: Priority): Counts {
    return this.#counts.get(priority) as Counts
  }
}

function newCounts(): Counts {
  const dropped = { 'inbox-full': 0, 'subscriber-full': 0, unreadable: 0, invalid: 0, expired: 0 }
  return { published: 0, received: 0, delivered: 0, failed: 0, dropped, untold: new Map() }
}

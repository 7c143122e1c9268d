/**
 * Order for senders when a name moves: what this node sends to a name by its new place goes after what it had sent by the old one.
 * The old place is asked once, and answers when all that had come to it has surely arrived at the new one; what is sent meanwhile
 * waits in line.
 *
 * *Delivery*: in order for each sender, as without a move. Where the old place is no more, or does not answer in time, nothing is
 * waited for: what is still on its way may come later.
 */

import type { ActorAddress } from '../actors/actor-address.ts'
import type { Clock } from '../clock.ts'

export interface SenderLanesSettings {
  readonly clock: Clock
  /** Where a name is now. */
  readonly find: (name: string) => ActorAddress | undefined
  /** Resolves when what was sent to a name at that place is at the next one; rejects where that can't be told. */
  readonly settle: (name: string, at: ActorAddress) => Promise<void>
  /** Whether that life of a node may still hand on what it was sent. */
  readonly isThere: (at: ActorAddress) => boolean
  /** What waits for a name that is about to leave this node; must not reject. */
  readonly leaving: (name: string) => Promise<void> | undefined
}

/** Sends to where the name is by then. *Runs in* the turn in which its turn comes; must not throw unless that is at once. */
export type SendTo = (at: ActorAddress | undefined) => void

interface Lane {
  readonly name: string
  /** Where it is now. */
  to: ActorAddress | undefined
  /** Where the last message went. */
  at: ActorAddress | undefined
  usedMs: number
  /** Whether all that was sent to `at` may be overtaken. */
  isSettled: boolean
  readonly line: SendTo[]
}

/** Names whose place is remembered; the one remembered longest is forgotten for one more. */
export const lanesMax = 10_000
/** Messages that wait in line for one name. */
export const lineMax = 10_000
/** After so long nothing is on its way any more. */
const idleMs = 30_000

export class SenderLanes {
  readonly #settings: SenderLanesSettings
  readonly #lanes = new Map<string, Lane>()

  constructor(settings: SenderLanesSettings) {
    this.#settings = settings
  }

  get size(): number {
    return this.#lanes.size
  }

  /** Sends in this turn as a rule, else behind those in line. False when the line is full: it is not sent. */
  send(name: string, send: SendTo): boolean {
    const lane = this.#laneOf(name)
    if (lane.line.length >= lineMax) return false
    const turn = lane.line.length === 0 ? this.#turn(lane) : undefined
    if (lane.line.length === 0 && turn === undefined) send(lane.to)
    else lane.line.push(send)
    if (turn !== undefined) this.#await(lane, turn)
    return true
  }

  #await(lane: Lane, turn: Promise<void>): void {
    void turn.then(() => this.#sendLine(lane))
  }

  #sendLine(lane: Lane): void {
    for (let next = lane.line[0]; next !== undefined; next = lane.line[0]) {
      const turn = this.#turn(lane)
      if (turn !== undefined) return void this.#await(lane, turn)
      lane.line.shift()
      next(lane.to)
    }
  }

  /** What has to be waited for before the next message; nothing when it may go to `lane.to`. */
  #turn(lane: Lane): Promise<void> | undefined {
    const { find, leaving, isThere, settle, clock } = this.#settings
    const here = leaving(lane.name)
    if (here !== undefined) return here
    const nowMs = clock.monotonicMs()
    const at = find(lane.name)
    const before = lane.at
    lane.to = at
    const isFree = before === undefined || isSamePlace(before, at) || lane.isSettled || nowMs - lane.usedMs > idleMs
    if (!isFree && at !== undefined && isThere(before)) {
      const settled = () => {
        lane.isSettled = true
      }
      return settle(lane.name, before).then(settled, settled)
    }
    if (at === undefined) {
      // While nobody has it, what comes where it was last is kept for the next who has it.
      if (before !== undefined && isThere(before)) lane.to = before
      return undefined
    }
    lane.at = at
    lane.usedMs = nowMs
    lane.isSettled = false
    return undefined
  }

  #laneOf(name: string): Lane {
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const lane: Lane = { name, to: undefined, at: undefined, usedMs: 0, isSettled: false, line: [] }
    this.#lanes.set(name, lane)
    if (this.#lanes.size > lanesMax) this.#forgetOne()
    return lane
  }

  #forgetOne(): void {
    for (const [name, { line }] of this.#lanes) {
      if (line.length > 0) continue
      this.#lanes.delete(name)
      return
    }
  }
}

function isSamePlace(a: ActorAddress, b: ActorAddress | undefined): boolean {
  return a.node === b?.node && a.epoch === b.epoch
}

/**
 * The wires of a simulation: how long what is sent takes, and what is lost. There are nodes and one server between them;
 * a message between nodes passes the server.
 */

import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import { serverPlace } from './fault.ts'
import type { SimLife } from './sim-life.ts'

export interface SimNetworkSettings {
  readonly clock: Clock
  readonly random: Random
  /** The shortest way between a node and the server, and the mean of what is added to it. */
  readonly leastMs: number
  readonly meanMs: number
  /** Messages of one publisher on one subject may overtake each other and come twice. */
  readonly disorder: boolean
}

/** Keeps the order of what passes it. */
export interface Lane {
  lastMs: number
}

/** Between which nodes; without a lane there is no order. */
export interface Way {
  readonly from: string
  readonly to: SimLife
  readonly lane: Lane | undefined
}

/** Rates of a `noise` fault. */
export interface Noise {
  readonly lossRate: number
  readonly doubleRate: number
  readonly lostAnswerRate: number
}

const silence: Noise = { lossRate: 0, doubleRate: 0, lostAnswerRate: 0 }
/** One way in so many takes very long. */
const stragglerOneIn = 200
const stragglerMs = 100
const laneStepMs = 1e-6

export class SimNetwork {
  #noise: Noise = silence
  readonly #settings: SimNetworkSettings
  readonly #cuts = new Map<string, number>()
  readonly #slowMs = new Map<string, number>()
  readonly #onHeal = new Set<() => void>()

  constructor(settings: SimNetworkSettings) {
    this.#settings = settings
  }

  get random(): Random {
    return this.#settings.random
  }

  /** From now on nothing gets from one to the other; what is returned undoes that. Cuts add up. */
  cut(from: string, to: string): () => void {
    const key = `${from}>${to}`
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1)
    return () => {
      const left = (this.#cuts.get(key) ?? 1) - 1
      if (left > 0) return void this.#cuts.set(key, left)
      this.#cuts.delete(key)
      for (const told of [...this.#onHeal]) told()
    }
  }

  isCut(from: string, to: string): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(`${from}>${to}`)
  }

  /** Calls `told` whenever a cut is undone; what is returned takes that back. */
  onHeal(told: () => void): () => void {
    this.#onHeal.add(told)
    return () => void this.#onHeal.delete(told)
  }

  /** Loses and doubles at random; what is returned ends that, unless another has begun since. */
  disturb(noise: Noise): () => void {
    this.#noise = noise
    return () => {
      if (this.#noise === noise) this.#noise = silence
    }
  }

  slow(node: string, byMs: number): () => void {
    this.#slowMs.set(node, (this.#slowMs.get(node) ?? 0) + byMs)
    return () => void this.#slowMs.set(node, (this.#slowMs.get(node) ?? 0) - byMs)
  }

  /** A message of a node to another by way of the server: at most once unless there is disorder. */
  message({ from, to, lane }: Way, deliver: () => void): void {
    const { random, disorder } = this.#settings
    const { lossRate, doubleRate } = this.#noise
    if (this.isCut(from, serverPlace) || this.isCut(from, to.name)) return
    if (lossRate > 0 && random.next() < lossRate) return
    const arrive = () => {
      if (!this.isCut(serverPlace, to.name) && !this.isCut(from, to.name)) to.wake(deliver)
    }
    const kept = disorder ? undefined : lane
    const send = () => {
      const atMs = this.#after(this.#wayMs(from) + this.#wayMs(to.name), kept, arrive)
      if (lane !== undefined) lane.lastMs = Math.max(lane.lastMs, atMs)
    }
    send()
    if (disorder && doubleRate > 0 && random.next() < doubleRate) send()
  }

  /** A request to the server. */
  toServer(from: string, arrive: () => void): void {
    if (this.isCut(from, serverPlace)) return
    this.#after(this.#wayMs(from), undefined, arrive)
  }

  /** An answer of the server; it may be lost. */
  fromServer(to: SimLife, arrive: () => void): void {
    const { lostAnswerRate } = this.#noise
    if (lostAnswerRate > 0 && this.random.next() < lostAnswerRate) return
    this.#after(this.#wayMs(to.name), undefined, () => {
      if (!this.isCut(serverPlace, to.name)) to.wake(arrive)
    })
  }

  /** What the server tells a node in order; the caller sees to cuts. */
  inOrder(to: string, lane: Lane, arrive: () => void): void {
    this.#after(this.#wayMs(to), lane, arrive)
  }

  #wayMs(node: string): number {
    const { random, leastMs, meanMs } = this.#settings
    const slowMs = this.#slowMs.size === 0 ? 0 : (this.#slowMs.get(node) ?? 0)
    if (meanMs === 0) return leastMs + slowMs
    const straggles = random.next() * stragglerOneIn < 1
    const byMs = straggles ? random.next() * stragglerMs : 0
    return leastMs + byMs + slowMs - meanMs * Math.log(1 - random.next())
  }

  /** Returns when it arrives. */
  #after(delayMs: number, lane: Lane | undefined, arrive: () => void): number {
    const { clock } = this.#settings
    const nowMs = clock.monotonicMs()
    let atMs = nowMs + delayMs
    if (lane !== undefined) {
      // A step apart, so that rounding never swaps two.
      if (lane.lastMs > nowMs && atMs <= lane.lastMs) atMs = lane.lastMs + laneStepMs
      lane.lastMs = atMs
    }
    if (atMs <= nowMs) arrive()
    else clock.setTimer(atMs - nowMs, arrive)
    return atMs
  }
}

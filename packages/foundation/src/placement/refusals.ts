/**
 * Nodes on which a place will not run, for a while: told to the others by a claim, so that one of them takes it. What fails
 * again and again is refused longer each time, so that a place does not go to and fro.
 */

import type { Claims } from '../leases/claims.ts'
import type { NodePort } from '../node-port.ts'

export interface RefusalsSettings {
  /** Name of the placement. */
  readonly name: string
  /** How long a first refusal lasts. */
  readonly refuseMs: number
  readonly port: NodePort
  readonly claims: Claims
}

interface Refusal {
  readonly untilMs: number
  /** Failures in a row. */
  readonly failures: number
}

const factor = 2
const refuseMaxMs = 300_000

export class Refusals {
  readonly #settings: RefusalsSettings
  /** Of this node, by place; kept after they have ended until the place runs here. */
  readonly #own = new Map<string, Refusal>()

  constructor(settings: RefusalsSettings) {
    this.#settings = settings
  }

  /** It would not start here, or has ended. */
  refuse(place: string): void {
    const { refuseMs, port } = this.#settings
    const failures = (this.#own.get(place)?.failures ?? 0) + 1
    const forMs = Math.min(Math.max(refuseMs, refuseMaxMs), refuseMs * factor ** (failures - 1))
    this.#own.set(place, { untilMs: port.clock.monotonicMs() + forMs, failures })
  }

  /** It has run here for long enough: the next failure is a first one. */
  forget(place: string): void {
    this.#own.delete(place)
  }

  /** Nodes that refuse it now, as far as is known here. */
  by(place: string): readonly string[] {
    const { claims, port } = this.#settings
    const nodes = new Set<string>()
    for (const claim of claims.under(`${this.#prefix}${place}.`)) {
      if (claim.key === this.#keyOf(place, claim.node) && claims.standing(claim.key) === 'held') nodes.add(claim.node)
    }
    // One's own are known before they are told, and over before they are taken back.
    if (this.#isRefused(place)) nodes.add(port.name)
    else nodes.delete(port.name)
    return [...nodes]
  }

  /** Tells the others what is so by now. */
  tell(): void {
    const { claims, port } = this.#settings
    for (const place of this.#own.keys()) {
      const key = this.#keyOf(place, port.name)
      const standing = claims.standing(key)
      const refused = this.#isRefused(place)
      if (refused && standing === 'free') claims.take(key).catch(() => {})
      if (!refused && standing === 'held') claims.forget(key).catch(() => {})
    }
  }

  /** Takes all of this node's back. */
  async end(): Promise<void> {
    const { claims, port } = this.#settings
    const mine = claims.under(this.#prefix).filter((claim) => claim.node === port.name)
    await Promise.all(mine.map((claim) => claims.forget(claim.key).catch(() => {})))
  }

  get #prefix(): string {
    return `refuse.${this.#settings.name}.`
  }

  #keyOf(place: string, node: string): string {
    return `${this.#prefix}${place}.${node}`
  }

  #isRefused(place: string): boolean {
    const { untilMs } = this.#own.get(place) ?? { untilMs: Number.NEGATIVE_INFINITY }
    return this.#settings.port.clock.monotonicMs() < untilMs
  }
}

/** What goes wrong on one connection through a fault proxy, and when a piece of data comes out at the other end. Pure. */

import { checkOptions, rule } from '../../options.ts'
import type { Random } from '../../random.ts'

/** Up is what a client sends to the target, down what comes back. */
export type Direction = 'up' | 'down'

type Directions = 'none' | Direction | 'both'

export interface LinkFaults {
  /** Each piece of data takes so much longer. @default 0 */
  readonly delayMs?: number
  /** … and up to so much more, drawn for each; the order stays. @default 0 */
  readonly jitterMs?: number
  /** In each direction. @default 0: no limit */
  readonly bytesPerSec?: number
  /** Data waits until this is over, as in a partition, where TCP sends it again: what closes is not heard of either. @default 'none' */
  readonly hold?: Directions
  /** Data is taken and lost. A connection that lost some is reset when this is over. @default 'none' */
  readonly swallow?: Directions
  /**
   * What becomes of a new connection: it is let through, nobody listens, it is closed with a reset, or it is accepted and never
   * hears anything.
   * @default 'pass'
   */
  readonly accept?: 'pass' | 'refuse' | 'reset' | 'ignore'
}

export const linkFaultsDefaults = {
  delayMs: 0,
  jitterMs: 0,
  bytesPerSec: 0,
  hold: 'none',
  swallow: 'none',
  accept: 'pass',
} as const satisfies Required<LinkFaults>

/** Throws as `checkOptions` does. */
export function checkLinkFaults(owner: string, faults: LinkFaults): void {
  const directions = rule.optional(rule.oneOf(['none', 'up', 'down', 'both']))
  checkOptions(owner, faults, {
    delayMs: rule.optional(rule.number(0, 600_000)),
    jitterMs: rule.optional(rule.number(0, 600_000)),
    bytesPerSec: rule.optional(rule.number(0)),
    hold: directions,
    swallow: directions,
    accept: rule.optional(rule.oneOf(['pass', 'refuse', 'reset', 'ignore'])),
  })
}

/** Whether a fault of directions is in this one. */
export function concerns(directions: Directions, direction: Direction): boolean {
  return directions === 'both' || directions === direction
}

/** A piece of data on its way. */
export interface Piece {
  readonly bytes: number
  readonly atMs: number
}

/** What a piece meets on its way. */
export interface FaultyLink {
  readonly faults: Required<LinkFaults>
  readonly random: Random
}

/**
 * When a piece is out, after one that is out at `lastMs`.
 *
 * Ensures: never before `lastMs`, never before it came, and never more than `bytesPerSec` on average.
 */
export function pieceDueMs(lastMs: number, piece: Piece, link: FaultyLink): number {
  const { delayMs, jitterMs, bytesPerSec } = link.faults
  const arrivesMs = piece.atMs + delayMs + (jitterMs === 0 ? 0 : jitterMs * link.random.next())
  const takesMs = bytesPerSec === 0 ? 0 : (piece.bytes * 1_000) / bytesPerSec
  return Math.max(lastMs, arrivesMs) + takesMs
}

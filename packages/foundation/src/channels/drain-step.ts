/**
 * Which channel goes next: a pure step. Control goes first, whatever waits, but at most `controlRunMax` times in a row
 * while others wait; the others share by weight (8, 4, 2, 1), and one that is empty gives its turn to the next.
 *
 * Source: interleaved weighted round-robin (Katevenis et al., IEEE JSAC 9(8), 1991) below a strict priority.
 */

import { type Priority, priorities } from './priority.ts'

export interface DrainState {
  /** Control messages in a row while others waited. */
  readonly controlRun: number
  /** Where in the round of the others. */
  readonly slot: number
}

/** Messages waiting, in the order of `priorities`. */
export type Waiting = readonly number[]

export type DrainStep = (state: DrainState, waiting: Waiting) => readonly [DrainState, Priority | undefined]

export const controlRunMax = 64

/** Indexes of `priorities`; those of one channel are spread evenly. */
export const drainRound = [1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1, 3, 1, 2, 1] as const

export const newDrain: DrainState = { controlRun: 0, slot: 0 }

/**
 * Ensures: something is picked when anything waits, never what does not; control unless it had its run; any other that
 * waits within one round of the others.
 */
export const drainStep: DrainStep = (state, waiting) => {
  const others = (waiting[1] ?? 0) + (waiting[2] ?? 0) + (waiting[3] ?? 0) + (waiting[4] ?? 0)
  if ((waiting[0] ?? 0) > 0 && (others === 0 || state.controlRun < controlRunMax)) {
    return [{ controlRun: others === 0 ? 0 : state.controlRun + 1, slot: state.slot }, 'control']
  }
  if (others === 0) return [state, undefined]
  for (let i = 0; i < drainRound.length; i++) {
    const slot = (state.slot + i) % drainRound.length
    const index = drainRound[slot] as number
    if ((waiting[index] ?? 0) > 0) return [{ controlRun: 0, slot: slot + 1 }, priorities[index]]
  }
  return [state, undefined]
}

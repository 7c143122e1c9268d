/** What a pipeline is made of: stages, each of which reads the one before it. */

import type { RunScope } from './run-scope.ts'

/** One item, or the end. */
export type Pulled<T = unknown> = { readonly done: false; readonly value: T } | { readonly done: true }

/** The end. */
export const pulledEnd: Pulled<never> = { done: true }

/**
 * What a stage reads: asked by the stage behind it, one item at a time, never again before the last was given and never after the end.
 * It does not reject: what fails is told to the scope. After the scope has stopped it may leave its last promise open.
 */
export interface Outlet<T = unknown> {
  pull(): Promise<Pulled<T>>
}

/** An item that failed for good: where, and why. Plain JSON. */
export interface ItemFailure {
  /** From 0, in the order in which the stage was given them. */
  readonly index: number
  readonly code: string
  /** At most `failureCharsMax` characters of it. */
  readonly message: string
}

/** The most characters of the message of a failure that a stage keeps. */
export const failureCharsMax = 1_000

/** What a stage has done so far. */
export interface StageCounts {
  readonly stage: string
  /** Items read. */
  readonly in: number
  /** Items given to the stage behind. */
  readonly out: number
  /** Items that failed for good. */
  readonly failed: number
  /** The first of them, as many as the option `failuresKept` says. */
  readonly failures: readonly ItemFailure[]
  /** Attempts beyond the first. */
  readonly retries: number
  /** Items the function of the stage is at work on. */
  readonly inFlight: number
  /** Items held that nobody is at work on: they wait for their turn, to be taken, for a batch or for a rate. */
  readonly waiting: number
}

/** Counts as a stage keeps them. */
export type LiveCounts = { -readonly [count in keyof Omit<StageCounts, 'failures'>]: StageCounts[count] } & {
  readonly failures: ItemFailure[]
}

/** Nothing was done yet. */
export function newCounts(stage: string): LiveCounts {
  return { stage, in: 0, out: 0, failed: 0, failures: [], retries: 0, inFlight: 0, waiting: 0 }
}

/** A stage as it is described; each run opens it anew. */
export interface Stage {
  readonly name: string
  open(before: Outlet, scope: RunScope, counts: LiveCounts): Outlet
}

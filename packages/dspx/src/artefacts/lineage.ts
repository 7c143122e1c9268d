/** Where a state comes from: what it was tuned from, by what, and which steps led to it. */

/** Plain JSON. */
export interface Lineage {
  /** The digest of the artefact that the program was loaded from before it was tuned. */
  readonly parent?: string
  /** What tuned it. */
  readonly teleprompter?: string
  /** From the program as given to the state, oldest first; empty where nobody tuned it. */
  readonly steps: readonly LineageStep[]
}

/** A state on the way. */
export interface LineageStep {
  /** Its number in the run. */
  readonly candidate: number
  /** How it was made, in plain words. */
  readonly how: string
  /** Mean score, on how many rows. */
  readonly mean: number
  readonly rows: number
}

/** What a program can say of its origin when it is saved. */
export interface Origins {
  /** Of the artefact that it was loaded from or saved to. */
  readonly digest?: string
  readonly lineage: Lineage
  readonly study?: { readonly id: string; readonly seed: number }
  readonly measured?: OriginMeasured
}

/** What the winner was measured at, as it is written to files. */
export type OriginMeasured = { readonly [name: string]: number | string | null | { readonly [name: string]: number } }

/** By program: whoever makes one of a file or of a run tells of it here, and a copy with another state has none. */
const origins = new WeakMap<object, Origins>()

/** Remembers where a program comes from for as long as the program lives. */
export function tellOrigins<P extends object>(program: P, told: Origins): P {
  origins.set(program, told)
  return program
}

/** Where a program comes from, where anybody has told. */
export function originsOf(program: object): Origins | undefined {
  return origins.get(program)
}

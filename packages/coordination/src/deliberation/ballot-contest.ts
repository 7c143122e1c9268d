/**
 * How far participants are from agreeing, for one kind of value: contract singular, one implementation each for numbers, for values
 * that are the same or not, and for texts that are more or less alike.
 */

/** What somebody stands for now. */
export interface Stance {
  readonly from: string
  readonly value: unknown
  readonly reason: string | undefined
}

/** A stance and how much it counts. */
export interface WeighedStance extends Stance {
  readonly weight: number
}

/** A value and the share of the weight behind it, as participants are shown it. */
export interface StandingValue {
  readonly value: unknown
  readonly share: number
  readonly reasons: readonly string[]
}

/** How it stands. */
export interface Assessment {
  /** What it would be if it ended now; `undefined` where nothing can be said of so few. */
  readonly value: unknown
  /** The share of the weight behind that value, from 0 to 1. */
  readonly agreement: number
  /** Numbers only: how far apart they are, trimmed. */
  readonly spread?: number
  /** Whether this is agreement enough. */
  readonly isSettled: boolean
  /** How much better than another assessment is told by this: the less the better. */
  readonly discord: number
  /** What is contested, most first; bounded. */
  readonly standing: readonly StandingValue[]
}

/** Called by the protocol only: `read` for each answer, the others once a round. Pure. */
export interface BallotContest {
  /** The value as it is counted; `undefined` for what is no value here. */
  read(value: unknown): unknown
  /** Whether who went from one to the other has changed its mind. */
  hasMoved(from: unknown, to: unknown): boolean
  /** Of any number of stances, also none. */
  assess(stances: readonly WeighedStance[]): Assessment
}

/** Values that participants are shown at most. */
export const standingMax = 20
/** Reasons that participants are shown for a value at most, and characters of each. */
export const reasonsMax = 3
export const reasonCharactersMax = 1_000

/** The reasons of those who stand for a value, the weightiest first. */
export function reasonsOf(stances: readonly WeighedStance[]): readonly string[] {
  const given = stances.filter(({ reason }) => reason !== undefined && reason !== '')
  const weighty = given.toSorted((a, b) => b.weight - a.weight || compare(a.from, b.from))
  return weighty.slice(0, reasonsMax).map(({ reason }) => (reason ?? '').slice(0, reasonCharactersMax))
}

/** What they weigh together. */
export function weightOfAll(stances: readonly WeighedStance[]): number {
  return stances.reduce((sum, { weight }) => sum + weight, 0)
}

/** Nobody has said anything. */
export const noAssessment: Assessment = {
  value: undefined,
  agreement: 0,
  isSettled: false,
  discord: Number.POSITIVE_INFINITY,
  standing: [],
}

/** By code units, so that it is the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

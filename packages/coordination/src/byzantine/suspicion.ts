/**
 * Who is not to be waited for: a decaying score of each member for what is no proof against anybody, as silence, slowness and bad
 * signatures are. It costs a member the patience of leaders and nothing else; whoever behaves again is soon forgiven.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'

export interface SuspicionOptions {
  /** After which time half of a score is forgotten. @default 60000 */
  readonly halfLifeMs?: number
  /** From this score on a member is not waited for. @default 2 */
  readonly suspectAt?: number
  /** What no score exceeds, so that none takes for ever to be forgiven. @default 8 */
  readonly scoreMax?: number
}

export const suspicionDefaults = {
  halfLifeMs: 60_000,
  suspectAt: 2,
  scoreMax: 8,
} as const satisfies Required<SuspicionOptions>

/** What a node has noticed. */
export interface Suspicious {
  /**
   * `silent`: its ballot was not there when all others were decided on. `slow`: its vote was not there when those of a quorum had decided.
   * `late`: it led a view that was given up. `bad-signature`: it sent what it had not signed, over a link that is authenticated; otherwise it may
   * have been anybody. `heard`: it did its part.
   */
  readonly what: 'silent' | 'slow' | 'late' | 'bad-signature' | 'heard'
  readonly member: number
  readonly atMs: number
}

export interface SuspicionState {
  readonly options: Required<SuspicionOptions>
  /** By member: the score as it was then. */
  readonly scores: ReadonlyMap<number, { readonly score: number; readonly atMs: number }>
}

const weights = { silent: 1, slow: 1, late: 1, 'bad-signature': 2 } as const

/** Nobody is suspected yet. Throws: `foundation/invalid-option`, `foundation/unknown-name`. */
export function newSuspicion(options: SuspicionOptions = {}): SuspicionState {
  checkOptions('newSuspicion', options, {
    halfLifeMs: rule.optional(rule.number(1)),
    suspectAt: rule.optional(rule.number(Number.MIN_VALUE)),
    scoreMax: rule.optional(rule.number(Number.MIN_VALUE)),
  })
  return { options: { ...suspicionDefaults, ...definedOptions(options) }, scores: new Map() }
}

/**
 * One thing more that was noticed. Ensures: a score is never above `scoreMax`; who is heard has half of it forgiven; members without a
 * score take no room.
 */
export function suspicionStep(state: SuspicionState, { what, member, atMs }: Suspicious): SuspicionState {
  const { scoreMax } = state.options
  const now = scoreOf(state, member, atMs)
  const score = what === 'heard' ? now / 2 : Math.min(scoreMax, now + weights[what])
  const scores = new Map(state.scores)
  if (score < 0.01) scores.delete(member)
  else scores.set(member, { score, atMs })
  return { ...state, scores }
}

/** The places of members not to be waited for at that time, worst first: what `silent` of a replica takes. */
export function suspects(state: SuspicionState, atMs: number): readonly number[] {
  const scored = [...state.scores.keys()].map((member) => ({ member, score: scoreOf(state, member, atMs) }))
  const suspected = scored.filter(({ score }) => score >= state.options.suspectAt)
  return suspected.toSorted((a, b) => b.score - a.score || a.member - b.member).map(({ member }) => member)
}

function scoreOf({ options, scores }: SuspicionState, member: number, atMs: number): number {
  const known = scores.get(member)
  if (known === undefined) return 0
  return known.score * 0.5 ** (Math.max(0, atMs - known.atMs) / options.halfLifeMs)
}

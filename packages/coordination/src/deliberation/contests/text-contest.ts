/** Texts: settled when enough of the weight stands behind texts that are like one of them. */

import {
  type Assessment,
  type BallotContest,
  compare,
  noAssessment,
  reasonsOf,
  type StandingValue,
  standingMax,
  type WeighedStance,
  weightOfAll,
} from '../ballot-contest.ts'
import { tokenLikeness } from '../token-similarity.ts'

export interface TextContestOptions {
  /** Settled when one text is like those of this share of the weight. */
  readonly agreementMin: number
  /** From here on two texts are alike. */
  readonly similarityMin: number
  /** From 0 to 1; what is no number is 0. @default words that both have over words that either has */
  readonly similarity?: ((a: string, b: string) => number) | undefined
}

/** A text, and all stances that are for it word by word. */
interface Camp {
  readonly text: string
  readonly stances: readonly WeighedStance[]
  readonly weight: number
}

/**
 * Texts. A text has the support of all that are like it, itself among them; being like is not carried on, so that no chain of small
 * differences makes one camp of opposites. A tie goes to the text that is more like its supporters, then to the one that sorts first.
 */
export function textContest(options: TextContestOptions): BallotContest {
  return {
    read: (value) => (typeof value === 'string' && value.trim() !== '' ? value : undefined),
    hasMoved: (from, to) => from !== to && measure(options, [String(from), String(to)])(0, 1) < options.similarityMin,
    assess: (stances) => assessed(options, stances),
  }
}

function assessed(options: TextContestOptions, stances: readonly WeighedStance[]): Assessment {
  const total = weightOfAll(stances)
  if (total === 0) return noAssessment
  const camps = [...Map.groupBy(stances, ({ value }) => String(value))].map(([text, own]) => ({
    text,
    stances: own,
    weight: weightOfAll(own),
  }))
  const ranked = rank(options, camps)
  const agreement = Math.min(1, (ranked[0]?.support ?? 0) / total)
  return {
    value: ranked[0]?.camp.text,
    agreement,
    isSettled: agreement >= options.agreementMin,
    discord: 1 - agreement,
    standing: standingOf(ranked, total),
  }
}

interface RankedCamp {
  readonly camp: Camp
  readonly like: readonly Camp[]
  readonly support: number
  readonly closeness: number
}

function rank(options: TextContestOptions, camps: readonly Camp[]): readonly RankedCamp[] {
  const likeness = measure(
    options,
    camps.map(({ text }) => text),
  )
  const ranked = camps.map((camp, at): RankedCamp => {
    const likenesses = camps.map((_, other) => (other === at ? 1 : likeness(Math.min(at, other), Math.max(at, other))))
    const like = camps.filter((_, other) => (likenesses[other] ?? 0) >= options.similarityMin)
    const closeness = camps.reduce((sum, { weight }, other) => sum + weight * (likenesses[other] ?? 0), 0)
    return { camp, like, support: like.reduce((sum, { weight }) => sum + weight, 0), closeness }
  })
  return ranked.toSorted(
    (a, b) => b.support - a.support || b.closeness - a.closeness || compare(a.camp.text, b.camp.text),
  )
}

/** Whoever is shown already as one of a better supported text is not shown again. */
function standingOf(ranked: readonly RankedCamp[], total: number): readonly StandingValue[] {
  const shown = new Set<Camp>()
  const standing: StandingValue[] = []
  for (const { camp, like } of ranked) {
    if (standing.length >= standingMax) break
    if (shown.has(camp)) continue
    const fresh = like.filter((one) => !shown.has(one))
    for (const one of fresh) shown.add(one)
    const weight = fresh.reduce((sum, one) => sum + one.weight, 0)
    standing.push({ value: camp.text, share: weight / total, reasons: reasonsOf(fresh.flatMap((one) => one.stances)) })
  }
  return standing.toSorted((a, b) => b.share - a.share)
}

/** The likeness of two of some texts by their places: each pair is looked at once, whoever's function it is. */
function measure({ similarity }: TextContestOptions, texts: readonly string[]): (a: number, b: number) => number {
  const likenessOf = similarity === undefined ? tokenLikeness(texts) : undefined
  const known = new Map<number, number>()
  return (a, b) => {
    const pair = a * texts.length + b
    const before = known.get(pair)
    if (before !== undefined) return before
    const found = likenessOf?.(a, b) ?? similarity?.(texts[a] ?? '', texts[b] ?? '') ?? 0
    const likeness = Number.isFinite(found) ? Math.min(1, Math.max(0, found)) : 0
    known.set(pair, likeness)
    return likeness
  }
}

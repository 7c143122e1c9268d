/** Which words and phrases set the texts of one label apart from all other texts. */

import { wordNgrams } from './words.ts'

export interface LabelledText {
  readonly text: string
  readonly label: string
}

export interface DistinctiveTerm {
  readonly term: string
  /** Standard deviations by which it is more frequent here than elsewhere. */
  readonly z: number
  /** Texts of the label that hold it. */
  readonly texts: number
}

/**
 * For each label its terms by falling z-score of the log-odds ratio against all other texts; only terms of at least
 * `textsMin` texts of the label with z above `zMin`. A phrase is left out when its words say as much alone.
 *
 * Source: Monroe, Colaresi & Quinn, "Fightin' Words", Political Analysis 16(4), 2008, with the informative Dirichlet
 * prior. Differs: a term counts once a text, the prior is the background frequency of the whole with the weight of
 * `priorTexts` texts, and labels are compared with all others together.
 * @example distinctiveTerms([{ text: 'refund please', label: 'billing' }, …], {}).get('billing')?.[0]?.term // => 'refund'
 */
export function distinctiveTerms(
  texts: readonly LabelledText[],
  options: { readonly ngramMax?: number; readonly textsMin?: number; readonly zMin?: number } = {},
): Map<string, DistinctiveTerm[]> {
  const { ngramMax = 1, textsMin = 2, zMin = 1 } = options
  const total = new Counts()
  const byLabel = new Map<string, Counts>()
  for (const { text, label } of texts) {
    const counts = byLabel.get(label) ?? new Counts()
    byLabel.set(label, counts)
    for (const term of new Set(wordNgrams(text, ngramMax))) {
      counts.add(term)
      total.add(term)
    }
  }
  const found = new Map<string, DistinctiveTerm[]>()
  for (const [label, counts] of byLabel) {
    const scored = new Map<string, DistinctiveTerm>()
    for (const [term, here] of counts.byTerm) {
      const z = here < textsMin ? 0 : zScore(here, counts.sum, { all: total.byTerm.get(term) ?? 0, sum: total.sum })
      if (z > zMin) scored.set(term, { term, z, texts: here })
    }
    found.set(label, withoutHollowPhrases(scored).sort((a, b) => b.z - a.z || (a.term < b.term ? -1 : 1)))
  }
  return found
}

const priorTexts = 10

class Counts {
  readonly byTerm = new Map<string, number>()
  sum = 0

  add(term: string): void {
    this.byTerm.set(term, (this.byTerm.get(term) ?? 0) + 1)
    this.sum++
  }
}

function zScore(here: number, hereSum: number, whole: { readonly all: number; readonly sum: number }): number {
  const prior = (priorTexts * whole.all) / whole.sum
  const elsewhere = whole.all - here
  const elsewhereSum = whole.sum - hereSum
  const oddsHere = (here + prior) / (hereSum + priorTexts - here - prior)
  const oddsElsewhere = (elsewhere + prior) / (elsewhereSum + priorTexts - elsewhere - prior)
  return Math.log(oddsHere / oddsElsewhere) / Math.sqrt(1 / (here + prior) + 1 / (elsewhere + prior))
}

/** "my refund" says no more than "refund" unless it is the stronger sign. */
function withoutHollowPhrases(scored: ReadonlyMap<string, DistinctiveTerm>): DistinctiveTerm[] {
  return [...scored.values()].filter(({ term, z }) => {
    const parts = term.split(' ')
    return parts.length === 1 || parts.every((part) => z > (scored.get(part)?.z ?? 0))
  })
}

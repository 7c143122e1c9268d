/** How teleprompters try: some proposals after the other, and only what the budget still pays for. */

import type { Evidence, Proposal, TuningContext } from '../teleprompter.ts'

/** A part of a teleprompter that proposes and gives something to the rest of it. */
export type Trying<T> = AsyncGenerator<readonly Proposal[], T, readonly Evidence[]>

/**
 * Tries proposals in their order, as many at once as keep all rows that may be tried at once busy, so that a budget that
 * ends in between leaves most of them complete.
 */
export async function* tryInTurn(
  { rowsAtOnce, val }: Pick<TuningContext, 'rowsAtOnce' | 'val'>,
  proposals: readonly Proposal[],
): Trying<Evidence[]> {
  const evidence: Evidence[] = []
  while (evidence.length < proposals.length) {
    const batch: Proposal[] = []
    let rows = 0
    for (const one of proposals.slice(evidence.length)) {
      if (batch.length > 0 && rows >= rowsAtOnce) break
      batch.push(one)
      rows += one.rows === 'val' ? val.length : one.rows.length
    }
    evidence.push(...(yield batch))
  }
  return evidence
}

/** Tries one. */
export async function* tryOne(proposal: Proposal): Trying<Evidence> {
  const [evidence] = yield [proposal]
  return evidence as Evidence
}

/** The evidence of the program as given, on all validation rows. */
export function startOf({ evidence }: Pick<TuningContext, 'evidence'>): Evidence {
  return evidence[0] as Evidence
}

/** How many rows the budget still pays for, if each costs what the dearest candidate's rows did; `Infinity` without a limit. */
export function rowsAffordable({ budgetLeft, evidence }: Pick<TuningContext, 'budgetLeft' | 'evidence'>): number {
  const dearest = (name: string, least: number) => Math.max(least, ...evidence.map(({ values }) => values[name] ?? 0))
  const { calls, tokens, usd } = budgetLeft()
  const rows = [calls / dearest('calls', 1), tokens / dearest('tokens', 1), usd / dearest('costUsd', 0)]
  // nothing left of what costs nothing
  return Math.min(...rows.map((count) => (Number.isNaN(count) ? Number.POSITIVE_INFINITY : count)))
}

/** Whether the budget still pays for so many rows; says so in the report where it does not. */
export function paysFor(
  context: Pick<TuningContext, 'budgetLeft' | 'evidence' | 'note' | 'endedByBudget'>,
  rows: number,
): boolean {
  if (rowsAffordable(context) >= rows) return true
  context.endedByBudget()
  context.note(`the search ended because what was left of the budget did not pay for ${rows} more rows`)
  return false
}

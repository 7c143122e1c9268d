/** A tuning report as sentences for people. */

import { percent } from '../evaluation/evaluation-text.ts'
import type { Step, TuningReport } from './tuning-report.ts'

/** The most steps that are told one by one. */
const stepsShown = 20

/** The report in plain words, a sentence or two a line. */
export function explainTuning(report: TuningReport): string {
  const { steps, winner, verdict, rows } = report
  const best = steps.find(({ candidate }) => candidate === winner)
  const given = steps.find(({ candidate }) => candidate === 0)
  const lines = [
    `${report.teleprompter} tried ${steps.length} ${steps.length === 1 ? 'candidate' : 'candidates'} of ${report.program} on ${rows.val} validation rows (seed ${report.seed}); ${endOf(report)}.`,
    ...(report.endedBy === undefined ? [] : [`What was refused: ${report.endedBy}.`]),
    ...(best && given ? [winnerOf(best, given, report.objectives)] : []),
    verdictSentence(verdict),
    ...shortSentence(verdict, given, rows.val),
    ...resumedSentence(report),
    ...failedSentence(report),
    ...report.notes.map((note) => `Note: ${note}.`),
    'What was tried:',
    ...shown(steps, winner).map(stepSentence),
  ]
  if (steps.length > stepsShown) lines.push(`… and ${steps.length - stepsShown} more, which are in the report.`)
  return lines.join('\n')
}

const endings: { readonly [end in TuningReport['ended']]: string } = {
  finished: 'it had nothing more to try',
  budget: 'it ended with its budget',
  candidates: 'it ended because it had tried as many candidates as it may',
}

function endOf({ ended, budget: { spent } }: TuningReport): string {
  const why = endings[ended]
  return `${why}, after ${spent.calls} calls, ${spent.tokens} tokens, ${usdText(spent.usd)} and ${(spent.ms / 1_000).toFixed(1)} s`
}

function failedSentence({ failedProposals }: TuningReport): string[] {
  if (failedProposals === undefined) return []
  const { count, reasons, last } = failedProposals
  const each = Object.entries(reasons).map(([reason, times]) => `${reason} ${times}`)
  return [`${count} ${count === 1 ? 'proposal' : 'proposals'} failed (${each.join(', ')}); the last: ${last}.`]
}

function resumedSentence({ resumed }: TuningReport): string[] {
  if (resumed === undefined) return []
  const { rows, unknown } = resumed
  const found = `The work was resumed: ${rows} rows were not asked again.`
  if (unknown.calls === 0) return [found]
  const { calls, tokens, usd } = unknown.worst
  // what is not limited is not set aside either: then its worst case is not known
  const worst = [
    `${calls} ${calls === 1 ? 'call' : 'calls'}`,
    ...(tokens > 0 ? [`${tokens} tokens`] : []),
    ...(usd > 0 ? [usdText(usd)] : []),
  ]
  const were = unknown.calls === 1 ? 'call was' : 'calls were'
  return [
    `${found} ${unknown.calls} ${were} under way when it had ended, and nobody knows the end: counted at the worst case (${worst.join(', ')}).`,
  ]
}

function winnerOf(best: Step, given: Step, objectives: TuningReport['objectives']): string {
  if (best.candidate === 0) return 'Nothing that was tried did better than the program as given, so that is the winner.'
  const others = objectives.map(({ name }) => otherOf(name, best, given)).filter((text) => text !== undefined)
  return `The winner is candidate ${best.candidate} (${best.origin.how}): ${[`${percent(best.mean)} against ${percent(given.mean)}`, ...others].join('; ')} of the program as given.`
}

/** What else was to be made better, of a row. */
function otherOf(name: string, best: Step, given: Step): string | undefined {
  const [now, then] = [best.values[name], given.values[name]]
  if (name === 'accuracy' || now === undefined || then === undefined) return undefined
  return `${name} ${figure(now)} against ${figure(then)}`
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)))
}

function usdText(usd: number): string {
  return `${Number(usd.toFixed(6))} USD`
}

function verdictSentence(verdict: TuningReport['verdict']): string {
  if (verdict.type === 'unjudged') {
    const why = verdict.reason === 'budget' ? 'the budget ended before' : 'nothing else was tried, so'
    return `Nothing can be said of a gain: ${why} there was anything to compare.`
  }
  const { difference, ci95, p, rows } = verdict
  const figures = `${signed(difference)} points on ${rows} rows (95 % interval ${signed(ci95[0])} to ${signed(ci95[1])}, ${p < 0.0001 ? 'p < 0.0001' : `p = ${p.toPrecision(2)}`} after correction)`
  return verdict.type === 'better'
    ? `It is better than the program as given: ${figures}.`
    : `It is a tie with the program as given: ${figures}. More validation rows could tell.`
}

/** Says how far a budget went that was too small for one candidate. */
function shortSentence(verdict: TuningReport['verdict'], given: Step | undefined, all: number): string[] {
  if (verdict.type !== 'unjudged' || verdict.reason !== 'budget' || given?.isWhole) return []
  const tried = given?.rows ?? 0
  return [
    `Not even the program as given was tried on all validation rows, only on ${tried} of ${all}: allow more, or give fewer rows.`,
  ]
}

function shown(steps: readonly Step[], winner: number): Step[] {
  const first = steps.filter(({ candidate, kept }) => kept || candidate === winner)
  const rest = steps.filter((step) => !first.includes(step))
  return [...first, ...rest].slice(0, stepsShown).sort((a, b) => a.candidate - b.candidate)
}

function stepSentence({ candidate, origin, mean, rows, why }: Step): string {
  return `${candidate}. ${origin.how}: ${percent(mean)} on ${rows} ${rows === 1 ? 'row' : 'rows'}; ${why}.`
}

function signed(share: number): string {
  return `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)}`
}

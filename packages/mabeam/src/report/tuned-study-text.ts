/** What a teleprompter that searches no space has tried, for people. */

import { raisedLimits } from '../job/raised-limits.ts'
import type { FrontPoint } from '../result.ts'
import type { TunedCandidate, TunedStudy } from '../study/tuned-study.ts'
import { percent } from './figures.ts'
import { oneLine, type ReportStyle, wrapped } from './style.ts'
import { curve, frontTable } from './tables.ts'

/** The best, the front and the history. */
export function tunedStudyText(study: TunedStudy, style: ReportStyle): string {
  const best = study.candidates.find(({ candidate }) => candidate === study.best)
  const heading = (text: string) => `\n${style.bold(text)}`
  const isOpen = study.state === 'open'
  return [
    headLine(study),
    ...(best ? bestLines(study, best, style) : ['Best     none yet: no candidate was tried on all validation rows']),
    `Spent    ${spentText(study)}`,
    ...(best
      ? [
          heading('Pareto front on all validation rows: accuracy against cost and latency'),
          frontTable({ front: study.front, chosen: pointOf(best) }, style, isOpen ? 'the best so far' : 'the winner'),
          heading('Best accuracy so far on validation rows, by candidate'),
          curve(study.bestSoFar, style),
        ]
      : []),
    '',
    `All      npx mabeam study show ${study.study} --explain`,
    ...(study.state === 'finished'
      ? []
      : [`Go on    npx mabeam optimize --resume ${study.study}${raisedText(study)} (where it is not under way)`]),
  ].join('\n')
}

/** Higher limits where it would find nothing once more. */
function raisedText({ ended, best, candidates, limits, valRows, spent }: TunedStudy): string {
  if (ended !== 'budget' || best !== null) return ''
  const tried = candidates.find(({ candidate }) => candidate === 0)?.rows ?? 0
  const raised = raisedLimits(limits, { rows: valRows, tried, spent })
  return raised && ` ${raised}`
}

/** What was done and why; before the end every candidate with its evidence. */
export function tunedStudyExplanation(study: TunedStudy): string {
  return study.explanation ?? [headLine(study), ...study.candidates.map(candidateLine)].join('\n')
}

const endings = {
  finished: 'it had nothing more to try',
  budget: 'its budget ended',
  candidates: 'it had tried as many candidates as it may',
} as const

const states = { open: 'not finished', tuned: 'tuned, not yet tested', finished: 'finished' } as const

function headLine({ study, teleprompter, program, candidates, state, ended, valRows }: TunedStudy): string {
  const count = `${candidates.length} ${candidates.length === 1 ? 'candidate' : 'candidates'}`
  const why = ended === null ? '' : `: ${endings[ended]}`
  return `study "${study}": ${teleprompter} on ${program}, ${count}, ${valRows} validation rows; ${states[state]}${why}`
}

function bestLines({ verdict, candidates }: TunedStudy, best: TunedCandidate, style: ReportStyle): string[] {
  const { candidate, accuracy, rows, how } = best
  const given = candidates.find((one) => one.candidate === 0 && one.isWhole)
  const gain = given && candidate > 0 ? `, against ${percent(given.accuracy)} of the program as written` : ''
  const judged = verdict === null || verdict.type === 'unjudged' ? '' : verdictText(verdict)
  const [first = '', ...more] = wrapped(how, style.width - 10)
  return [
    `Best     candidate ${candidate}: ${percent(accuracy)} on ${rows} rows${gain}${judged}`,
    `How      ${first}`,
    ...more.map((line) => `       ${line}`),
  ]
}

function verdictText({ type, p }: Extract<NonNullable<TunedStudy['verdict']>, { type: 'better' | 'tie' }>): string {
  const chance = p < 0.0001 ? 'p < 0.0001' : `p = ${p.toPrecision(2)}`
  return type === 'better' ? `; better (${chance} after correction)` : `; a tie (${chance} after correction)`
}

function spentText({ spent, limits }: TunedStudy): string {
  const of = (limit: number | undefined) => (limit === undefined ? '' : ` of ${limit}`)
  return [
    `${spent.calls}${of(limits.calls)} calls`,
    `${spent.tokens}${of(limits.tokens)} tokens`,
    `${Number(spent.usd.toFixed(6))}${of(limits.usd)} USD`,
    `${(spent.ms / 1_000).toFixed(1)}${of(limits.ms === undefined ? undefined : limits.ms / 1_000)} s`,
  ].join(', ')
}

function candidateLine({ candidate, how, accuracy, rows, isWhole, why }: TunedCandidate): string {
  const measured = `${percent(accuracy)} on ${rows} ${rows === 1 ? 'row' : 'rows'}${isWhole ? ', all for validation' : ''}`
  return `${candidate}. ${oneLine(how, 400)}: ${measured}${why === null ? '' : `; ${why}`}`
}

function pointOf({ candidate, how, accuracy, values, settings }: TunedCandidate): FrontPoint {
  const { costUsd = null, latencyMs: latencyMsP50 = null } = values
  return { candidate, how, accuracy, costUsd, latencyMsP50, config: settings }
}

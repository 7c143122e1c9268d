/** What a study has found, for people and for programs. */

import { type FinishedTrial, historyPlot, plotText, type Study, type StudyProgress, studyText } from '@mabeam/ml'
import type { StudyPlace } from '../study/study-place.ts'
import type { StudyRunResult } from '../study/study-run.ts'
import type { Terminal } from '../terminal.ts'

/** The end of a progress line: the best value that was observed, or how many trials are on the front. */
export function trialNote({ objectives }: Study, { observedBest }: StudyProgress): string {
  const name = objectives[0]?.name as string
  const value = observedBest?.values[name]
  if (observedBest === undefined || value === undefined) return 'no trial finished yet'
  return `best ${name} ${Number(value.toPrecision(5))} (trial ${observedBest.number})`
}

/** What `study run` ends with. */
export function foundAsText({ study, report }: StudyRunResult, place: StudyPlace, terminal: Terminal): string {
  return [
    summaryText(study, terminal),
    '',
    `Ended   ${endSentences[report.ended]}, ${report.trialsThisRun} trials in ${report.seconds.toFixed(1)} s`,
    `Show    npx mabeam study show ${place.name}`,
    `Go on   npx mabeam study run --resume ${place.name} --budget ${2 * report.trials}`,
  ].join('\n')
}

const endSentences = {
  budget: 'the budget is used',
  exhausted: 'every configuration was tried',
  cost: '--stop-cost was reached',
  time: '--stop-after was reached',
  stagnation: '--stop-stagnation was reached',
  'expected-gain': '--stop-gain was reached',
} satisfies { readonly [ended in StudyRunResult['report']['ended']]: string }

/** Best, front, importance and the history. */
export function summaryText(study: Study, terminal: Terminal): string {
  const paper = paperOf(terminal)
  const parts = [studyText(study, paper)]
  if (study.finished.some(({ state }) => state === 'complete')) parts.push('', plotText(historyPlot(study), paper))
  return parts.join('\n')
}

/** How wide what is printed may be, and whether in colours. */
export function paperOf({ stdout, env }: Terminal): { readonly width: number; readonly color: boolean } {
  const isTTY = stdout.isTTY === true
  const width = Math.min(1_000, Math.max(20, isTTY ? (stdout.columns ?? 80) : 100))
  return { width, color: isTTY && !env.NO_COLOR }
}

/** One line. */
export function foundAsJson({ study, report }: StudyRunResult, place: StudyPlace): string {
  const { ended, trialsThisRun, seconds } = report
  return JSON.stringify({ ...studyFound(study, place), ended, trialsThisRun, seconds })
}

/** The shape that `--json` prints of a study. */
export function studyFound(study: Study, { name, journal }: StudyPlace) {
  const { finished, objectives, limits } = study
  const count = (state: FinishedTrial['state']) => finished.filter((one) => one.state === state).length
  const best = study.best()
  const observedBest = study.observedBest()
  return {
    version: 1,
    study: name,
    journal,
    objectives,
    limits,
    trials: finished.length,
    complete: count('complete'),
    failed: count('failed'),
    pruned: count('pruned'),
    best: best ? shownTrial(best) : null,
    observedBest: observedBest ? shownTrial(observedBest) : null,
    front: objectives.length > 1 ? study.front().map(shownTrial) : [],
  }
}

function shownTrial<T extends FinishedTrial>({ attributes: _, reports: __, ...shown }: T) {
  return shown
}

/** Events of the main job as a live line and notes. */

import type { JobEvent, TrialsProgress } from '../job/job-event.ts'
import { percent } from './figures.ts'
import type { Progress, ProgressLine } from './progress-line.ts'

/** A listener that shows every event: long work on `line`, single facts through `note`. */
export function jobProgress(line: ProgressLine, note: (text: string) => void): (event: JobEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'note':
        line.end()
        note(event.text)
        return
      case 'began':
        line.end()
        note(beganText(event))
        return
      case 'tuning': {
        const progress = tuningProgress(event)
        if (progress.total > 0) line.update(progress)
        return
      }
      case 'phase':
        line.update({ what: event.what, done: event.done, total: event.total })
        if (event.done === event.total) line.end()
    }
  }
}

function beganText(event: Extract<JobEvent, { type: 'began' }>): string {
  const { study, isResumed, trialsBefore } = event
  if (!isResumed) return `study ${study}`
  if (trialsBefore === 0) return `study ${study}, going on`
  return `study ${study}, going on after ${trialsBefore} ${trialsBefore === 1 ? 'candidate' : 'candidates'}`
}

/**
 * How far tuning is: what is asked beside the rows, while it is asked. Else by the trials of a search, whose configurations are candidates, or by the part of the budget that is used up
 * most, whichever is further; where neither has an end, by the rows of the batch under way.
 */
export function tuningProgress({ progress, trials }: Extract<JobEvent, { type: 'tuning' }>): Progress {
  const { batch, best, candidates, budget, asking } = progress
  const { limits, spent } = budget
  const found = best
    ? `best ${percent(best.values.accuracy ?? 0)} (candidate ${best.candidate})`
    : 'no candidate tried yet'
  const ends: Progress[] = trials ? [trialsEnd(trials, found)] : []
  const note = `${candidates} ${candidates === 1 ? 'candidate' : 'candidates'} tried, ${found}`
  if (asking !== undefined) return { ...asking, note }
  for (const [part, { what, each, digits }] of Object.entries(parts)) {
    const limit = limits[part as keyof typeof parts]
    if (limit === null || limit === 0) continue
    const done = Math.min(limit, spent[part as keyof typeof parts])
    ends.push({ what, done: round(done / each, digits), total: round(limit / each, digits), note })
  }
  const [furthest] = ends.sort((a, b) => b.done / b.total - a.done / a.total)
  return furthest ?? { what: 'row', done: batch.done, total: batch.total, note }
}

/** A search tries most on fewer rows than all, so that `found` says nothing of them before it ends. */
function trialsEnd({ best, ...trials }: TrialsProgress, found: string): Progress {
  return { what: 'candidate', ...trials, note: best === undefined ? found : `best so far ${percent(best)}` }
}

const parts = {
  calls: { what: 'calls', each: 1, digits: 0 },
  tokens: { what: 'tokens', each: 1, digits: 0 },
  usd: { what: 'USD', each: 1, digits: 4 },
  ms: { what: 'seconds', each: 1_000, digits: 0 },
} as const

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

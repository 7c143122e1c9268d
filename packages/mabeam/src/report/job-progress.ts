/** Events of the main job as a live line and notes. */

import type { JobEvent } from '../job/job-event.ts'
import { percent } from './figures.ts'
import type { ProgressLine } from './progress-line.ts'

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
      case 'trials': {
        const { best } = event
        const text = best ? `best ${percent(best.accuracy)} (trial ${best.trial})` : 'no trial finished yet'
        line.update({ ...event, what: 'trial', note: text })
        if (event.done === event.total) line.end()
        return
      }
      case 'phase':
        line.update({ what: event.what, done: event.done, total: event.total })
        if (event.done === event.total) line.end()
    }
  }
}

function beganText(event: Extract<JobEvent, { type: 'began' }>): string {
  const { study, trialsBefore } = event
  if (trialsBefore === 0) return `study ${study}`
  return `study ${study}, going on after ${trialsBefore} finished ${trialsBefore === 1 ? 'trial' : 'trials'}`
}

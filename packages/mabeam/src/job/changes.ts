/** What tuning changed in a program, as rows for people. */

import type { PredictorState, ProgramState } from '@mabeam/dspx'
import type { Change } from '../result.ts'

/** The differences between two states of one program: settings first, then the texts and demonstrations of each predictor. */
export function stateChanges(before: ProgramState, after: ProgramState): Change[] {
  const changes: Change[] = []
  const add = (what: string, from: unknown, to: unknown) => {
    if (from !== to) changes.push({ what, from: shown(from), to: shown(to) })
  }
  const addText = (what: string, from: string, to: string) => {
    const longer = from !== '' && to !== from && to.startsWith(from)
    add(what, longer ? 'as written' : from, longer ? `as written, and: ${to.slice(from.length).trim()}` : to)
  }
  for (const name of new Set([...Object.keys(before.settings), ...Object.keys(after.settings)])) {
    if (name !== 'demos') add(name, before.settings[name], after.settings[name])
  }
  for (const [name, now] of Object.entries(after.predictors)) {
    const then = before.predictors[name]
    addText(`${name}: instructions`, then?.instructions ?? '', now.instructions)
    add(`${name}: demonstrations`, demosText(then), demosText(now))
  }
  return changes
}

function demosText(one: PredictorState | undefined): string {
  const { demos, nearest } = one ?? { demos: [] }
  return nearest === undefined ? String(demos.length) : `the ${nearest} nearest of ${demos.length}`
}

function shown(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(3) : String(value ?? '–')
}

/** `mabeam study list`: the studies of the project. */

import { existsSync, statSync } from 'node:fs'
import { messageOf } from '@mabeam/foundation'
import { Command } from 'commander'
import { homeFolder } from '../../home.ts'
import { oneLine, plainTable, reportStyle } from '../../report/style.ts'
import { searchState } from '../../study/search-state.ts'
import { readStudyAt, studyIds, studyPlace } from '../../study/study-place.ts'
import { isTunedStudy, readTunedStudy, type TunedStudy } from '../../study/tuned-study.ts'
import type { Terminal } from '../../terminal.ts'

/** `tuned`: tuning has ended, and the test rows are still to be read. Null where nobody says whether it has ended. */
type ListedState = TunedStudy['state'] | null

/** A study as it is listed; one that can't be read says why. */
type Listed =
  | {
      readonly study: string
      readonly trials: number
      readonly failed: number
      readonly pending: number
      readonly objective: string
      readonly observedBest: number | null
      readonly state: ListedState
      readonly changed: string
    }
  /** A program that was tuned without a search of trials. */
  | {
      readonly study: string
      readonly candidates: number
      readonly objective: string
      readonly observedBest: number | null
      readonly state: ListedState
      readonly changed: string
    }
  | { readonly study: string; readonly error: string; readonly changed: string }

export function listCommand(terminal: Terminal, finish: (status: number) => void): Command {
  return new Command('list')
    .description('list the studies of this project, those of mabeam optimize too')
    .option('--json', 'print one line of JSON')
    .action(async ({ json }: { readonly json?: true }) => {
      const home = homeFolder(terminal.env, terminal.cwd)
      const studies: Listed[] = []
      for (const id of studyIds(home)) studies.push(await listed(home, terminal.cwd, id))
      terminal.stdout.write(`${json ? JSON.stringify({ version: 1, studies }) : listText(studies, terminal)}\n`)
      finish(0)
    })
}

async function listed(home: string, cwd: string, id: string): Promise<Listed> {
  const place = studyPlace(home, cwd, id)
  const changed = statSync(existsSync(place.journal) ? place.journal : place.folder).mtime.toISOString()
  try {
    if (await isTunedStudy(place)) return { ...tunedFigures(await readTunedStudy(place)), changed }
    const study = await readStudyAt(place, home)
    const objective = study.objectives[0]?.name as string
    const { finished, pending } = study
    return {
      study: id,
      trials: finished.length,
      failed: finished.filter(({ state }) => state === 'failed').length,
      pending: pending.length,
      objective,
      observedBest: study.observedBest()?.values[objective] ?? null,
      state: await searchState(place, study),
      changed,
    }
  } catch (error) {
    return { study: id, error: messageOf(error), changed }
  }
}

function tunedFigures({ study, candidates, best, state, objectives: [objective = 'accuracy'] }: TunedStudy) {
  const { values } = candidates.find(({ candidate }) => candidate === best) ?? {}
  return { study, candidates: candidates.length, objective, observedBest: values?.[objective] ?? null, state }
}

function listText(studies: readonly Listed[], { stdout, env }: Terminal): string {
  if (studies.length === 0) return 'no study was started in this folder'
  const style = reportStyle(stdout, env)
  const rows = studies.map((one) => {
    const changed = one.changed.slice(0, 16).replace('T', ' ')
    if ('error' in one) return [one.study, '', '', '', oneLine(one.error, 60), '', changed]
    const { observedBest: best, objective, state } = one
    const ended = state ?? '–'
    const found = best === null ? '–' : `${objective} ${Number(best.toPrecision(5))}`
    if ('candidates' in one) return [one.study, String(one.candidates), '', '', found, ended, changed]
    return [one.study, ...[one.trials, one.failed, one.pending].map(String), found, ended, changed]
  })
  return plainTable(
    { heads: ['study', 'tried', 'failed', 'pending', 'best observed', 'state', 'changed'], align: 'lrrrlll', rows },
    style,
  )
}

/** A study that has searched no space: what its teleprompter tried, from the report of tuning, or from the journal while there is none. */

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { readTuning, type Step, type TuningReport, type TuningSoFar } from '@mabeam/dspx'
import { noReportOfTuning } from '../errors.ts'
import { studyFiles } from '../home.ts'
import type { SettledRequest } from '../job/job-options.ts'
import { readRequest, readResult } from '../job/study-store.ts'
import { bestSoFar, frontPoints, type TriedStep } from '../job/tuning-found.ts'
import type { FrontPoint, StudyResult } from '../result.ts'
import { hasSearch, type StudyPlace } from './study-place.ts'

/** What is known of it. Plain JSON. */
export interface TunedStudy {
  readonly version: 1
  readonly study: string
  readonly program: string
  readonly teleprompter: string
  readonly seed: number
  readonly objectives: SettledRequest['objectives']
  /** `open`: tuning is under way, or was stopped. `tuned`: it has ended, and the test rows are still to be read. */
  readonly state: 'open' | 'tuned' | 'finished'
  /** Why it ended; null before. */
  readonly ended: TuningReport['ended'] | null
  readonly valRows: number
  /** 0 is the program as written. */
  readonly candidates: readonly TunedCandidate[]
  /** The number of the winner, or of the best so far; null before one was tried on all validation rows. */
  readonly best: number | null
  readonly verdict: TuningReport['verdict'] | null
  /** Of those tried on all validation rows, the ones that no other beats in accuracy, cost and latency. */
  readonly front: readonly FrontPoint[]
  readonly bestSoFar: readonly number[]
  readonly limits: SettledRequest['limits']
  readonly spent: { readonly calls: number; readonly tokens: number; readonly usd: number; readonly ms: number }
  /** What was done and why, in sentences; null before the study is finished. */
  readonly explanation: string | null
}

/** A candidate with its evidence. */
export interface TunedCandidate {
  readonly candidate: number
  readonly how: string
  readonly settings: Step['settings']
  readonly rows: number
  readonly accuracy: number
  readonly errors: number
  readonly isWhole: boolean
  readonly values: { readonly [name: string]: number }
  /** Why it was kept or not; null before tuning has ended. */
  readonly why: string | null
}

/** Whether a program is tuned there by a teleprompter that keeps no study of trials, or that has not begun its search of them. */
export async function isTunedStudy(place: StudyPlace): Promise<boolean> {
  return existsSync(studyFiles(place.folder).tuning) && !(await hasSearch(place))
}

/**
 * Reads it, also while another process writes it.
 *
 * Throws: what `readRequest` and `readTuning` throw; `mabeam/study-unreadable` for a report that is none.
 */
export async function readTunedStudy({ name, folder }: StudyPlace): Promise<TunedStudy> {
  const files = studyFiles(folder)
  const { request, rows } = await readRequest(files)
  const soFar = await readTuning(files.tuning)
  const report = await readReport(files.tuningReport)
  const about = { study: name, request, valRows: rows?.validation ?? soFar.valRows }
  // work that was gone on with has tried more than the report of before knows
  if (report === undefined || report.steps.length < soFar.candidates.length) return onItsWay(about, soFar)
  const result = await readResult(files)
  return concluded(about, report, result)
}

async function readReport(path: string): Promise<TuningReport | undefined> {
  if (!existsSync(path)) return undefined
  try {
    const report = JSON.parse(await readFile(path, 'utf8')) as TuningReport
    if (report.version === 1 && Array.isArray(report.steps)) return report
  } catch {}
  throw noReportOfTuning(path)
}

interface About {
  readonly study: string
  readonly request: SettledRequest
  readonly valRows: number
}

function onItsWay(about: About, { candidates, spent, elapsedMs }: TuningSoFar): TunedStudy {
  const steps = candidates.map(({ how = 'not told', settings = {}, ...one }): TriedStep => {
    return { ...one, origin: { parents: [], how }, settings }
  })
  const [objective = 'accuracy'] = about.request.objectives
  const worth = ({ values }: TriedStep) => {
    const value = values[objective]
    if (value === undefined) return Number.NEGATIVE_INFINITY
    return objective === 'accuracy' ? value : -value
  }
  const [best] = steps.filter(({ isWhole }) => isWhole).sort((a, b) => worth(b) - worth(a) || a.candidate - b.candidate)
  return {
    ...shared(about, steps),
    state: 'open',
    ended: null,
    best: best?.candidate ?? null,
    verdict: null,
    spent: { ...spent, ms: elapsedMs },
    explanation: null,
    candidates: steps.map((step) => shownCandidate(step, null)),
  }
}

function concluded(about: About, report: TuningReport, result: StudyResult | undefined): TunedStudy {
  const { steps, ended, winner, verdict, budget, rows } = report
  return {
    ...shared({ ...about, valRows: rows.val }, steps),
    state: result === undefined ? 'tuned' : 'finished',
    ended,
    best: steps.some(({ candidate, isWhole }) => candidate === winner && isWhole) ? winner : null,
    verdict,
    spent: budget.spent,
    explanation: result?.explanation ?? null,
    candidates: steps.map((step) => shownCandidate(step, step.why)),
  }
}

function shared({ study, request, valRows }: About, steps: readonly TriedStep[]) {
  const { program, teleprompter, seed, objectives, limits } = request
  const whole = steps.filter(({ isWhole }) => isWhole)
  return {
    version: 1 as const,
    study,
    program,
    teleprompter,
    seed,
    objectives,
    limits,
    valRows,
    front: frontPoints(whole),
    bestSoFar: bestSoFar({ steps, rows: { val: valRows } }, request),
  }
}

function shownCandidate(step: TriedStep, why: string | null): TunedCandidate {
  const { candidate, origin, settings, rows, mean, errors, isWhole, values } = step
  return { candidate, how: origin.how, settings, rows, accuracy: mean, errors, isWhole, values, why }
}

/** What can go wrong in the CLI and the main job. `mabeam/usage…` and bad options end with exit status 2, the rest with 1. */

import { hasCode, isMabeamError, MabeamError } from '@mabeam/foundation'

export const usage = (sentence: string): MabeamError => new MabeamError('mabeam/usage', sentence)

export const badStudyId = (id: string): MabeamError =>
  new MabeamError(
    'mabeam/usage',
    `study: expected letters, digits, ".", "_" or "-", at most 80, got ${JSON.stringify(id)}`,
  )

export const programNotFound = (path: string, found: string): MabeamError =>
  new MabeamError('mabeam/program-not-found', `${path}: expected a program file, found ${found}; check the path`, {
    data: { path },
  })

export const artefactProgramMissing = (artefact: string, program: string): MabeamError =>
  new MabeamError(
    'mabeam/program-not-found',
    `${artefact}: expected its program file at ${program} or beside the artefact, found none; put it there`,
    { data: { artefact, program } },
  )

export const artefactModuleUnnamed = (artefact: string): MabeamError =>
  new MabeamError(
    'mabeam/program-not-found',
    `${artefact}: expected the file of its program, got an artefact that names none; load it with loadProgram in the code that has the program`,
    { data: { artefact } },
  )

export const programBroken = (path: string, cause: unknown, reason: string): MabeamError =>
  new MabeamError('mabeam/program-broken', `${path}: the program could not be loaded: ${reason}`, {
    data: { path },
    cause,
  })

export const notAProgram = (path: string, got: string): MabeamError =>
  new MabeamError(
    'mabeam/not-a-program',
    `${path}: expected the default export to be a program: what defineProgram(…) gives, or an object of a class that extends Program, got ${got}`,
    { data: { path } },
  )

/** A program of a class says no more than what it does. */
export const programIncomplete = (path: string, name: string, what: string): MabeamError =>
  new MabeamError(
    'mabeam/not-a-program',
    `${path}: expected ${what} beside the program, got none; export const ${name} = …`,
    { data: { path, name } },
  )

export const noSuchStudy = (id: string, known: readonly string[]): MabeamError =>
  new MabeamError(
    'mabeam/usage',
    `resume: no study "${id}" here; ${known.length === 0 ? 'none was started in this folder' : `known: ${known.join(', ')}`}`,
  )

export const studyUnreadable = (path: string, reason: string): MabeamError =>
  new MabeamError(
    'mabeam/study-unreadable',
    `${path}: expected what a study was asked for, could not read it: ${reason}`,
    {
      data: { path },
    },
  )

/** The reason of the signal that Ctrl-C aborts. */
export const interrupted = (): MabeamError => new MabeamError('mabeam/interrupted', 'stopped')

export const studyExists = (id: string): MabeamError =>
  new MabeamError('mabeam/usage', `study: "${id}" exists; go on with it by --resume ${id}, or choose another name`)

export const dataChanged = (path: string, study: string): MabeamError =>
  new MabeamError(
    'mabeam/data-changed',
    `${path}: this changed since study "${study}" began, so its scores can't be compared; restore it or start a new study`,
    { data: { path, study } },
  )

/** A part of the rows that is too small to say anything, and the file it was taken from. */
interface SmallPart {
  readonly path: string
  /** Rows in that file. */
  readonly rows: number
  readonly part: string
  readonly least: number
  readonly got: number
  /** Why there are fewer than the file has; empty where nothing was left out. */
  readonly note: string
}

export const tooFewRows = (small: SmallPart): MabeamError => {
  const { path, rows, part, least, got, note } = small
  const of = got === rows ? '' : ` of the ${rows} in the file`
  const why = note && ` (${note})`
  const sentence = `${path}: expected at least ${least} ${part} rows, got ${got}${of}${why}; add rows, or name another file`
  return new MabeamError('mabeam/too-few-rows', sentence, { data: { ...small } })
}

/** Rows whose call failed would be counted as wrong answers. */
export const tooManyFailedCalls = (failed: number, rows: number, last: string): MabeamError =>
  new MabeamError(
    'mabeam/too-many-failed-calls',
    `${failed} of ${rows} model calls failed, too many to judge a program by; the last: ${last}`,
    { data: { failed, rows } },
  )

/** The workers crash faster than they are restarted. */
export const workersGaveUp = (lastCrash: string): MabeamError =>
  new MabeamError('mabeam/workers-gave-up', `the workers crashed too often to go on; the last crash: ${lastCrash}`)

/** No answer of any candidate could be read. */
export const noReadableAnswer = (candidates: number, last: string): MabeamError =>
  new MabeamError(
    'mabeam/no-readable-answer',
    `none of ${candidates} candidates got one answer that could be read, so there is nothing to recommend; the last: ${last}`,
  )

/** What was allowed did not pay for the program as it is written; `raised` would, as options of the command line. */
export const budgetTooSmall = (rows: number, tried: number, raised: string): MabeamError =>
  new MabeamError(
    'mabeam/budget-too-small',
    `the budget ended when the program as written had been tried on ${tried} of ${rows} validation rows, so there is nothing to compare; allow more${raised && `, such as ${raised}`}, or give fewer rows`,
    { data: { rows, tried, raised } },
  )

const flagNames: { readonly [option: string]: string } = { rowsPerTrial: 'rows-per-trial' }

/** An option that would be ignored. */
export const conflictingOption = (teleprompter: string, option: string, others: readonly string[]): MabeamError => {
  const sentence = `optimize: --${flagNames[option] ?? option} is not for ${teleprompter}, which takes none; it is for ${others.join(', ')}`
  return new MabeamError('mabeam/usage', sentence, { data: { teleprompter, option } })
}

/** A study on disk in another layout than this release writes. */
export const studyLayout = (path: string, got: number): MabeamError =>
  new MabeamError(
    'mabeam/study-version',
    `${path}: expected a study of layout 2, got layout ${got} of an earlier release, which can't be gone on with; its artefact still runs, and \`mabeam study show\` still reads it; start a new study`,
    { data: { path, expected: 2, got } },
  )

/** The failure of a study that had begun, with how to go on: with higher limits where the same would fail again. Bugs stay as they are. */
export function resumable(error: unknown, study: string): unknown {
  if (!isMabeamError(error)) return error
  const { code, message, retryable, data } = error
  const { raised } = (data ?? {}) as { readonly raised?: string }
  const next = `no answer is lost, go on with: npx mabeam optimize --resume ${study}${raised ? ` ${raised}` : ''}`
  return new MabeamError(code, `${message}; ${next}`, { retryable, data, cause: error })
}

export const studyFileNotFound = (path: string, found: string): MabeamError =>
  new MabeamError('mabeam/study-not-found', `${path}: expected the file of a study, found ${found}; check the path`, {
    data: { path },
  })

export const studyFileBroken = (path: string, cause: unknown, reason: string): MabeamError =>
  new MabeamError('mabeam/study-broken', `${path}: the file of the study could not be loaded: ${reason}`, {
    data: { path },
    cause,
  })

export const notAStudyFile = (path: string, got: string): MabeamError =>
  new MabeamError(
    'mabeam/not-a-study',
    `${path}: expected the default export to be { space, objectives, evaluate }, as defineStudyFile(…) gives it, got ${got}`,
    { data: { path } },
  )

export const spaceUnreadable = (path: string, reason: string, cause?: unknown): MabeamError =>
  new MabeamError('mabeam/space-unreadable', `${path}: expected a space as JSON, could not read it: ${reason}`, {
    data: { path },
    cause,
  })

export const noStudyHere = (name: string, known: readonly string[]): MabeamError =>
  new MabeamError(
    'mabeam/usage',
    `study: no study "${name}" here; ${known.length === 0 ? 'none was started in this folder' : `known: ${known.join(', ')}`}`,
  )

export const noReportOfTuning = (path: string): MabeamError =>
  new MabeamError(
    'mabeam/study-unreadable',
    `${path}: expected the report of a tuning, could not read it; move it away and the journal is shown`,
    { data: { path } },
  )

/** A program was tuned by a teleprompter that searches no space: it has candidates, and no trials. */
export const noSpaceSearched = (name: string): MabeamError =>
  new MabeamError(
    'mabeam/usage',
    `study: "${name}" was tuned by a teleprompter that searches no space of configurations, so it has candidates and no trials: no plots of trials and no importance; npx mabeam study show ${name} shows them`,
  )

/** A study that is younger than its search: the program as written is tried first. */
export const noTrialYet = (name: string): MabeamError =>
  new MabeamError(
    'mabeam/usage',
    `study: "${name}" has begun no search yet, so it has no trials; npx mabeam study show ${name} shows what was tried, once there is something`,
  )

/** The trial that it measured has failed. */
export const commandFailed = (command: string, what: string, cause?: unknown): MabeamError =>
  new MabeamError('mabeam/command-failed', `${command}: ${what}`, { data: { command }, cause })

export const commandUnreadable = (command: string, got: string): MabeamError =>
  new MabeamError(
    'mabeam/command-unreadable',
    `${command}: expected it to print the values as JSON, such as {"accuracy":0.9}, got ${got}`,
    { data: { command } },
  )

/** The failure of a study that had begun, with the command by which it goes on. Bugs stay as they are. */
export function resumableStudy(error: unknown, command: string): unknown {
  if (!isMabeamError(error)) return error
  const { code, message, retryable, data } = error
  return new MabeamError(code, `${message}; no finished trial is lost, go on with: ${command}`, {
    retryable,
    data,
    cause: error,
  })
}

/** Production has to say by what its nodes meet: a wrong guess would part or join systems. */
export function clusterUnsaid(profile: string, reason: string, suggested: string | undefined): MabeamError {
  const here = suggested === undefined ? '' : `; here it may be '${suggested}'`
  const sentence =
    `startNode: cluster: expected one of none (one process), nats, kubernetes, consul, dns, auto in profile "${profile}" ` +
    `(${reason}), got nothing; say startNode({ cluster: … }), MABEAM_CLUSTER=… or "cluster" in mabeam.config.json${here}`
  return new MabeamError('mabeam/cluster-unsaid', sentence, { data: { profile } })
}

/** What was said of the cluster can't be. */
export function clusterRefused(key: string, expected: string, got: string, fix: string): MabeamError {
  return new MabeamError('mabeam/cluster-refused', `startNode: ${key}: expected ${expected}, got ${got}; ${fix}`, {
    data: { key, expected, got },
  })
}

const usageCodes: ReadonlySet<string> = new Set([
  'mabeam/usage',
  'foundation/invalid-option',
  'foundation/unknown-name',
  'foundation/conflicting-settings',
  'foundation/malformed-configuration',
  'foundation/unreadable-configuration',
  'foundation/secret-missing',
  'mabeam/cluster-unsaid',
  'mabeam/cluster-refused',
  'mabeam/space-unreadable',
])

/** The exit status for a thrown value: 2 when the command was called wrongly, 130 when it was interrupted, 1 when it failed. */
export function exitStatusOf(thrown: unknown): 1 | 2 | 130 {
  if (hasCode(thrown, 'mabeam/interrupted')) return 130
  return isMabeamError(thrown) && usageCodes.has(thrown.code) ? 2 : 1
}

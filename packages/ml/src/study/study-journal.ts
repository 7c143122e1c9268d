/**
 * What a study writes down: a header, then asks, tells and failures in the order they happened. The journal is the only
 * truth of a study; replaying it gives back finished and pending trials, and so the same asks.
 */

import { type Json, show, type WireError } from '@mabeam/foundation'
import { studyCorrupt, studyMismatch } from '../errors.ts'
import type { Objective } from '../objective.ts'
import type { OutcomeLimit } from '../outcome-limit.ts'
import type { Report } from '../pruner.ts'
import type { Config, Space, SpaceJson } from '../space/space.ts'
import type { FinishedTrial, Repeated, Trial } from '../trial.ts'

/** Kind and version to open the journal of a study with. @example await openJournal({ path, ...studyJournal }) */
export const studyJournal = { kind: 'mabeam-study', version: 1 } as const

/** What a study needs of a journal; foundation's `Journal` is one. */
export interface StudyJournal {
  /** As found at opening. */
  readonly records: readonly Json[]
  /** Resolves when written through, in the order of calls. */
  append(record: Json): Promise<void>
}

/** The version of the records of a study, in its header. */
export const studyVersion = 2

/** The first record: what makes this study this study. */
export interface StudyHeader {
  readonly type: 'study'
  readonly version: typeof studyVersion
  readonly id: string
  readonly seed: number
  readonly space: SpaceJson
  readonly objectives: readonly Objective[]
  /** Since version 2. */
  readonly limits: readonly OutcomeLimit[]
  readonly enqueue: readonly Config[]
  readonly meta: Json
}

/** Since version 2 the ends of trials hold what was reported on the way, and trials can be pruned. */
export type StudyRecord =
  | ({ readonly type: 'ask' } & Trial)
  | ({
      readonly type: 'tell'
      readonly values: { readonly [name: string]: number }
      readonly attributes: Json
      readonly repeated?: Repeated
    } & Ended)
  | ({ readonly type: 'fail'; readonly error: WireError } & Ended)
  | ({ readonly type: 'prune'; readonly because: string } & Ended)
  /** A journal of version 1 goes on as one of version 2 from here. */
  | { readonly type: 'upgrade'; readonly version: typeof studyVersion }

interface Ended {
  readonly number: number
  readonly seconds: number
  readonly reports?: readonly Report[]
}

/** A record that ends a trial. */
export type EndRecord = Extract<StudyRecord, Ended & { readonly type: 'tell' | 'fail' | 'prune' }>

/** A study as its journal tells it. */
export interface Replayed {
  readonly header: StudyHeader
  readonly finished: FinishedTrial[]
  readonly pending: Map<number, Trial>
  readonly asked: number
  /** Whether an `upgrade` record is due before anything else is appended. */
  readonly outdated: boolean
}

/** The header of a journal, as the newest version has it. Throws: `ml/study-corrupt`, naming the study `id`. */
export function headerIn(id: string, records: readonly Json[]): StudyHeader {
  return upgradeHeader(asHeader(id, records[0]))
}

/**
 * Replays `records` of the study that `given` describes.
 *
 * Throws: `ml/study-mismatch` naming what differs; `ml/study-corrupt` naming the record.
 */
export function replay(records: readonly Json[], given: StudyHeader, space: Space): Replayed {
  const written = asHeader(given.id, records[0])
  const header = checkHeader(upgradeHeader(written), given)
  let version = written.version
  const finished: FinishedTrial[] = []
  const pending = new Map<number, Trial>()
  let asked = 0
  for (const [index, json] of records.entries()) {
    if (index === 0) continue
    const record = asRecord(given.id, index, json)
    if (record.type === 'upgrade') {
      version = record.version
      continue
    }
    if (record.type === 'ask') {
      if (record.number !== asked) throw studyCorrupt(given.id, index, `asks trial ${record.number}, expected ${asked}`)
      const config = space.validate(record.config)
      pending.set(asked, { number: asked, config, seed: record.seed })
      asked++
      continue
    }
    const trial = pending.get(record.number)
    if (!trial) throw studyCorrupt(given.id, index, `ends trial ${record.number}, which is not pending`)
    pending.delete(record.number)
    finished.push(finish(trial, record))
  }
  return { header, finished, pending, asked, outdated: version !== studyVersion }
}

/** A trial with the outcome of a record. */
export function finish(trial: Trial, record: EndRecord): FinishedTrial {
  const { seconds } = record
  const reports = record.reports && record.reports.length > 0 ? { reports: record.reports } : {}
  if (record.type === 'tell') {
    const { values, attributes, repeated } = record
    return { ...trial, state: 'complete', values, ...(repeated && { repeated }), attributes, ...reports, seconds }
  }
  const nothing = { ...trial, values: {}, attributes: null, ...reports, seconds }
  return record.type === 'fail'
    ? { ...nothing, state: 'failed', error: record.error }
    : { ...nothing, state: 'pruned', because: record.because }
}

type WrittenHeader = StudyHeader | (Omit<StudyHeader, 'version' | 'limits'> & { readonly version: 1 })

/** Version 1 knew no limits on outcomes; its other records are read as they are. */
function upgradeHeader(header: WrittenHeader): StudyHeader {
  return header.version === 1 ? { ...header, version: studyVersion, limits: [] } : header
}

function asHeader(id: string, json: Json | undefined): WrittenHeader {
  const header = json as WrittenHeader | null | undefined
  if (typeof header !== 'object' || header === null || header.type !== 'study') {
    throw studyCorrupt(id, 0, `is no header of a study: ${show(json)}`)
  }
  if (header.version === 1 || header.version === studyVersion) return header
  throw studyCorrupt(
    id,
    0,
    `has version ${show((header as { version: unknown }).version)}, expected 1 to ${studyVersion}`,
  )
}

function checkHeader(header: StudyHeader, given: StudyHeader): StudyHeader {
  for (const key of ['id', 'seed', 'objectives', 'limits', 'enqueue'] as const) {
    if (!same(header[key], given[key])) {
      const [journaled, is] = [header[key], given[key]] as unknown as [Json, Json]
      throw studyMismatch(given.id, key, { journaled, given: is })
    }
  }
  checkSpace(given.id, header.space, given.space)
  return header
}

function checkSpace(id: string, journaled: SpaceJson, given: SpaceJson): void {
  const names = new Set([...Object.keys(journaled.variables), ...Object.keys(given.variables)])
  for (const name of names) {
    const [was, is] = [journaled.variables[name], given.variables[name]].map(withoutWords) as [Json, Json]
    if (!same(was, is)) {
      throw studyMismatch(id, `space: variable "${name}"`, { journaled: was ?? null, given: is ?? null })
    }
  }
  const order = { journaled: Object.keys(journaled.variables), given: Object.keys(given.variables) }
  if (!same(order.journaled, order.given)) throw studyMismatch(id, 'space: order of variables', order)
  if (!same(journaled.constraints, given.constraints)) {
    const constraints = { journaled: journaled.constraints, given: given.constraints }
    throw studyMismatch(id, 'space: constraints', constraints)
  }
}

/** Unit and help are for people, weights and hints for the start of a search; all may change between runs. */
function withoutWords(variable: Json | undefined): Json | undefined {
  if (typeof variable !== 'object' || variable === null) return variable
  return Object.fromEntries(Object.entries(variable).filter(([key]) => !words.includes(key))) as Json
}

const words = ['unit', 'help', 'hints', 'costWeight', 'performanceWeight']

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function asRecord(id: string, index: number, json: Json): StudyRecord {
  const record = json as { readonly type?: string; readonly number?: number; readonly version?: number } | null
  const type = typeof record === 'object' && record !== null ? (record.type ?? '') : ''
  if (['ask', 'tell', 'fail', 'prune'].includes(type) && Number.isSafeInteger(record?.number))
    return json as unknown as StudyRecord
  if (type === 'upgrade' && record?.version === studyVersion) return json as unknown as StudyRecord
  throw studyCorrupt(id, index, `is no ask, tell, fail or prune: ${show(json)}`)
}

/**
 * What a study writes down: a header, then asks, tells and failures in the order they happened. The journal is the only
 * truth of a study; replaying it gives back finished and pending trials, and so the same asks.
 */

import { type Json, show, type WireError } from '@mabeam/foundation'
import { studyCorrupt, studyMismatch } from '../errors.ts'
import type { Objective } from '../objective.ts'
import type { Config, Space, SpaceJson } from '../space/space.ts'
import type { FinishedTrial, Trial } from '../trial.ts'

/** Kind and version to open the journal of a study with. @example await openJournal({ path, ...studyJournal }) */
export const studyJournal = { kind: 'mabeam-study', version: 1 } as const

/** What a study needs of a journal; foundation's `Journal` is one. */
export interface StudyJournal {
  /** As found at opening. */
  readonly records: readonly Json[]
  /** Resolves when written through, in the order of calls. */
  append(record: Json): Promise<void>
}

/** The first record: what makes this study this study. */
export interface StudyHeader {
  readonly type: 'study'
  readonly version: 1
  readonly id: string
  readonly seed: number
  readonly space: SpaceJson
  readonly objectives: readonly Objective[]
  readonly enqueue: readonly Config[]
  readonly meta: Json
}

export type StudyRecord =
  | ({ readonly type: 'ask' } & Trial)
  | {
      readonly type: 'tell'
      readonly number: number
      readonly values: { readonly [name: string]: number }
      readonly attributes: Json
      readonly seconds: number
    }
  | { readonly type: 'fail'; readonly number: number; readonly error: WireError; readonly seconds: number }

/** A study as its journal tells it. */
export interface Replayed {
  readonly header: StudyHeader
  readonly finished: FinishedTrial[]
  readonly pending: Map<number, Trial>
  readonly asked: number
}

/**
 * Replays `records` of the study that `given` describes.
 *
 * Throws: `ml/study-mismatch` naming what differs; `ml/study-corrupt` naming the record.
 */
export function replay(records: readonly Json[], given: StudyHeader, space: Space): Replayed {
  const header = checkHeader(records[0], given)
  const finished: FinishedTrial[] = []
  const pending = new Map<number, Trial>()
  let asked = 0
  for (const [index, json] of records.entries()) {
    if (index === 0) continue
    const record = asRecord(given.id, index, json)
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
  return { header, finished, pending, asked }
}

/** A trial with the outcome of a record. */
export function finish(trial: Trial, record: Exclude<StudyRecord, { type: 'ask' }>): FinishedTrial {
  const { seconds } = record
  return record.type === 'tell'
    ? { ...trial, state: 'complete', values: record.values, attributes: record.attributes, seconds }
    : { ...trial, state: 'failed', values: {}, attributes: null, error: record.error, seconds }
}

function checkHeader(json: Json | undefined, given: StudyHeader): StudyHeader {
  const header = json as StudyHeader | null | undefined
  if (typeof header !== 'object' || header === null || header.type !== 'study') {
    throw studyCorrupt(given.id, 0, `is no header of a study: ${show(json)}`)
  }
  if (header.version !== 1) throw studyCorrupt(given.id, 0, `has version ${show(header.version)}, expected 1`)
  for (const key of ['id', 'seed', 'objectives', 'enqueue'] as const) {
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

/** Unit and help are for people and may change between runs. */
function withoutWords(variable: Json | undefined): Json | undefined {
  if (typeof variable !== 'object' || variable === null) return variable
  const { unit: _unit, help: _help, ...rest } = variable as { readonly [key: string]: Json }
  return rest
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function asRecord(id: string, index: number, json: Json): StudyRecord {
  const record = json as Partial<StudyRecord> | null
  const known = typeof record === 'object' && record !== null && ['ask', 'tell', 'fail'].includes(record.type ?? '')
  if (known && Number.isSafeInteger(record.number)) return record as StudyRecord
  throw studyCorrupt(id, index, `is no ask, tell or fail: ${show(json)}`)
}

/** Making studies: new ones, in memory or in a journal, and those that a journal holds. */

import { type Clock, checkOptions, invalidOption, type Json, rule, type Telemetry } from '@mabeam/foundation'
import { type ObjectiveNames, type ObjectivesGiven, objectivesOf } from '../objective.ts'
import { checkLimits, type OutcomeLimit } from '../outcome-limit.ts'
import type { Pruner } from '../pruner.ts'
import type { Sampler } from '../sampler.ts'
import type { AnyVariables, ConfigOf, Space, Variables } from '../space/space.ts'
import { JournaledStudy } from './journaled-study.ts'
import type { Study } from './study.ts'
import { replay, type StudyHeader, type StudyJournal, studyVersion } from './study-journal.ts'

export interface StudyOptions<V extends AnyVariables = Variables, O extends ObjectivesGiven = ObjectivesGiven> {
  /** Names the study in its journal, events and errors. @default 'study' */
  readonly id?: string
  readonly space: Space<V>
  /** What is made larger or smaller: `{ accuracy: 'max', costUsd: 'min' }`, or a list. `best` goes by the first. At most 8. What has no noise: `{ loss: { direction: 'min', noise: false } }`. */
  readonly objectives: O
  /** Of everything random in the study. @default 0 */
  readonly seed?: number
  /** @default adaptiveSampler() */
  readonly sampler?: Sampler
  /** Judges trials by what they report on their way. @default none: every trial runs to its end */
  readonly pruner?: Pruner
  /** Hard constraints on measured values: trials that keep them come before all that don't. @default [] */
  readonly limits?: readonly OutcomeLimit[]
  /** Where the study is kept; without one it lives in memory. The study does not close it. */
  readonly journal?: StudyJournal
  /** @default systemClock */
  readonly clock?: Clock
  /** Kept in the header for whoever opened the study; not interpreted. @default null */
  readonly meta?: Json
  /** Configurations that are asked first, in this order, such as a baseline. @default [] */
  readonly enqueue?: readonly ConfigOf<V>[]
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

export const studyDefaults = { id: 'study', seed: 0 } satisfies Required<Pick<StudyOptions, 'id' | 'seed'>>

/**
 * A study at once: a new one, or, where the journal holds records, the one in the journal. It does not wait for its header
 * to be written: when that fails, the next tell or ask throws `ml/study-failed`.
 *
 * Throws: as `openStudy`, but for what `journal.append` throws.
 * @example const study = createStudy({ space, objectives: { accuracy: 'max', costUsd: 'min' }, seed: 7 })
 */
export function createStudy<V extends AnyVariables, const O extends ObjectivesGiven>(
  options: StudyOptions<V, O>,
): Study<V, ObjectiveNames<O>> {
  return made('createStudy', options as unknown as StudyOptions).study as unknown as Study<V, ObjectiveNames<O>>
}

/**
 * As `createStudy`, but waits until the header is durable.
 *
 * Throws: `foundation/invalid-option`; `ml/invalid-config` for an enqueued configuration; `ml/study-mismatch` naming what
 * differs from the journal (id, seed, objectives, limits, enqueue, space); `ml/study-corrupt`; what `journal.append` throws.
 * @example const study = await openStudy({ id: 'tune', space, objectives: { accuracy: 'max' }, seed: 7, journal })
 */
export async function openStudy<V extends AnyVariables, const O extends ObjectivesGiven>(
  options: StudyOptions<V, O>,
): Promise<Study<V, ObjectiveNames<O>>> {
  const { study, written } = made('openStudy', options as unknown as StudyOptions)
  await written
  return study as unknown as Study<V, ObjectiveNames<O>>
}

/** A study, and when what it begins its journal with is durable. */
interface Made {
  readonly study: JournaledStudy
  readonly written: Promise<void>
}

function made(owner: string, options: StudyOptions): Made {
  checkCalled(owner, options)
  checkOptions(owner, options, studyRules)
  const { journal, space } = options
  if (journal) checkOptions(`${owner}: journal`, { records: journal.records, append: journal.append }, journalRules)
  const header = headerOf(owner, options)
  const settings = { ...options, objectives: header.objectives }
  if (!journal || journal.records.length === 0) {
    const nothing = { header, finished: [], pending: new Map(), asked: 0, outdated: false }
    const study = new JournaledStudy(settings, nothing)
    return { study, written: study.append(header as unknown as Json) }
  }
  const state = replay(journal.records, header, space)
  const study = new JournaledStudy(settings, state)
  const written = state.outdated ? study.append({ type: 'upgrade', version: studyVersion }) : Promise.resolve()
  study.announceResume()
  return { study, written }
}

/** Samplers and pruners are what functions return; that a function was not called is easily overlooked. */
function checkCalled(owner: string, options: StudyOptions): void {
  for (const key of ['sampler', 'pruner'] as const) {
    const given: unknown = options?.[key]
    if (typeof given !== 'function') continue
    const called = given.name === '' ? 'call it' : `call it: ${given.name}()`
    throw invalidOption(
      owner,
      key,
      `what a function such as ${key === 'sampler' ? 'tpeSampler' : 'ashaPruner'} returns (${called})`,
      given,
    )
  }
}

function headerOf(owner: string, options: StudyOptions): StudyHeader {
  const { id = studyDefaults.id, seed = studyDefaults.seed, space, limits = [], meta = null } = options
  const objectives = objectivesOf(owner, options.objectives)
  checkLimits(owner, limits)
  const enqueue = (options.enqueue ?? []).map((config) => space.validate(config))
  return { type: 'study', version: studyVersion, id, seed, space: space.toJSON(), objectives, limits, enqueue, meta }
}

const journalRules = { records: rule.array(), append: rule.fn() }

const studyRules = {
  id: rule.optional(rule.string()),
  space: rule.having('sample', 'validate', 'toJSON'),
  objectives: rule.object(),
  seed: rule.optional(rule.int(Number.MIN_SAFE_INTEGER)),
  sampler: rule.optional(rule.having('ask')),
  pruner: rule.optional(rule.having('decide')),
  limits: rule.optional(rule.array()),
  journal: rule.optional(rule.object()),
  clock: rule.optional(rule.object()),
  meta: rule.optional(rule.any()),
  enqueue: rule.optional(rule.array()),
  telemetry: rule.optional(rule.object()),
}

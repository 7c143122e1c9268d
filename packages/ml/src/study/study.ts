/**
 * A study: trials that are asked for and told about, in a journal. It owns numbers, seeds and durability; it runs nothing
 * itself (`runStudy` does) and proposes nothing itself (its sampler does).
 */

import {
  type Clock,
  checkOptions,
  type Json,
  type Random,
  rule,
  seededRandom,
  silentTelemetry,
  systemClock,
  type Telemetry,
  toWireError,
} from '@mabeam/foundation'
import { invalidValue, studyFailed, trialAlreadyTold, unknownTrial, unusableNumbers } from '../errors.ts'
import { paretoFront } from '../front/pareto-front.ts'
import { checkObjectives, lossOf, type Objective } from '../objective.ts'
import type { Sampler } from '../sampler.ts'
import { seenMemory } from '../samplers/seen.ts'
import { tpeSampler } from '../samplers/tpe.ts'
import type { ConfigOf, Space, Variables } from '../space/space.ts'
import type { FinishedTrial, Trial } from '../trial.ts'
import { finish, replay, type StudyHeader, type StudyJournal, type StudyRecord } from './study-journal.ts'

export interface StudyOptions<V extends Variables = Variables> {
  /** Names the study in its journal, events and errors. */
  readonly id: string
  readonly space: Space<V>
  readonly objectives: readonly Objective[]
  /** Of everything random in the study. */
  readonly seed: number
  /** @default tpeSampler() */
  readonly sampler?: Sampler
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

/** What was measured in a trial. */
export interface TrialOutcome {
  /** Every objective, and whatever else was measured; finite numbers. */
  readonly values: { readonly [name: string]: number }
  /** Plain data kept with the trial, at most 1 MiB of JSON. @default null */
  readonly attributes?: Json
}

/** Called by one loop at a time (`runStudy`, or your own). */
export interface Study<V extends Variables = Variables> {
  readonly id: string
  readonly space: Space<V>
  readonly objectives: readonly Objective[]
  readonly seed: number
  /** As in the header, which for a resumed study is the first run's. */
  readonly meta: Json
  readonly sampler: Sampler
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Told trials in the order of tells, failed ones too. Grows in place. Contains a trial as soon as it is told. */
  readonly finished: readonly FinishedTrial<ConfigOf<V>>[]
  /** Asked and not told, in the order of asks. */
  readonly pending: readonly Trial<ConfigOf<V>>[]
  /** True when a finite space has no configuration left that is neither finished nor pending. */
  readonly exhausted: boolean
  /**
   * The next trial: first those that were pending when the study was resumed, then the enqueued, then what the sampler
   * proposes. The same seed and history give the same trial. It is journaled but not waited for: an ask lost in a crash
   * is asked again. Throws: what the sampler throws; `ml/study-failed` once a write has failed.
   */
  ask(): Trial<ConfigOf<V>>
  /**
   * Ends a trial. It is in `finished` at once and durable when this resolves; do not report it before. Rejects with
   * `ml/trial-already-told`, `ml/unknown-trial`, `ml/invalid-value` (the trial stays pending), `ml/study-failed`.
   */
  tell(number: number, outcome: TrialOutcome): Promise<void>
  /** Ends a trial that could not be measured. Durable and rejecting as `tell`. */
  fail(number: number, error: unknown): Promise<void>
  /** The trial with the best *observed* value of the first objective, the earlier one among equals. */
  best(): FinishedTrial<ConfigOf<V>> | undefined
  /** The complete trials that no other beats in all objectives, by observed values. */
  front(): FinishedTrial<ConfigOf<V>>[]
}

/** The most JSON that the attributes of one trial may be, in bytes. */
export const attributesBytesMax = 1_048_576

/**
 * Opens a study: a new one, or, where the journal holds records, the one in the journal.
 *
 * Throws: `foundation/invalid-option`; `ml/invalid-config` for an enqueued configuration; `ml/study-mismatch` naming what
 * differs from the journal (id, seed, objectives, enqueue, space); `ml/study-corrupt`; what `journal.append` throws.
 * @example
 * const study = await openStudy({ id: 'tune', space, objectives: [{ name: 'accuracy', direction: 'maximise' }], seed: 7 })
 */
export async function openStudy<V extends Variables>(options: StudyOptions<V>): Promise<Study<V>> {
  checkOptions('openStudy', options, studyRules)
  checkObjectives('openStudy', options.objectives)
  const { id, seed, objectives, journal, meta = null } = options
  const space = options.space as unknown as Space
  const enqueue = (options.enqueue ?? []).map((config) => space.validate(config))
  const header: StudyHeader = { type: 'study', version: 1, id, seed, space: space.toJSON(), objectives, enqueue, meta }
  const fresh = !journal || journal.records.length === 0
  if (fresh) await journal?.append(header as unknown as Json)
  const state = fresh ? { header, finished: [], pending: new Map(), asked: 0 } : replay(journal.records, header, space)
  const study = new JournaledStudy(options as unknown as StudyOptions, state)
  if (!fresh) study.announceResume()
  return study as unknown as Study<V>
}

const studyRules = {
  id: rule.string(),
  space: rule.object(),
  objectives: rule.array(),
  seed: rule.int(Number.MIN_SAFE_INTEGER),
  sampler: rule.optional(rule.object()),
  journal: rule.optional(rule.object()),
  clock: rule.optional(rule.object()),
  meta: rule.optional(rule.any()),
  enqueue: rule.optional(rule.array()),
  telemetry: rule.optional(rule.object()),
}

/** Throws `ml/invalid-value` naming the first value that can't be kept. */
export function checkOutcome(number: number, objectives: readonly Objective[], outcome: TrialOutcome): void {
  const values = outcome?.values ?? {}
  for (const { name } of objectives) if (!Number.isFinite(values[name])) throw invalidValue(number, name, values[name])
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) throw invalidValue(number, name, value)
  }
  const bytes = outcome.attributes === undefined ? 0 : JSON.stringify(outcome.attributes).length
  if (bytes <= attributesBytesMax) return
  throw unusableNumbers(`trial ${number}: attributes`, `at most ${attributesBytesMax} bytes of JSON`, bytes)
}

class JournaledStudy implements Study {
  readonly id: string
  readonly space: Space
  readonly objectives: readonly Objective[]
  readonly seed: number
  readonly meta: Json
  readonly sampler: Sampler
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly finished: FinishedTrial[]
  readonly #journal: StudyJournal | undefined
  readonly #random: Random
  readonly #enqueue: StudyHeader['enqueue']
  readonly #pending: Map<number, Trial>
  readonly #again: Trial[]
  readonly #askedMs = new Map<number, number>()
  readonly #seenIn = seenMemory()
  #asked: number
  #best: FinishedTrial | undefined
  #failure: unknown

  constructor(options: StudyOptions, replayed: ReturnType<typeof replay>) {
    const { header, finished, pending, asked } = replayed
    this.id = header.id
    this.space = options.space
    this.objectives = options.objectives
    this.seed = header.seed
    this.meta = header.meta
    this.sampler = options.sampler ?? tpeSampler()
    this.clock = options.clock ?? systemClock
    this.telemetry = options.telemetry ?? silentTelemetry
    this.finished = finished
    for (const trial of finished) this.#weigh(trial)
    this.#journal = options.journal
    this.#random = seededRandom(header.seed)
    this.#enqueue = header.enqueue
    this.#pending = pending
    this.#again = [...pending.values()]
    this.#asked = asked
  }

  get pending(): readonly Trial[] {
    return [...this.#pending.values()]
  }

  get exhausted(): boolean {
    const { cardinality } = this.space
    return cardinality !== Number.POSITIVE_INFINITY && this.#seenIn(this.#context(0)).count >= cardinality
  }

  ask(): Trial {
    this.#checkAlive()
    const again = this.#again.shift()
    const trial = again ?? this.#propose()
    this.#askedMs.set(trial.number, this.clock.monotonicMs())
    if (!again) {
      this.#asked++
      this.#pending.set(trial.number, trial)
      // Its failure is kept and thrown by the next call; a trial whose ask was lost is asked again after a crash.
      this.#write({ type: 'ask', ...trial }).catch(() => {})
    }
    this.#emit('ml.trial-asked', { trial: trial.number, again: again !== undefined }, {})
    return trial
  }

  async tell(number: number, outcome: TrialOutcome): Promise<void> {
    const trial = this.#pendingTrial(number)
    checkOutcome(number, this.objectives, outcome)
    const seconds = this.#secondsOf(number)
    const { values, attributes = null } = outcome
    await this.#end(trial, { type: 'tell', number, values, attributes, seconds })
    this.#emit('ml.trial-told', { trial: number }, { seconds })
  }

  async fail(number: number, error: unknown): Promise<void> {
    const trial = this.#pendingTrial(number)
    const wire = toWireError(error)
    const seconds = this.#secondsOf(number)
    await this.#end(trial, { type: 'fail', number, error: wire, seconds })
    this.#emit('ml.trial-failed', { trial: number, code: wire.code }, { seconds })
  }

  best(): FinishedTrial | undefined {
    return this.#best
  }

  front(): FinishedTrial[] {
    const complete = this.finished.filter(({ state }) => state === 'complete')
    return paretoFront(complete, this.objectives)
  }

  announceResume(): void {
    this.#emit('ml.study-resumed', {}, { finished: this.finished.length, pending: this.#pending.size })
  }

  #propose(): Trial {
    const number = this.#asked
    const queued = this.#enqueue[number]
    const config = queued ?? this.space.validate(this.sampler.ask(this.#context(number)))
    return { number, config, seed: this.#random.fork(`trial/${number}`).int(2 ** 31) }
  }

  #context(number: number) {
    const { space, objectives, finished, pending } = this
    return { space, objectives, finished, pending, random: this.#random.fork(`ask/${number}`) }
  }

  /** Takes the trial over into `finished` and writes it; a failed write fails the study, so that memory never runs ahead. */
  #end(trial: Trial, record: Exclude<StudyRecord, { type: 'ask' }>): Promise<void> {
    const again = this.#again.indexOf(trial)
    if (again >= 0) this.#again.splice(again, 1)
    this.#pending.delete(trial.number)
    this.#askedMs.delete(trial.number)
    const ended = finish(trial, record)
    this.finished.push(ended)
    this.#weigh(ended)
    return this.#write(record)
  }

  #weigh(trial: FinishedTrial): void {
    const objective = this.objectives[0] as Objective
    if (trial.state !== 'complete') return
    if (!this.#best || lossOf(trial, objective) < lossOf(this.#best, objective)) this.#best = trial
  }

  async #write(record: StudyRecord): Promise<void> {
    try {
      await this.#journal?.append(record as unknown as Json)
    } catch (cause) {
      this.#failure ??= cause
      throw studyFailed(this.id, cause)
    }
  }

  #pendingTrial(number: number): Trial {
    this.#checkAlive()
    const trial = this.#pending.get(number)
    if (trial) return trial
    const told = this.finished.find((one) => one.number === number)
    throw told ? trialAlreadyTold(this.id, number, told.state) : unknownTrial(this.id, number)
  }

  #checkAlive(): void {
    if (this.#failure !== undefined) throw studyFailed(this.id, this.#failure)
  }

  #secondsOf(number: number): number {
    const now = this.clock.monotonicMs()
    return (now - (this.#askedMs.get(number) ?? now)) / 1000
  }

  #emit(
    name: string,
    metadata: { readonly [key: string]: Json },
    measurements: { readonly [key: string]: number },
  ): void {
    if (!this.telemetry.enabled) return
    this.telemetry.emit({ name, measurements, metadata: { study: this.id, ...metadata } })
  }
}

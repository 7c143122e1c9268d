/** A study over its journal: memory and journal move together, memory first, and a failed write fails the study. */

import { isDeepStrictEqual } from 'node:util'
import {
  type Clock,
  type Json,
  type Random,
  seededRandom,
  silentTelemetry,
  systemClock,
  type Telemetry,
  toWireError,
} from '@mabeam/foundation'
import { studyFailed, trialAlreadyTold, unknownTrial, unusableNumbers } from '../errors.ts'
import { paretoFront } from '../front/pareto-front.ts'
import type { Objective } from '../objective.ts'
import { feasibleFirstLosses, type OutcomeLimit, violationOf } from '../outcome-limit.ts'
import { goOn, type PruneDecision, type Pruner } from '../pruner.ts'
import type { Sampler } from '../sampler.ts'
import { seenMemory } from '../samplers/seen.ts'
import { tpeSampler } from '../samplers/tpe.ts'
import type { Space } from '../space/space.ts'
import type { FinishedTrial, Trial } from '../trial.ts'
import { Reports } from './reports.ts'
import { ScalarTrials } from './scalar-trials.ts'
import type { Study, StudyOptions } from './study.ts'
import {
  type EndRecord,
  finish,
  type Replayed,
  type StudyHeader,
  type StudyJournal,
  type StudyRecord,
} from './study-journal.ts'
import { checkOutcome, type NumberedOutcome, type TrialOutcome } from './trial-outcome.ts'

/** The most trials of one `askMany`. */
export const askManyMax = 10_000

/** The one implementation of `Study`; without a journal it lives in memory. */
export class JournaledStudy implements Study {
  readonly id: string
  readonly space: Space
  readonly objectives: readonly Objective[]
  readonly limits: readonly OutcomeLimit[]
  readonly seed: number
  readonly meta: Json
  readonly sampler: Sampler
  readonly pruner: Pruner | undefined
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
  readonly #scalars: ScalarTrials
  readonly #reports = new Reports()
  /** Tells on their way to the journal. */
  readonly #writing = new Map<number, Promise<void>>()
  #asked: number
  #best: FinishedTrial | undefined
  #failure: unknown

  constructor(options: StudyOptions, replayed: Replayed) {
    const { header, finished, pending, asked } = replayed
    this.id = header.id
    this.space = options.space
    this.#scalars = new ScalarTrials(options.space)
    this.objectives = options.objectives
    this.limits = header.limits
    this.seed = header.seed
    this.meta = header.meta
    this.sampler = options.sampler ?? tpeSampler()
    this.pruner = options.pruner
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

  askMany(count: number): Trial[] {
    if (!Number.isSafeInteger(count) || count < 1 || count > askManyMax) {
      throw unusableNumbers('askMany: count', `an integer from 1 to ${askManyMax}`, count)
    }
    return Array.from({ length: count }, () => this.ask())
  }

  report(number: number, step: number, value: number): PruneDecision {
    this.#pendingTrial(number)
    const reports = this.#reports.add(number, { step, value })
    if (!this.pruner) return goOn('the study has no pruner')
    const objective = this.objectives[0] as Objective
    return this.pruner.decide(reports, this.#reports.contextOf(number, objective, this.finished))
  }

  async tell(number: number, outcome: TrialOutcome): Promise<void> {
    if (this.#wasTold(number, outcome)) return await this.#writing.get(number)
    const trial = this.#pendingTrial(number)
    checkOutcome(number, this, outcome)
    const seconds = this.#secondsOf(number)
    const { values, attributes = null } = outcome
    await this.#end(trial, { type: 'tell', number, values, attributes, seconds })
    this.#emit('ml.trial-told', { trial: number }, { seconds })
  }

  async tellMany(outcomes: readonly NumberedOutcome[]): Promise<void> {
    const numbers = new Set<number>()
    for (const outcome of outcomes) {
      const { number } = outcome
      if (numbers.has(number)) throw trialAlreadyTold(this.id, number, 'twice in one tellMany')
      numbers.add(number)
      if (this.#wasTold(number, outcome)) continue
      this.#pendingTrial(number)
      checkOutcome(number, this, outcome)
    }
    await Promise.all(outcomes.map(({ number, ...outcome }) => this.tell(number, outcome)))
  }

  async fail(number: number, error: unknown): Promise<void> {
    const trial = this.#pendingTrial(number)
    const wire = toWireError(error)
    const seconds = this.#secondsOf(number)
    await this.#end(trial, { type: 'fail', number, error: wire, seconds })
    this.#emit('ml.trial-failed', { trial: number, code: wire.code }, { seconds })
  }

  async prune(number: number, because: string): Promise<void> {
    const trial = this.#pendingTrial(number)
    const seconds = this.#secondsOf(number)
    const step = this.#reports.of(number).at(-1)?.step ?? 0
    await this.#end(trial, { type: 'prune', number, because, seconds })
    this.#emit('ml.trial-pruned', { trial: number }, { seconds, step })
  }

  best(): FinishedTrial | undefined {
    return this.#best
  }

  front(): FinishedTrial[] {
    const complete = this.finished.filter((one) => one.state === 'complete' && violationOf(one, this.limits) === 0)
    return paretoFront(complete, this.objectives)
  }

  announceResume(): void {
    this.#emit('ml.study-resumed', {}, { finished: this.finished.length, pending: this.#pending.size })
  }

  #propose(): Trial {
    const number = this.#asked
    const queued = this.#enqueue[number]
    const { space } = this
    const config = queued ?? space.fromScalar(space.scalar.validate(this.sampler.ask(this.#context(number))))
    return { number, config, seed: this.#random.fork(`trial/${number}`).int(2 ** 31) }
  }

  #context(number: number) {
    const { objectives, limits, seed } = this
    const space = this.space.scalar
    const finished = this.#scalars.finished(this.finished)
    const pending = this.#scalars.pending(this.pending)
    return { space, objectives, limits, finished, pending, seed, random: this.#random.fork(`ask/${number}`) }
  }

  /** Takes the trial over into `finished` and writes it; a failed write fails the study, so that memory never runs ahead. */
  #end(trial: Trial, end: EndRecord): Promise<void> {
    const reports = this.#reports.take(trial.number)
    const record = reports.length > 0 ? { ...end, reports } : end
    const again = this.#again.indexOf(trial)
    if (again >= 0) this.#again.splice(again, 1)
    this.#pending.delete(trial.number)
    this.#askedMs.delete(trial.number)
    const ended = finish(trial, record)
    this.finished.push(ended)
    this.#weigh(ended)
    const { number } = trial
    const written = this.#write(record).finally(() => this.#writing.delete(number))
    this.#writing.set(number, written)
    return written
  }

  #wasTold(number: number, { values, attributes = null }: TrialOutcome): boolean {
    if (this.#pending.has(number) || number >= this.#asked) return false
    const told = this.#finishedTrial(number)
    return told?.state === 'complete' && isDeepStrictEqual([told.values, told.attributes], [values, attributes])
  }

  #finishedTrial(number: number): FinishedTrial | undefined {
    return this.finished.findLast((one) => one.number === number)
  }

  #weigh(trial: FinishedTrial): void {
    if (trial.state !== 'complete') return
    const lossIn = (one: FinishedTrial) => feasibleFirstLosses(one, this.objectives, this.limits)[0] as number
    if (!this.#best || lossIn(trial) < lossIn(this.#best)) this.#best = trial
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
    const told = this.#finishedTrial(number)
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

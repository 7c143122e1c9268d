/** A study over its journal: memory and journal move together, memory first, and a failed write fails the study. */

import { isDeepStrictEqual } from 'node:util'
import {
  type Clock,
  checkOptions,
  type Json,
  type OptionRule,
  type Random,
  rule,
  seededRandom,
  silentTelemetry,
  systemClock,
  type Telemetry,
  toWireError,
} from '@mabeam/foundation'
import { studyFailed, studyReadOnly, trialAlreadyTold, unknownTrial, unusableNumbers } from '../errors.ts'
import { inlineExecutor } from '../executor.ts'
import { paretoFront } from '../front/pareto-front.ts'
import type { Importance, ImportanceOptions } from '../insight/importance.ts'
import type { Objective } from '../objective.ts'
import { feasibleFirstLosses, type OutcomeLimit, violationOf } from '../outcome-limit.ts'
import { goOn, type PruneDecision, type Pruner } from '../pruner.ts'
import type { Sampler } from '../sampler.ts'
import { adaptiveSampler } from '../samplers/adaptive.ts'
import { seenMemory } from '../samplers/seen.ts'
import type { Space } from '../space/space.ts'
import type { FinishedTrial, Trial } from '../trial.ts'
import type { Explanation } from './explanation.ts'
import { minibatchesOf, type PairedExample } from './minibatches.ts'
import type { StudyOptions } from './open-study.ts'
import { Reports } from './reports.ts'
import { runRules, runStudy, type StudyReport } from './run-study.ts'
import { ScalarTrials } from './scalar-trials.ts'
import type { Evaluate, ExpectedTrial, Study, StudyRunOptions } from './study.ts'
import { StudyFindings } from './study-findings.ts'
import {
  type EndRecord,
  finish,
  type Replayed,
  type StudyHeader,
  type StudyJournal,
  type StudyRecord,
} from './study-journal.ts'
import { checkOutcome, type NumberedOutcome, outcomeOf, type Told, type TrialOutcome } from './trial-outcome.ts'
import { type Trials, type TrialsOptions, trialsOf } from './trials.ts'

/** The most trials of one `askMany`. */
export const askManyMax = 10_000

const outcomesRule: OptionRule = {
  expected: 'a list of outcomes with the numbers of their trials',
  test: (value) => Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null),
  optional: false,
}

/** What a study is made of beside its journal's state. */
export interface StudySettings extends Omit<StudyOptions, 'objectives'> {
  readonly objectives: readonly Objective[]
  /** Refuses whatever would change it. @default false */
  readonly readOnly?: boolean
}

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
  readonly #findings: StudyFindings
  readonly #readOnly: boolean
  #asked: number
  /** As the last ask that knew one said. */
  #budget: number | undefined
  #best: FinishedTrial | undefined
  #failure: unknown

  constructor(options: StudySettings, replayed: Replayed) {
    const { header, finished, pending, asked } = replayed
    this.id = header.id
    this.space = options.space
    this.#scalars = new ScalarTrials(options.space)
    this.objectives = options.objectives
    this.limits = header.limits
    this.seed = header.seed
    this.meta = header.meta
    this.sampler = options.sampler ?? adaptiveSampler()
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
    this.#findings = new StudyFindings(this, this.#scalars)
    this.#readOnly = options.readOnly ?? false
  }

  get pending(): readonly Trial[] {
    return [...this.#pending.values()]
  }

  isPending(number: number): boolean {
    return this.#pending.has(number)
  }

  get exhausted(): boolean {
    const { cardinality } = this.space
    if (cardinality === Number.POSITIVE_INFINITY || this.#again.length > 0) return false
    return this.#seenIn(this.#context(0)).count >= cardinality
  }

  trials(options: TrialsOptions): Trials {
    this.#checkWritable('give trials')
    return trialsOf(this, options)
  }

  async run(evaluate: Evaluate, given: StudyRunOptions): Promise<StudyReport> {
    this.#checkWritable('be run')
    checkOptions('run', { evaluate }, { evaluate: rule.fn() })
    checkOptions('run', given, { ...runRules, parallel: rule.optional(rule.int(1, 10_000)) })
    const { parallel, ...options } = given
    const slots = parallel === undefined ? {} : { slots: parallel }
    const executor = inlineExecutor(async (...trial) => outcomeOf(await evaluate(...trial), this), slots)
    return await runStudy(this, executor, options)
  }

  ask(budget?: number): Trial {
    this.#checkWritable('be asked')
    this.#checkAlive()
    if (budget !== undefined && !(typeof budget === 'number' && budget >= 0)) {
      throw unusableNumbers('ask: budget', 'a number from 0', budget)
    }
    this.#budget = budget ?? this.#budget
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

  release(number: number): void {
    this.#checkWritable('release a trial')
    const trial = this.#pending.get(number) ?? this.#pendingTrial(number)
    if (this.#again.includes(trial)) return
    this.#reports.take(number)
    this.#again.push(trial)
    this.#again.sort((a, b) => a.number - b.number)
  }

  report(number: number, step: number, value: number): PruneDecision {
    this.#pendingTrial(number)
    const reports = this.#reports.add(number, { step, value })
    if (!this.pruner) return goOn('the study has no pruner')
    const objective = this.objectives[0] as Objective
    return this.pruner.decide(reports, this.#reports.contextOf(number, objective, this.finished))
  }

  async tell(number: number, told: Told): Promise<void> {
    this.#checkWritable('be told')
    const outcome = outcomeOf(told, this)
    if (this.#wasTold(number, outcome)) return await this.#writing.get(number)
    const trial = this.#pendingTrial(number)
    checkOutcome(number, this, outcome)
    const seconds = this.#secondsOf(number)
    const { values, attributes = null, repeated } = outcome
    await this.#end(trial, { type: 'tell', number, values, attributes, ...(repeated && { repeated }), seconds })
    this.#emit('ml.trial-told', { trial: number }, { seconds })
  }

  async tellMany(outcomes: readonly NumberedOutcome[]): Promise<void> {
    this.#checkWritable('be told')
    checkOptions('tellMany', { outcomes }, { outcomes: outcomesRule })
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
    checkOptions('prune', { because }, { because: rule.text() })
    const trial = this.#pendingTrial(number)
    const seconds = this.#secondsOf(number)
    const step = this.#reports.of(number).at(-1)?.step ?? 0
    await this.#end(trial, { type: 'prune', number, because, seconds })
    this.#emit('ml.trial-pruned', { trial: number }, { seconds, step })
  }

  best(): ExpectedTrial | undefined {
    return this.#findings.best
  }

  front(): ExpectedTrial[] {
    return [...this.#findings.front]
  }

  observedBest(): FinishedTrial | undefined {
    return this.#best
  }

  observedFront(): FinishedTrial[] {
    const complete = this.finished.filter((one) => one.state === 'complete' && violationOf(one, this.limits) === 0)
    return paretoFront(complete, this.objectives)
  }

  importance(options: ImportanceOptions = {}): Importance[] {
    return this.#findings.importance(options)
  }

  explain(): Explanation {
    if (this.#readOnly) return this.#findings.explain(undefined)
    const { name, explain } = this.sampler
    return this.#findings.explain(explain?.call(this.sampler, this.#context(this.#asked)) ?? `the sampler is ${name}`)
  }

  minibatches<E>(examples: readonly E[], size: number): PairedExample<E>[][] {
    return minibatchesOf(examples, { size, seed: this.seed })
  }

  /** Writes what the study begins or goes on with. A failure is kept, so that nobody has to wait for it. */
  append(record: Json): Promise<void> {
    const written = (async () => await this.#journal?.append(record))()
    written.catch((cause) => {
      this.#failure ??= cause
    })
    return written
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
    const random = this.#random.fork(`ask/${number}`)
    const budget = this.#budget === undefined ? {} : { budget: this.#budget }
    return { space, objectives, limits, finished, pending, seed, random, ...budget }
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

  #wasTold(number: number, { values, attributes = null, repeated }: TrialOutcome): boolean {
    if (this.#pending.has(number) || number >= this.#asked) return false
    const told = this.#finishedTrial(number)
    if (told?.state !== 'complete') return false
    return isDeepStrictEqual([told.values, told.attributes, told.repeated], [values, attributes, repeated])
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
    this.#checkWritable('change its trials')
    this.#checkAlive()
    const trial = this.#pending.get(number)
    if (trial) return trial
    const told = this.#finishedTrial(number)
    throw told ? trialAlreadyTold(this.id, number, told.state) : unknownTrial(this.id, number)
  }

  #checkWritable(what: string): void {
    if (this.#readOnly) throw studyReadOnly(this.id, what)
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

/**
 * Pipelines: stages over any iterable, each of which holds a bounded number of items, so that a slow one slows down those
 * before it and never fills the memory.
 *
 * The plumbing is our own. What libraries offer gives a bound or an order but not both with a choice of what a failure does, sets timers on
 * the machine's clock, and leaves the source open or work running when somebody stops iterating.
 */

import {
  type Clock,
  checkOptions,
  definedOptions,
  type Random,
  rule,
  seededRandom,
  silentTelemetry,
  systemClock,
  type Telemetry,
  unknownName,
} from '@mabeam/foundation'
import type { Program, ProgramOutputs } from '../programs/program.ts'
import { isProgram } from '../programs/program-walk.ts'
import type { Result } from '../programs/result.ts'
import { type RunOptions, runRules } from '../programs/run-options.ts'
import { tooManyItems } from './errors.ts'
import { ItemCalls, type ItemFunction, type ItemOutcome } from './item-call.ts'
import { PipelineRun } from './pipeline-run.ts'
import { dropped } from './ready-queue.ts'
import type { Stage, StageCounts } from './stage.ts'
import {
  bufferMax,
  type KeepingStageOptions,
  type PlainStageOptions,
  type StageOptions,
  stageSettings,
  stagesMax,
} from './stage-options.ts'
import { Batches } from './stages/batches.ts'
import { Flat } from './stages/flat.ts'
import { Lanes, type LanesOptions } from './stages/lanes.ts'
import { Pace } from './stages/pace.ts'
import type { PipelineSource } from './stages/source.ts'

/** Where a pipeline runs. */
export interface PipelineOptions {
  /** In events and errors. @default 'pipeline' */
  readonly name?: string
  readonly signal?: AbortSignal
  /** How long a run that has stopped waits for what is under way and for its source to close. @default 1_000 */
  readonly closeTimeoutMs?: number
  /** Limits, batches, rates and tries. @default systemClock */
  readonly clock?: Clock
  /** The jitter of tries. @default seededRandom('pipeline') */
  readonly random?: Random
  /** @default silentTelemetry */
  readonly telemetry?: Telemetry
}

/** Defaults of {@link PipelineOptions}; a random of its own is made for each pipeline. */
export const pipelineDefaults = {
  name: 'pipeline',
  closeTimeoutMs: 1_000,
  clock: systemClock,
  telemetry: silentTelemetry,
} as const satisfies PipelineOptions

/** What a program in a stage is run with, beside the signal of the pipeline. */
export interface ProgramStageOptions {
  /** @default those of the run around the pipeline */
  readonly run?: Omit<RunOptions, 'signal'>
}

/** How `batch` groups. */
export interface BatchOptions {
  readonly name?: string
  /** A batch that is not full is given when its first item has waited so long. @default Infinity */
  readonly withinMs?: number
}

/** How `rateLimit` paces. */
export interface RateOptions {
  readonly name?: string
  readonly perSec: number
  /** Items at once after a pause. Timers wait whole milliseconds: with 1, rates above some 200 a second are not reached. @default 1 */
  readonly burst?: number
}

/** How `collect` gathers. */
export interface CollectOptions {
  /** One more item rejects. @default 1_000_000 */
  readonly max?: number
}

export const collectDefaults = { max: 1_000_000 } as const satisfies CollectOptions

/** A program that takes such items. */
type ProgramOf<T> = Program & { readonly forward: (inputs: T) => Promise<unknown> }

/**
 * A description: a source and stages, which each method that adds one leaves as they are. Every iteration is a run of its own.
 *
 * Nothing is read before the first item is wanted; then each stage reads on by itself, up to its bound: `concurrency + buffer` items in a
 * stage with a function, one batch, one item. A stage that stops the pipeline does so at once: no item is begun any more, what is under way
 * is aborted, and what was done but not yet taken is not given.
 */
export class Pipeline<T> implements AsyncIterable<T> {
  readonly #source: PipelineSource<unknown>
  readonly #options: PipelineOptions
  readonly #stages: readonly Stage[]

  constructor(source: PipelineSource<unknown>, options: PipelineOptions, stages: readonly Stage[] = []) {
    this.#source = source
    this.#options = options
    this.#stages = stages
  }

  /** What a function, or a program, makes of each item. */
  map<P extends ProgramOf<T>>(
    program: P,
    options: KeepingStageOptions & ProgramStageOptions,
  ): Pipeline<ItemOutcome<T, Result<ProgramOutputs<P>>>>
  map<P extends ProgramOf<T>>(
    program: P,
    options?: PlainStageOptions & ProgramStageOptions,
  ): Pipeline<Result<ProgramOutputs<P>>>
  map<U>(run: ItemFunction<T, U>, options: KeepingStageOptions): Pipeline<ItemOutcome<T, U>>
  map<U>(run: ItemFunction<T, U>, options?: PlainStageOptions): Pipeline<U>
  map(work: ItemFunction<T, unknown> | Program, options: StageOptions & ProgramStageOptions = {}): Pipeline<unknown> {
    const { run, ...own } = runOf(options)
    const misplaced = Object.keys(own).find((name) => Object.hasOwn(runRules, name))
    if (misplaced !== undefined) throw unknownName('map', 'option', misplaced, [`run.${misplaced}`])
    return this.#worked('map', functionOf(work as ItemFunction<unknown, unknown> | Program, run), { options: own })
  }

  /** The items for which `test` gives true. */
  filter<S extends T>(test: (item: T) => item is S, options?: PlainStageOptions): Pipeline<S>
  filter(test: ItemFunction<T, boolean>, options?: PlainStageOptions): Pipeline<T>
  filter(test: ItemFunction<T, boolean>, options: PlainStageOptions = {}): Pipeline<T> {
    const passed = (outcome: unknown, item: unknown) => (outcome ? item : dropped)
    return this.#worked('filter', test as ItemFunction<unknown, unknown>, { options, lanes: { passed } }) as Pipeline<T>
  }

  /** All of what `unfold` gives for each item, one after the other, read as it is wanted. */
  flatMap<U>(
    unfold: ItemFunction<T, Iterable<U> | AsyncIterable<U>>,
    options: KeepingStageOptions,
  ): Pipeline<ItemOutcome<T, Awaited<U>>>
  flatMap<U>(unfold: ItemFunction<T, Iterable<U> | AsyncIterable<U>>, options?: PlainStageOptions): Pipeline<Awaited<U>>
  flatMap(unfold: ItemFunction<T, unknown>, options: StageOptions = {}): Pipeline<unknown> {
    const passed = (outcome: unknown, item: unknown, index: number) => ({ outcome, item, index })
    const lanes = { passed, countsOut: false }
    return this.#worked('flatMap', unfold as ItemFunction<unknown, unknown>, { options, lanes, flat: true })
  }

  /** The same items, each after `look` has seen it. */
  tap(look: ItemFunction<T, unknown>, options: PlainStageOptions = {}): Pipeline<T> {
    const passed = (_: unknown, item: unknown) => item
    return this.#worked('tap', look as ItemFunction<unknown, unknown>, { options, lanes: { passed } }) as Pipeline<T>
  }

  /** Items in groups of `size`; the last one may be smaller, and those that waited for `withinMs`. */
  batch(size: number, options: BatchOptions = {}): Pipeline<T[]> {
    checkOptions('batch', { size }, { size: rule.int(1, bufferMax) })
    checkOptions('batch', options, {
      name: rule.optional(rule.string()),
      withinMs: rule.optional(rule.number(0)),
    })
    const { withinMs = Number.POSITIVE_INFINITY } = options
    return this.#with(options.name ?? this.#nameOf('batch'), (before, scope, counts) => {
      return new Batches(before, scope, { counts, bounds: { size, withinMs } })
    })
  }

  /** The same items, at most `perSec` a second, and `burst` at once after a pause. */
  rateLimit(options: RateOptions): Pipeline<T> {
    checkOptions('rateLimit', options, {
      name: rule.optional(rule.string()),
      perSec: rule.number(1e-6, 1e9),
      burst: rule.optional(rule.int(1)),
    })
    const { perSec, burst = 1 } = options
    return this.#with(options.name ?? this.#nameOf('rateLimit'), (before, scope, counts) => {
      return new Pace(before, scope, { counts, bounds: { perSec, burst } })
    })
  }

  /**
   * A run, whose counts can be looked at while it goes on. It is closed by iterating it to the end or leaving the loop, or by disposing it.
   *
   * @example await using run = rows.start(); for await (const row of run) console.log(row, run.stages)
   */
  start(): PipelineRun<T> {
    const { signal, random = seededRandom('pipeline'), ...options } = this.#options
    const settings = { ...pipelineDefaults, ...definedOptions(options), random }
    return new PipelineRun<T>({ ...settings, source: this.#source, stages: this.#stages, signal })
  }

  /** A run; leaving the loop closes it. Throws: as `PipelineRun.next`. */
  [Symbol.asyncIterator](): PipelineRun<T> {
    return this.start()
  }

  /** All that comes out. Throws: as `run`; `dspx/pipeline-too-many-items`. */
  async collect(options: CollectOptions = {}): Promise<T[]> {
    checkOptions('collect', options, { max: rule.optional(rule.int(0)) })
    const { max = collectDefaults.max } = options
    const items: T[] = []
    for await (const item of this) {
      if (items.length >= max) throw tooManyItems(this.#options.name ?? pipelineDefaults.name, max)
      items.push(item)
    }
    return items
  }

  /**
   * Gives all that comes out to `sink`, one after the other, and counts.
   *
   * Throws: what a stage, the source or `sink` failed with: errors of ours by their own codes, those of a stage with the place as
   * `data.item` (`{ pipeline, stage, index }`); others as cause of `dspx/pipeline-item-failed` and `dspx/pipeline-source-failed`; `signal.reason`.
   */
  async run(sink: (item: T) => unknown = () => {}): Promise<readonly StageCounts[]> {
    checkOptions('run', { sink }, { sink: rule.fn() })
    const run = this.start()
    for await (const item of run) await sink(item)
    return run.stages
  }

  #worked(
    kind: string,
    run: ItemFunction<unknown, unknown>,
    of: { readonly options: StageOptions; readonly lanes?: LanesOptions; readonly flat?: true },
  ): Pipeline<unknown> {
    const mayKeep = kind === 'map' || kind === 'flatMap'
    if (typeof run !== 'function') checkOptions(kind, { run }, { run: rule.fn() })
    const settings = stageSettings(kind, of.options, mayKeep ? ['stop', 'skip', 'keep'] : ['stop', 'skip'])
    return this.#with(of.options.name ?? this.#nameOf(kind), (before, scope, counts) => {
      const calls = new ItemCalls(run, scope, { counts, settings })
      const lanes = new Lanes(before, calls, of.lanes)
      return of.flat ? new Flat(lanes, calls) : lanes
    })
  }

  #with<U>(name: string, open: Stage['open']): Pipeline<U> {
    const known = this.#stages.map((stage) => stage.name)
    const expected = known.includes(name) ? 'a name of its own' : `at most ${stagesMax} stages`
    const fits = (got: unknown) => !known.includes(String(got)) && known.length < stagesMax
    checkOptions('pipeline', { stage: name }, { stage: { expected, test: fits, optional: false } })
    return new Pipeline<U>(this.#source, this.#options, [...this.#stages, { name, open }])
  }

  #nameOf(kind: string): string {
    return `${kind}-${this.#stages.length + 1}`
  }
}

/**
 * A pipeline over any iterable: arrays, generators, streams, what `loadDataset` gives.
 *
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`, as do its methods.
 * @example
 * const routed = pipeline(mails)
 *   .map((mail) => ({ mail }))
 *   .map(triage, { concurrency: 50, errors: 'skip', run: { lm } })
 *   .batch(100, { withinMs: 1_000 })
 * for await (const rows of routed) await store(rows)
 */
export function pipeline<T>(source: PipelineSource<T>, options: PipelineOptions = {}): Pipeline<T> {
  const expected = 'an iterable that is no text, or a function that opens one'
  checkOptions('pipeline', { source }, { source: { expected, test: isSource, optional: false } })
  checkOptions('pipeline', options, {
    name: rule.optional(rule.string()),
    signal: rule.optional(rule.signal()),
    closeTimeoutMs: rule.optional(rule.number(0)),
    clock: rule.optional(rule.having('setTimer', 'monotonicMs')),
    random: rule.optional(rule.having('next')),
    telemetry: rule.optional(rule.having('emit')),
  })
  return new Pipeline<T>(source as PipelineSource<unknown>, definedOptions(options))
}

function isSource(source: unknown): boolean {
  if (typeof source === 'function') return true
  if (typeof source !== 'object' || source === null) return false
  return Symbol.asyncIterator in source || Symbol.iterator in source
}

/** Options of `map`, before they are taken apart. */
function runOf(options: StageOptions & ProgramStageOptions): StageOptions & ProgramStageOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) checkOptions('map', options, {})
  return options
}

function functionOf(
  work: ItemFunction<unknown, unknown> | Program,
  run: ProgramStageOptions['run'],
): ItemFunction<unknown, unknown> {
  if (!isProgram(work)) return work
  return (item, { signal }) => work.run(item as never, { ...run, signal })
}

/**
 * The run that code belongs to, across awaits: its options reach inner programs without being handed on. One
 * `AsyncLocalStorage` for the process, also when two copies of this package are loaded, as foundation has it.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { checkOptions, rule } from '@mabeam/foundation'
import type { LanguageModel } from '../models/language-model.ts'
import type { Demo } from '../signatures/signature.ts'
import type { InnerRuns } from './inner-runs.ts'
import type { Meter } from './meter.ts'
import type { Program } from './program.ts'
import { checkSettings } from './program-variables.ts'
import { isPredictor, nameOf } from './program-walk.ts'
import type { AskedRow } from './row-demos.ts'
import { type RunOptions, runOptionsIn, runRules } from './run-options.ts'
import type { TakePart } from './stream-part.ts'

/** Options in force, and whose run it is. */
export interface Run extends RunOptions {
  /** `steps` puts a `reasoning` output before the others. */
  readonly reasoning?: 'none' | 'steps'
  /** How many demonstrations predictors show at most. */
  readonly demosMax?: number
  /** What all predictors are told behind their instructions. */
  readonly advice?: string
  /** Demonstrations that one predictor shows behind its own. */
  readonly shown?: { readonly to: Program; readonly demos: readonly Demo[] }
  /** The program that runs; undefined inside `withRun` alone. */
  readonly program?: Program
  readonly meter?: Meter
  /** The row of a data set that is asked about: no predictor is shown a demonstration of it. */
  readonly row?: AskedRow | undefined
  /** What runs inside of it. */
  readonly inner?: InnerRuns
  /** Stands for every model, by its id: then none is asked. */
  readonly preview?: (modelId: string) => LanguageModel
  /** Takes what all predictors in the run tell on their way; then models are asked for streams. */
  readonly onPart?: TakePart | undefined
}

/** The run this code belongs to. */
export function currentRun(): Run | undefined {
  return storage.getStore()
}

/**
 * The options of the run this code belongs to, as `forward`, a search or a tool may need them: the signal, the seed. The signal aborts
 * with that of the caller, and when the run fails, or ends while inner runs are at work.
 *
 * @example async forward({ url }: { url: string }) { return { page: await read(url, currentRunOptions().signal) } }
 */
export function currentRunOptions(): RunOptions {
  return runOptionsIn(storage.getStore() ?? {})
}

/** Runs `code` as part of a run. */
export function enterRun<T>(run: Run, code: () => T): T {
  return storage.run(run, code)
}

/**
 * Lets every program that `code` runs ask this model, but for those that name their own.
 *
 * @example await withLm(openai('gpt-4.1-mini'), () => rag.run({ question }))
 */
export function withLm<T>(lm: LanguageModel | string, code: () => T): T {
  checkOptions('withLm', { lm, code }, { lm: { ...runRules.lm, optional: false }, code: rule.fn() })
  return storage.run({ ...storage.getStore(), lm }, code)
}

/**
 * Runs `code` as part of no run: what it begins goes on when the run around ends, has none of its options (model, budget, signal),
 * and is counted by nobody but itself. Whoever calls it looks after its end.
 *
 * @example withoutRun(() => audit.run({ answer }, { lm, budget })).catch(report)
 */
export function withoutRun<T>(code: () => T): T {
  checkOptions('withoutRun', { code }, { code: rule.fn() })
  return storage.run(undefined, code)
}

/** `target` with what the sources say, the later ones first; what is `undefined` says nothing. */
export function overlaid(target: Run | undefined, ...sources: readonly object[]): Run {
  const run: { [key: string]: unknown } = { ...target }
  for (const source of sources) {
    for (const key of Object.keys(source)) {
      const value = Reflect.get(source, key)
      if (value !== undefined) run[key] = value
    }
  }
  return run
}

/** What a program says itself about how it is run: its settings, then the options a predictor was made with. */
export function ownOptions(program: Program): Run {
  const own = settingsOptions(program)
  return isPredictor(program) ? overlaid(own, program.options) : own
}

function settingsOptions(program: Program): Run {
  const own: { [key: string]: unknown } = {}
  if (!checked.has(program.settings)) {
    checkSettings(nameOf(program), program.settings)
    checked.add(program.settings)
  }
  for (const name of Object.keys(program.settings)) {
    const option = settingOption[name as keyof typeof settingOption]
    if (option !== undefined) own[option] = program.settings[name]
  }
  return own
}

/** Settings whose reserved names have been seen to have a meaning. */
const checked = new WeakSet<object>()

const settingOption = {
  model: 'lm',
  adapter: 'adapter',
  reasoning: 'reasoning',
  temperature: 'temperature',
  demos: 'demosMax',
} as const

const key: unique symbol = Symbol.for('mabeam.lm-run.1')
const storage = storageOfProcess()

function storageOfProcess(): AsyncLocalStorage<Run | undefined> {
  const holder = globalThis as { [key]?: AsyncLocalStorage<Run | undefined> }
  holder[key] ??= new AsyncLocalStorage<Run | undefined>()
  return holder[key]
}

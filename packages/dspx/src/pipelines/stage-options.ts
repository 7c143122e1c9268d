/** How stages are told to work. */

import { checkOptions, checkRetryPolicy, definedOptions, type RetryPolicy, rule } from '@mabeam/foundation'

/** What is done when an item fails for good: the pipeline stops with its error, or the item is left out, counted and told of. */
export type StopOrSkip = 'stop' | 'skip'

/** How a stage with a function works. */
export interface StageOptions {
  /** What it is called in counts, events and errors; no two of a pipeline alike. @default its kind and place: `map-1` */
  readonly name?: string
  /** Items at work at once. @default 1 */
  readonly concurrency?: number
  /** Items that have run and wait for one before them or to be taken, beyond those at work. @default as many as `concurrency` */
  readonly buffer?: number
  /** Whether results keep the order of the items; without it they come as they are done. @default true */
  readonly ordered?: boolean
  /** @default 'stop' */
  readonly errors?: StopOrSkip | 'keep'
  /** Failed items that are borne, with `skip` or `keep`; one more stops the pipeline. @default Infinity */
  readonly failuresMax?: number
  /** Failures that its counts tell one by one, the first ones: where, the code and the message. @default 10 */
  readonly failuresKept?: number
  /** Further tries of an item that failed. @default none */
  readonly retry?: RetryPolicy
  /** Which failures another try may mend. @default errors that say `retryable`, those of busy models among them */
  readonly retryIf?: (error: unknown) => boolean
  /** The most a try may take. @default Infinity */
  readonly timeoutMs?: number
}

/** Failed items are left out or stop all. */
export interface PlainStageOptions extends StageOptions {
  readonly errors?: StopOrSkip
}

/** Failed items go on as values that say so. */
export interface KeepingStageOptions extends StageOptions {
  readonly errors: 'keep'
}

/** The most items at work at once in a stage. */
export const concurrencyMax = 100_000
/** The most items a stage keeps beyond those at work, and the largest batch. */
export const bufferMax = 1_000_000
/** The most failures that a stage tells one by one. */
export const failuresKeptMax = 10_000
/** The most stages of a pipeline. */
export const stagesMax = 100

export const stageDefaults = {
  concurrency: 1,
  ordered: true,
  errors: 'stop',
  failuresMax: Number.POSITIVE_INFINITY,
  failuresKept: 10,
  retry: { attemptsMax: 1 },
  timeoutMs: Number.POSITIVE_INFINITY,
} as const satisfies StageOptions

/** Options with everything decided. */
export type StageSettings = Required<Omit<StageOptions, 'name' | 'retryIf'>> & Pick<StageOptions, 'retryIf'>

/** Throws `foundation/invalid-option`, `foundation/unknown-name`. */
export function stageSettings(owner: string, options: StageOptions, policies: readonly string[]): StageSettings {
  checkOptions(owner, options, { ...stageRules, errors: rule.optional(rule.oneOf(policies)) })
  if (options.retry !== undefined) checkRetryPolicy(options.retry)
  const { concurrency = stageDefaults.concurrency } = options
  return { ...stageDefaults, buffer: concurrency, ...definedOptions(options) }
}

const stageRules = {
  name: rule.optional(rule.string()),
  concurrency: rule.optional(rule.int(1, concurrencyMax)),
  buffer: rule.optional(rule.int(0, bufferMax)),
  ordered: rule.optional(rule.boolean()),
  failuresMax: rule.optional(rule.number(0)),
  failuresKept: rule.optional(rule.int(0, failuresKeptMax)),
  retry: rule.optional(rule.object()),
  retryIf: rule.optional(rule.fn()),
  timeoutMs: rule.optional(rule.number(1)),
}

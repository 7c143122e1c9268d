/** How patient calls of models are: the same options and defaults in every command and in `optimizeProgram`. */

import { evaluateDefaults, type ModelsOptions } from '@mabeam/dspx'
import { checkOptions, rule } from '@mabeam/foundation'
import type { Command } from 'commander'
import { integer } from './commands/option-value.ts'
import { picked } from './picked.ts'

/** Patience with providers, and how long their answers may be. A study keeps them; a resumed one may be given others. */
export interface ModelCallOptions {
  /** How long one try of a call may take. @default 60_000 */
  readonly timeoutMs?: number
  /** How often a call is tried again after 429, 5xx, no connection or no answer in time, with growing delays. @default 5 */
  readonly retries?: number
  /**
   * The most tokens of an answer; a limit of tokens or money sets as much aside for each call of a model.
   * @default the provider's own, 8,192 under such a limit
   */
  readonly maxOutputTokens?: number
}

/** As they come from the command line. */
export type ModelCallFlags = Required<Pick<ModelCallOptions, 'timeoutMs' | 'retries'>> &
  Pick<ModelCallOptions, 'maxOutputTokens'>

export const modelCallDefaults = { timeoutMs: 60_000, retries: 5 } as const satisfies ModelCallOptions

const timeoutMsMax = 3_600_000
const retriesMax = 100
const outputTokensMax = 10_000_000

/** Throws `foundation/invalid-option`, `foundation/unknown-name`. */
export function checkModelCalls(owner: string, options: ModelCallOptions): void {
  checkOptions(owner, options, {
    timeoutMs: rule.optional(rule.int(1, timeoutMsMax)),
    retries: rule.optional(rule.int(0, retriesMax)),
    maxOutputTokens: rule.optional(rule.int(1, outputTokensMax)),
  })
}

/** The part of the options of `createModels` that says so. */
export function modelPatience(options: ModelCallOptions): Pick<ModelsOptions, 'timeoutMs' | 'retry'> {
  const { timeoutMs, retries } = { ...modelCallDefaults, ...options }
  return { timeoutMs, retry: { attemptsMax: retries + 1 } }
}

/** The part of the options of `bind` and `optimize` that says how long answers may be. */
export function answerLength(options: ModelCallOptions): Pick<ModelCallOptions, 'maxOutputTokens'> {
  return picked(options, ['maxOutputTokens'])
}

/** Failed calls that scoring some rows bears: where all fail, nothing was measured. */
export function failedCallsMax(rows: number): number {
  return Math.min(evaluateDefaults.errorsMax, rows - 1)
}

/** Adds `--timeout-ms`, `--retries` and `--max-output-tokens` to a command. */
export function withModelCallFlags(command: Command): Command {
  const { timeoutMs, retries } = modelCallDefaults
  return command
    .option('--timeout-ms <ms>', 'how long one try of a model call may take', integer(1, timeoutMsMax), timeoutMs)
    .option('--retries <n>', 'how often a model call that failed is tried again', integer(0, retriesMax), retries)
    .option(
      '--max-output-tokens <n>',
      "the most tokens of an answer (default: the provider's own; 8192 where tokens or money are limited)",
      integer(1, outputTokensMax),
    )
}

/** One piece of code that a model wrote, and what came of it; counted among the attempts where it failed. */

import { noUsage } from '../models/usage.ts'
import type { Predict } from '../programs/predictor.ts'
import { detailsOf } from '../programs/result.ts'
import { currentRun } from '../programs/run-context.ts'
import type { SandboxOutcome } from '../sandbox/sandbox-outcome.ts'

/** What code did. */
export interface CodeRun {
  readonly code: string
  /** What it printed, up to a limit, and how many characters there were beyond it. */
  readonly printed: string
  readonly printedOmitted: number
  /** Why it gave no outputs; absent for one that did, or was not to. */
  readonly fault?: string
}

/** Tells the run that what a predictor wrote did not do; `isAsked` where it is asked again. */
export function countFault(by: Predict, result: object, { fault, isAsked }: { fault: string; isAsked: boolean }): void {
  const modelId = detailsOf(result)?.attempts.at(-1)?.modelId ?? ''
  currentRun()?.meter?.count({
    by,
    what: {
      predictor: by.programName,
      adapter: 'sandbox',
      modelId,
      outcome: 'unreadable',
      error: { code: 'dspx/code-failed', message: fault },
      usage: { ...noUsage, retries: isAsked ? 1 : 0 },
    },
  })
}

/** Why code gave nothing. */
export function faultText(outcome: SandboxOutcome): string {
  return outcome.type === 'failed' ? `${faultNames[outcome.reason] ?? ''}${outcome.message}` : 'it gave nothing'
}

const faultNames: { readonly [reason: string]: string } = {
  memory: 'the memory is used up: ',
  broken: 'the sandbox broke: ',
}

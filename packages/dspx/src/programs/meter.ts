/** What one run has cost and asked so far; shared by all questions of the run, which may be asked at the same time. */

import { isMabeamError, type MabeamError } from '@mabeam/foundation'
import { withData } from '../models/errors.ts'
import type { Prompt } from '../models/language-model.ts'
import { addUsage, noUsage, type Usage, usageJson } from '../models/usage.ts'
import type { Values } from '../signatures/signature.ts'

/** One answered question, as bootstrapping and traces need it. */
export interface PredictorTrace {
  readonly predictor: string
  readonly modelId: string
  readonly inputs: Values
  readonly outputs: Values
  /** The prompt of the answer that was read: after a retry it holds the answers that could not be. */
  readonly prompt: Prompt
  /** The answer as the model wrote it. */
  readonly text: string
  readonly usage: Usage
}

/** Counts calls, failed ones too, and keeps answered questions. */
export interface Meter {
  readonly usage: Usage
  readonly trace: readonly PredictorTrace[]
  count(usage: Usage): void
  keep(trace: PredictorTrace): void
}

/** A meter at zero. */
export function newMeter(): Meter {
  let usage = noUsage
  const trace: PredictorTrace[] = []
  return {
    get usage() {
      return usage
    },
    trace,
    count: (more) => {
      usage = addUsage(usage, more)
    },
    keep: (one) => {
      trace.push(one)
    },
  }
}

/** The error with what the run had cost in `data.usage`, where it had cost anything. */
export function metered(error: MabeamError, meter: Meter): MabeamError {
  return meter.usage.calls === 0 ? error : withData(error, { usage: usageJson(meter.usage) })
}

/** The usage of a call that failed: what retries it had, and no tokens that anybody told us of. */
export function usageOfFailure(thrown: unknown): Usage {
  const retries = isMabeamError(thrown) ? thrown.data.retries : undefined
  return { ...noUsage, calls: 1, retries: typeof retries === 'number' ? retries : 0 }
}

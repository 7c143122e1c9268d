/**
 * Proposals that failed because a model did not write them. A tuning bears them: each is counted and told of, and it goes on with what
 * it has. The end of the budget, of the time, an abort, a key that is refused and mistakes of the caller end it.
 */

import { isMabeamError, type MabeamError } from '@mabeam/foundation'
import type { InstructionCandidates, Proposer, ProposerContext, Rewrite, RewriteContext } from './proposer.ts'

/** Failed proposals of a run. Plain JSON. */
export interface FailedProposals {
  readonly count: number
  /** How many by why: the `reason` of a failed call where it has one, else the code of the error. */
  readonly reasons: { readonly [reason: string]: number }
  /** The last of them, in words. */
  readonly last: string
}

/** The failed proposals, and one more. */
export function withFailed(before: FailedProposals | undefined, failure: MabeamError): FailedProposals {
  const { count, reasons }: Omit<FailedProposals, 'last'> = before ?? { count: 0, reasons: {} }
  const reason = reasonOf(failure)
  return {
    count: count + 1,
    reasons: { ...reasons, [reason]: (reasons[reason] ?? 0) + 1 },
    last: failure.message.slice(0, messageCharsMax),
  }
}

/** Why a proposal failed, in a word. */
export function reasonOf({ code, data }: MabeamError): string {
  return typeof data.reason === 'string' ? data.reason : code
}

const messageCharsMax = 500

/** Instructions of a proposer; the base alone where that fails in a way that is borne. */
export async function proposed(proposer: Proposer, context: ProposerContext): Promise<InstructionCandidates> {
  try {
    return await proposer.propose(context)
  } catch (thrown) {
    bear(thrown, context)
    return { base: context.signature.instructions }
  }
}

/** Rewritten instructions of a proposer; none where that fails in a way that is borne. */
export async function rewritten(proposer: Proposer, context: RewriteContext): Promise<readonly Rewrite[]> {
  try {
    return await proposer.rewrite(context)
  } catch (thrown) {
    bear(thrown, context)
    return []
  }
}

/** Who is told, and whose abort is no failure. */
type Bearing = { readonly [key in 'signal' | 'onFailed']?: ProposerContext[key] | undefined }

/** Tells of a failure that is borne. Throws any other, and any where nobody is told. */
export function bear(thrown: unknown, { signal, onFailed }: Bearing): void {
  signal?.throwIfAborted()
  const failure = failureBehind(thrown)
  if (onFailed === undefined || failure === undefined) throw thrown
  onFailed(failure)
}

/** The failure of a model that is borne: the value itself, or what a proposer has wrapped. */
function failureBehind(thrown: unknown): MabeamError | undefined {
  let error = thrown
  for (let depth = 0; depth < causesMax && error instanceof Error; depth++) {
    if (isMabeamError(error) && borne.has(error.code)) return isKeyRefused(error) ? undefined : error
    if (isMabeamError(error) && error.code !== 'dspx/program-failed') return undefined
    error = error.cause
  }
  return undefined
}

/** Every other proposal would fail in the same way. Of several models one with another reason may answer the next time. */
function isKeyRefused({ data: { reason, failedModels } }: MabeamError): boolean {
  const reasons = Array.isArray(failedModels) ? failedModels.map((one) => Object(one).reason) : [reason]
  return reasons.every((one) => one === 'authentication')
}

/** The most errors that are looked through, each the cause of the one before. */
const causesMax = 16

const borne: ReadonlySet<string> = new Set([
  'dspx/model-failed',
  'dspx/model-timeout',
  'dspx/stream-broken',
  'dspx/no-model-answered',
  'dspx/too-many-waiting',
  'dspx/unparsable-answer',
])

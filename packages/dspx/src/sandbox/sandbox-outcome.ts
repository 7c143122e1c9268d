/** How a piece of code ended. */

import type { Json } from '@mabeam/foundation'
import { plainData } from './plain-data.ts'
import { valueDepthMax } from './sandbox-limits.ts'
import type { SandboxFault, SandboxReport } from './sandbox-message.ts'

/** How one piece of code ended. An `Error` that it threw is a `failed` with its name and message. */
export type SandboxOutcome = {
  /** What it printed (`print`, `console.log`), up to the limit. */
  readonly printed: string
  /** The characters printed beyond it. */
  readonly printedOmitted: number
} & (
  | { readonly type: 'value'; readonly value: Json | undefined }
  | {
      readonly type: 'failed'
      readonly reason: SandboxFault
      readonly message: string
      /** True where what the sandbox held is gone: the next run begins with nothing. Code that was stopped in time leaves it as it is. */
      readonly isStateLost: boolean
    }
)

/** The outcome that a thread reports; its value is checked anew on this side. */
export function outcomeOf(report: SandboxReport & { type: 'ended' }, valueCharsMax: number): SandboxOutcome {
  const { printed, printedOmitted, json, fault, message = '', isUnstoppable = false } = report
  if (fault !== undefined) return { ...failed(fault, message, isUnstoppable), printed, printedOmitted }
  if (json === undefined) return { type: 'value', value: undefined, printed, printedOmitted }
  const copied = plainData(JSON.parse(json), { depthMax: valueDepthMax, partsMax: valueCharsMax })
  if (copied.type === 'refused') return { ...failed('value', `the value: ${copied.reason}`), printed, printedOmitted }
  return { type: 'value', value: copied.json, printed, printedOmitted }
}

/** After these nothing in the sandbox can be relied on. */
const losses: ReadonlySet<SandboxFault> = new Set<SandboxFault>(['memory', 'broken'])

/** A failure of which no more is known. */
export function failed(
  reason: SandboxFault,
  message: string,
  isStateLost = losses.has(reason),
): SandboxOutcome & { type: 'failed' } {
  return {
    type: 'failed',
    reason,
    message,
    isStateLost: isStateLost || losses.has(reason),
    printed: '',
    printedOmitted: 0,
  }
}

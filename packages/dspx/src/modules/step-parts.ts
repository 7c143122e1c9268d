/** What a step tells on its way to whoever streams the run. */

import type { StreamPart } from '../models/language-model.ts'
import { currentRun, enterRun } from '../programs/run-context.ts'
import type { TakePart } from '../programs/stream-part.ts'
import { finishName } from '../tools/tool.ts'
import type { MadeCall } from '../tools/tool-call.ts'

/** Which step tells, of whom. */
export interface StepPlace {
  /** The predictor. */
  readonly by: object
  /** From 0. */
  readonly step: number
}

/** Runs `code` so that the text of fields says which step it belongs to. */
export function inStep<T>(step: number, code: () => T): T {
  const run = currentRun()
  const onPart = run?.onPart
  if (onPart === undefined) return code()
  return enterRun({ ...run, onPart: (part) => onPart(part.type === 'text' ? { ...part, step } : part) }, code)
}

/**
 * Makes parts of a step of the parts of a model's stream: text, reasoning, and each call of a tool where it begins. What a model
 * says that was given tools and tells that it has none is not told: it is asked anew.
 */
export function calledParts(onPart: TakePart, place: StepPlace): (part: StreamPart) => Promise<void> | undefined {
  const begun = new Set<string>()
  let calls = 0
  let isWithoutTools = false
  const called = (id: string, tool: string) => {
    if (begun.has(id)) return undefined
    begun.add(id)
    return tool === finishName ? undefined : onPart({ type: 'tool-call', ...place, call: calls++, tool })
  }
  return (part) => {
    switch (part.type) {
      case 'stream-start':
        isWithoutTools = part.warnings.some(saysWithoutTools)
        return undefined
      case 'text-delta':
      case 'reasoning-delta': {
        if (isWithoutTools || part.delta === '') return undefined
        const type = part.type === 'text-delta' ? 'step-text' : 'step-reasoning'
        return onPart({ type, ...place, text: part.delta })
      }
      case 'tool-input-start':
        return part.providerExecuted ? undefined : called(part.id, part.toolName)
      case 'tool-call':
        return part.providerExecuted ? undefined : called(part.toolCallId, part.toolName)
      default:
        return undefined
    }
  }
}

/** Tells that a call begins; for steps in words, whose calls nobody has told of. */
export async function tellCall({ by, step }: StepPlace, call: number, tool: string): Promise<void> {
  await currentRun()?.onPart?.({ type: 'tool-call', by, step, call, tool })
}

/** Tells how a call went. */
export async function tellResult({ by, step }: StepPlace, call: number, made: MadeCall): Promise<void> {
  await currentRun()?.onPart?.({ type: 'tool-result', by, step, call, ...made })
}

/** Whether a warning says that the model has no tools. */
export function saysWithoutTools(warning: { readonly type: string; readonly feature?: string }): boolean {
  return warning.type === 'unsupported' && warning.feature === 'tools'
}

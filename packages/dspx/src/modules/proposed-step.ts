/** What a model wants done next, and how it is asked in words. */

import { hasCode, type Json } from '@mabeam/foundation'
import type { Predict } from '../programs/predictor.ts'
import type { Signature, Values } from '../signatures/signature.ts'
import { finishName, type Tool } from '../tools/tool.ts'
import type { AskedCall } from '../tools/tool-call.ts'
import type { AssistantContent } from './step-messages.ts'
import { inStep } from './step-parts.ts'
import { type ReactStep, trajectoryText } from './trajectory.ts'

/** One step that a model wants. */
export interface ProposedStep {
  readonly thought: string
  /** What the model thought before it spoke, where its provider tells. */
  readonly reasoning?: string
  readonly calls: readonly AskedCall[]
  /** True where the model has what it needs. */
  readonly isFinish: boolean
  readonly fault?: string
  /** True where the model was given tools and says that it has none. */
  readonly isWithoutTools?: boolean
  /** The content of the answer, to be handed back; absent where the model was asked in words. */
  readonly said?: AssistantContent
}

/** What a step is asked with. */
export interface StepAsking {
  /** Whose instructions and demonstrations count. */
  readonly act: Predict
  readonly signature: Signature
  readonly tools: readonly Tool[]
  readonly inputs: Values
  readonly steps: readonly ReactStep[]
  readonly trajectoryCharsMax: number
}

/** Asks in words: works with every model. An answer that cannot be read is a step with a fault. Throws what models throw. */
export async function wordedStep({ act, inputs, steps, trajectoryCharsMax }: StepAsking): Promise<ProposedStep> {
  try {
    const {
      thought,
      tool,
      arguments: given,
    } = await inStep(steps.length, () => act.run({ ...inputs, trajectory: trajectoryText(steps, trajectoryCharsMax) }))
    if (tool === finishName) return { thought: String(thought), calls: [], isFinish: true }
    const call = { tool: String(tool), arguments: (given ?? {}) as Json }
    return { thought: String(thought), calls: [call], isFinish: false }
  } catch (thrown) {
    if (!hasCode(thrown, 'dspx/unparsable-answer')) throw thrown
    return { thought: '', calls: [], isFinish: false, fault: `The step could not be read: ${thrown.message}` }
  }
}

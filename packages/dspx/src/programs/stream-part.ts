/** What a streamed run tells on its way: text of fields, and what is said, called and seen in steps. */

import type { CallOutcome, MadeCall } from '../tools/tool-call.ts'

/** More text of an output field. */
export interface FieldText {
  readonly type: 'text'
  /** Where the predictor stands in the program: `query`, `steps.0`. */
  readonly predictor: string
  readonly field: string
  /** What the model wrote since the last part of this field; joined they are the field's text. */
  readonly text: string
  /** From 0. A higher one begins an answer anew: those before it could not be read. */
  readonly attempt: number
  /** From 0: which step of a program that works in steps asked for it. */
  readonly step?: number
}

/** More of what a model says, or thinks before it speaks, in a step that it takes by the tool calls of its provider. */
export interface StepText {
  readonly type: 'step-text' | 'step-reasoning'
  readonly predictor: string
  /** From 0. */
  readonly step: number
  readonly text: string
}

/** A model has begun to call a tool; its arguments may still be on their way. */
export interface StepCall {
  readonly type: 'tool-call'
  readonly predictor: string
  readonly step: number
  /** Its place among the calls of the step, from 0. */
  readonly call: number
  readonly tool: string
}

/** How a call went. Calls of one step are made at once: results come in the order in which they end. */
export interface StepResult {
  readonly type: 'tool-result'
  readonly predictor: string
  readonly step: number
  readonly call: number
  readonly tool: string
  readonly arguments: MadeCall['arguments']
  readonly outcome: CallOutcome
  /** What the model is shown. */
  readonly observation: string
}

/** What comes before the result. */
export type RunPart = FieldText | StepText | StepCall | StepResult

/** A part before somebody knows where its predictor stands. */
export type UnplacedPart<P extends RunPart = RunPart> = P extends RunPart
  ? Omit<P, 'predictor'> & { readonly by: object }
  : never

/** Takes parts as they come; whoever tells them waits for it. */
export type TakePart = (part: UnplacedPart) => Promise<void> | undefined

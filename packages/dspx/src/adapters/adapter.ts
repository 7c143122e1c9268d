/**
 * Adapters: how a signature, its demonstrations and one set of inputs become a prompt, and how an answer becomes
 * outputs again. Pure: an adapter never calls a model, so there is no hidden second call.
 */

import type { ModelCall, Prompt } from '../models/language-model.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'

/** What an adapter asks a model with. */
export interface RenderedPrompt {
  readonly prompt: Prompt
  readonly responseFormat?: NonNullable<ModelCall['responseFormat']>
}

/** The constant part of a prompt (system message and demonstrations), rendered once and asked many times. */
export interface PreparedPrompt {
  /** The prompt for one set of inputs. Cheap: the constant messages are shared and frozen. */
  ask(inputs: Values): RenderedPrompt
}

/** Turns signatures into prompts and answers into outputs. Called by predictors only; stateless, so concurrently too. */
export interface Adapter {
  /** How programs and artefacts name it. */
  readonly name: string
  /** Called once for each signature and demonstrations. */
  prepare(signature: Signature, demos: readonly Demo[]): PreparedPrompt
  /** `prepare(signature, demos).ask(inputs)`, for one question. */
  render(signature: Signature, demos: readonly Demo[], inputs: Values): RenderedPrompt
  /** The outputs in an answer. Throws: `dspx/unparsable-answer` with field, expected and got. */
  parse(signature: Signature, text: string): { [name: string]: unknown }
}

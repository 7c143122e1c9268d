/**
 * Adapters: how a signature, its demonstrations and one set of inputs become a prompt, and how an answer becomes
 * outputs again. Pure: an adapter never calls a model, so there is no hidden second call. One that needs a second
 * question says so (`extraction`), and whoever asks carries it out and counts it.
 */

import type { LanguageModel, ModelCall, Prompt } from '../models/language-model.ts'
import type { Demo, Signature, Values } from '../signatures/signature.ts'
import type { AnswerReader, ReadAnswer } from './answer-reader.ts'

/** What an adapter asks a model with. */
export interface RenderedPrompt {
  readonly prompt: Prompt
  readonly responseFormat?: NonNullable<ModelCall['responseFormat']>
  /** The one tool that an answer is given by; its input is what the adapter reads. */
  readonly tools?: NonNullable<ModelCall['tools']>
  readonly toolChoice?: NonNullable<ModelCall['toolChoice']>
}

/** The constant part of a prompt (system message and demonstrations), rendered once and asked many times. */
export interface PreparedPrompt {
  /** The prompt for one set of inputs. Cheap: the constant messages are shared and frozen. */
  ask(inputs: Values): RenderedPrompt
}

/** A second question: what takes the outputs out of a free answer. */
export interface Extraction {
  readonly rendered: RenderedPrompt
  /** Who answers it. @default the model that gave the free answer */
  readonly model?: LanguageModel
}

/** Turns signatures into prompts and answers into outputs. Called by predictors only; stateless, so concurrently too. */
export interface Adapter {
  /** How programs and artefacts name it. */
  readonly name: string
  /** Called once for each signature and demonstrations. */
  prepare(signature: Signature, demos: readonly Demo[]): PreparedPrompt
  /** `prepare(signature, demos).ask(inputs)`, for one question. */
  render(signature: Signature, demos: readonly Demo[], inputs: Values): RenderedPrompt
  /**
   * The outputs in an answer (of the extraction, where there is one) and what had to be mended to read them.
   * Throws: `dspx/unparsable-answer` with field, expected and got.
   */
  parse(signature: Signature, text: string): ReadAnswer
  /** A reader for one answer that comes piece by piece; the same outputs as `parse` of the whole. */
  reader(signature: Signature): AnswerReader
  /** The second question that `answer` leads to; an adapter without it reads the first answer itself. */
  extraction?(signature: Signature, answer: string): Extraction
}

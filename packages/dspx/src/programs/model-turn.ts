/** One call of a model, whole or as a stream, and how it is counted. */

import { hasCode, isMabeamError } from '@mabeam/foundation'
import type { RenderedPrompt } from '../adapters/adapter.ts'
import { streamBroken } from '../models/errors.ts'
import {
  answerText,
  type LanguageModel,
  type ModelAnswer,
  type ModelCall,
  type StreamPart,
} from '../models/language-model.ts'
import { budgeted } from '../models/middleware/budget.ts'
import { receivedText } from '../models/received-text.ts'
import { answerCollector } from '../models/streamed-answer.ts'
import { answerMetadata, noUsage, retriedAfterIn, type Usage, usageOf } from '../models/usage.ts'
import { type Attempt, faultOf, usageOfFailure } from './attempt.ts'
import type { Asking, Question } from './question.ts'

/** What a model answered. */
export interface Turn {
  readonly answer: ModelAnswer
  /** What the adapter reads: the text, or the input of the tool it gave the model to answer by. */
  readonly text: string
  readonly usage: Usage
  /** Which model answered. */
  readonly modelId: string
  /** How many answers to the same question could not be read before. */
  readonly retry: number
}

interface TurnOptions {
  readonly question: Question
  readonly asking: Asking
  readonly model: LanguageModel
  readonly rendered: RenderedPrompt
  /** How many answers to this could not be read before; absent where the answer is not to be read. */
  readonly retry?: number
  /** Takes the parts of the stream, which is then asked for. The answer waits for it. */
  readonly onStreamPart?: ((part: StreamPart) => Promise<void> | undefined) | undefined
}

/**
 * Calls the model. A call that failed is counted here, and so are the models that were asked before the one that answered; an
 * answer that was asked for again counts as a retry.
 */
export async function takeTurn(options: TurnOptions): Promise<Turn> {
  const { asking, rendered, retry = 0 } = options
  const { clock, meter, budget } = asking
  const model = budget === undefined ? options.model : budgeted(options.model, budget)
  const startMs = clock.monotonicMs()
  const call = callOf(rendered, asking)
  const again = retry === 0 ? 0 : 1
  try {
    const isStreamed = asking.onText !== undefined || options.onStreamPart !== undefined
    const answer = isStreamed ? await streamedAnswer(model, call, options) : await model.doGenerate(call)
    const usage = usageOf(answer, clock.monotonicMs() - startMs)
    const { answeredBy = model.modelId, failedModels = [] } = answerMetadata(answer)
    for (const { modelId, code, reason, retries } of failedModels) {
      const failed = { ...noUsage, calls: 1, retries }
      countAttempt({ modelId, outcome: 'fallback', error: { code, message: reason }, usage: failed })
    }
    return {
      answer,
      text: readableText(rendered, answer),
      usage: again === 0 ? usage : { ...usage, retries: usage.retries + again },
      modelId: answeredBy,
      retry,
    }
  } catch (thrown) {
    const usage = usageOfFailure(thrown)
    const outcome = hasCode(thrown, 'dspx/unparsable-answer') ? 'unreadable' : 'failed'
    const error = faultOf(thrown)
    countAttempt({
      modelId: model.modelId,
      outcome,
      error,
      usage: { ...usage, retries: usage.retries + again },
      ...retriedAfterIn(isMabeamError(thrown) ? thrown.data.retriedAfter : undefined),
    })
    asking.signal?.throwIfAborted()
    throw thrown
  }

  function countAttempt(what: Omit<Attempt, 'predictor' | 'adapter'>): void {
    const { by, name, adapter } = options.question
    meter.count({ by, what: { predictor: name, adapter: adapter.name, ...retried(retry), ...what } })
  }
}

/** Counts an answer with what became of it. */
export function countTurn(
  { question, asking }: { readonly question: Question; readonly asking: Asking },
  { answer, usage, modelId, retry }: Turn,
  became: Pick<Attempt, 'outcome' | 'error' | 'repairs'>,
): void {
  const { by, name, adapter } = question
  const finishReason = answer.finishReason.unified
  asking.meter.count({
    by,
    what: {
      predictor: name,
      adapter: adapter.name,
      modelId,
      finishReason,
      usage,
      ...retriedAfterIn(answer.providerMetadata?.mabeam?.retriedAfter),
      ...retried(retry),
      ...became,
    },
  })
}

function retried(retry: number): Pick<Attempt, 'retry'> {
  return retry > 0 ? { retry } : {}
}

function callOf(rendered: RenderedPrompt, asking: Asking): ModelCall {
  const { temperature, maxOutputTokens } = asking
  const { prompt, responseFormat, tools, toolChoice } = rendered
  return {
    prompt,
    ...(responseFormat && { responseFormat }),
    ...(tools && { tools }),
    ...(toolChoice && { toolChoice }),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(asking.seed !== undefined && temperature !== 0 && { seed: asking.seed }),
    ...(asking.signal && { abortSignal: asking.signal }),
    ...(asking.cache && { providerOptions: { mabeam: { cache: asking.cache } } }),
  }
}

/** A model that answers in words where it was given a tool is read all the same. */
function readableText({ tools }: RenderedPrompt, answer: ModelAnswer): string {
  const called = tools && answer.content.find((part) => part.type === 'tool-call')
  return called ? called.input : answerText(answer)
}

/** Asks for a stream, hands on what comes, and gathers the whole. */
async function streamedAnswer(model: LanguageModel, call: ModelCall, options: TurnOptions): Promise<ModelAnswer> {
  const { question, asking, rendered, retry, onStreamPart } = options
  const { stream } = await model.doStream(call)
  const collector = answerCollector()
  const received = receivedText()
  const reader = retry === undefined ? undefined : question.adapter.reader(question.signature)
  const broken = (cause: unknown) =>
    isMabeamError(cause) ? cause : streamBroken(model.modelId, received.soFar(), cause)
  const source = stream.getReader()
  const { signal } = asking
  const giveUp = () => source.cancel(signal?.reason).catch(() => {}) // a model that does not listen is not waited for
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    signal?.throwIfAborted()
    for (;;) {
      const { done, value: part } = await source.read()
      signal?.throwIfAborted()
      if (done) break
      if (part.type === 'error') throw broken(part.error)
      collector.add(part)
      received.add(part)
      if (onStreamPart) await onStreamPart(part)
      const isText = part.type === (rendered.tools ? 'tool-input-delta' : 'text-delta')
      if (!isText || reader === undefined) continue
      for (const delta of reader.push((part as { readonly delta: string }).delta)) {
        await asking.onText?.({ ...delta, by: question.by, attempt: retry ?? 0 })
      }
    }
  } catch (thrown) {
    source.cancel(thrown).catch(() => {}) // the error that ended it is the one to tell
    throw broken(thrown)
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
  const answer = collector.answer()
  if (answer === undefined) throw broken(new Error('the stream ended without its last part'))
  return answer
}

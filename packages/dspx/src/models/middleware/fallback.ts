/** Fallback: when a model does not answer the next one is asked, and the answer says so. */

import { checkOptions, definedOptions, isMabeamError, type MabeamError, rule } from '@mabeam/foundation'
import { noModelAnswered } from '../errors.ts'
import { type LanguageModel, layered, type Middleware, type ModelCall, type ModelStream } from '../language-model.ts'
import { openedStream, tapStream } from '../model-stream.ts'
import { type AnswerMetadata, type FailedModel, withMetadata } from '../usage.ts'

/** Who is asked next, and when. */
export interface FallbackOptions {
  /** Asked in this order after the model itself. */
  readonly models: readonly LanguageModel[]
  /** Whether an error is one that another model may help with. @default all but a spent budget and a cassette's miss */
  readonly when?: (error: MabeamError) => boolean
}

export const fallbackDefaults = {
  when: ({ code }) => code !== 'dspx/budget-exhausted' && code !== 'dspx/cassette-miss',
} as const satisfies Omit<Required<FallbackOptions>, 'models'>

/** The most models that stand in for one. */
export const fallbacksMax = 16

/**
 * Asks the next model when one fails with an error of ours (each model's own retries come first); a bug or an abort is passed
 * on at once. A stream is asked of the next one only while it had no content. `providerMetadata.mabeam` says `answeredBy`, and
 * in `failedModels` who did not answer and why.
 *
 * Throws: `dspx/no-model-answered` when none did, with the last error as its cause.
 * @example fallbackMiddleware({ models: [models.get('groq/llama-3.3-70b-versatile')] })(models.get('openai/gpt-4.1-mini'))
 */
export function fallbackMiddleware(options: FallbackOptions): Middleware {
  const some = `an array of 1 to ${fallbacksMax} models`
  checkOptions('fallbackMiddleware', options, {
    models: {
      ...rule.array(),
      expected: some,
      test: (value) => Array.isArray(value) && value.length >= 1 && value.length <= fallbacksMax,
    },
    when: rule.optional(rule.fn()),
  })
  const { models, when } = { ...fallbackDefaults, ...definedOptions(options) }
  return (model) => {
    const all = [model, ...models]
    const asked = async <A>(call: ModelCall, ask: (one: LanguageModel) => Promise<A>): Promise<Asked<A>> => {
      const failures: FailedModel[] = []
      let last: unknown
      for (const one of all) {
        try {
          const answer = await ask(one)
          const failed = failures.length > 0 && { failedModels: failures }
          return { answer, metadata: { answeredBy: one.modelId, ...failed } }
        } catch (thrown) {
          call.abortSignal?.throwIfAborted()
          if (!isMabeamError(thrown) || !when(thrown)) throw thrown
          failures.push(failedModel(one, thrown))
          last = thrown
        }
      }
      throw noModelAnswered(model.modelId, failures, last)
    }
    return layered(model, {
      doGenerate: async (call) => {
        const { answer, metadata } = await asked(call, async (one) => await one.doGenerate(call))
        return withMetadata(answer, metadata)
      },
      doStream: async (call) => {
        const { answer, metadata } = await asked(call, async (one) => await openedStream(await one.doStream(call)))
        return namedStream(answer, metadata)
      },
    })
  }
}

interface Asked<A> {
  readonly answer: A
  readonly metadata: AnswerMetadata
}

function failedModel({ modelId }: LanguageModel, { code, data }: MabeamError): FailedModel {
  const reason = typeof data.reason === 'string' ? data.reason : code.slice(code.indexOf('/') + 1)
  return { modelId, code, reason, retries: typeof data.retries === 'number' ? data.retries : 0 }
}

function namedStream(opened: ModelStream, metadata: AnswerMetadata): ModelStream {
  return tapStream(opened, { part: (part) => (part.type === 'finish' ? withMetadata(part, metadata) : part) })
}

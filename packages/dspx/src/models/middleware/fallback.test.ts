import { MabeamError } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { scriptedModel } from '../../testing/index.ts'
import { createBudget } from '../budget/budget.ts'
import type { LanguageModel, ModelAnswer, ModelCall, ModelStream } from '../language-model.ts'
import { createModels } from '../models.ts'
import { answerCollector } from '../streamed-answer.ts'
import { answerMetadata } from '../usage.ts'
import { budgeted } from './budget.ts'
import { fallbackMiddleware, fallbacksMax } from './fallback.ts'

const call: ModelCall = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }
const down = new MabeamError('dspx/model-failed', 'down', { data: { reason: 'overloaded', retries: 3 } })
const named = (modelId: string, model: LanguageModel): LanguageModel => ({ ...model, modelId })

async function gathered({ stream }: ModelStream): Promise<ModelAnswer> {
  const collector = answerCollector()
  for await (const part of stream) collector.add(part)
  return collector.answer() as ModelAnswer
}

describe('fallbackMiddleware', () => {
  const first = () => named('first', scriptedModel([down]))
  const second = () => named('second', scriptedModel([new MabeamError('dspx/model-timeout', 'late')]))
  const third = () => named('third', scriptedModel(['fine']))

  test.each(['whole', 'stream'] as const)(
    'the first that answers is named, and why the others did not (%s)',
    async (form) => {
      const model = fallbackMiddleware({ models: [second(), third()] })(first())
      const answer = form === 'whole' ? await model.doGenerate(call) : await gathered(await model.doStream(call))
      expect(answerMetadata(answer)).toMatchObject({
        answeredBy: 'third',
        failedModels: [
          { modelId: 'first', code: 'dspx/model-failed', reason: 'overloaded', retries: 3 },
          { modelId: 'second', code: 'dspx/model-timeout', reason: 'model-timeout', retries: 0 },
        ],
      })
    },
  )

  test('when none answers the error names them all and keeps the last as its cause', async () => {
    const model = fallbackMiddleware({ models: [second()] })(first())
    await expect(model.doGenerate(call)).rejects.toMatchObject({
      code: 'dspx/no-model-answered',
      message:
        'first: expected one of its models to answer, got first (dspx/model-failed: overloaded); second (dspx/model-timeout: model-timeout)',
      cause: { code: 'dspx/model-timeout' },
    })
  })

  test('an answer of the first asks nobody else', async () => {
    const other = scriptedModel(['other'])
    const answer = await fallbackMiddleware({ models: [other] })(third()).doGenerate(call)
    expect(answerMetadata(answer)).toMatchObject({ answeredBy: 'third' })
    expect(answerMetadata(answer).failedModels).toBeUndefined()
    expect(other.calls).toHaveLength(0)
  })

  test.each([
    ['a spent budget', new MabeamError('dspx/budget-exhausted', 'spent'), undefined],
    ['a bug', new TypeError('bug'), undefined],
    ['what the caller says', down, () => false],
  ])('%s is passed on at once', async (_, error, when) => {
    const other = scriptedModel(['other'])
    const model = fallbackMiddleware({ models: [other], ...(when && { when }) })(scriptedModel([error]))
    await expect(model.doGenerate(call)).rejects.toBe(error)
    expect(other.calls).toHaveLength(0)
  })

  test('an abort is not answered by another model', async () => {
    const stop = new AbortController()
    const other = scriptedModel(['other'])
    const model = fallbackMiddleware({ models: [other] })(
      scriptedModel(() => {
        stop.abort(new Error('enough'))
        return down
      }),
    )
    await expect(model.doGenerate({ ...call, abortSignal: stop.signal })).rejects.toThrow('enough')
    expect(other.calls).toHaveLength(0)
  })

  test('no models and too many are refused, the most are not', () => {
    const many = (count: number) => () => fallbackMiddleware({ models: Array.from({ length: count }, third) })
    expect(many(0)).toThrow('an array of 1 to 16 models')
    expect(many(fallbacksMax)).not.toThrow()
    expect(many(fallbacksMax + 1)).toThrow('an array of 1 to 16 models')
  })

  test('createModels gives ids stand-ins, each with its own layers, under one budget', async () => {
    const custom = { 'my/a': scriptedModel([down]), 'my/b': scriptedModel(['fine']) }
    const models = createModels({ env: {}, custom, fallbacks: { 'my/a': ['my/b'], 'my/b': ['my/a'] } })
    const budget = createBudget({ calls: 2 })
    const answer = await budgeted(models.get('my/a'), budget).doGenerate(call)
    expect(answerMetadata(answer).answeredBy).toBe('my/b')
    expect(budget.spent.calls).toBe(2)
    expect(models.get('my/a')).toBe(models.get('my/a'))
  })
})

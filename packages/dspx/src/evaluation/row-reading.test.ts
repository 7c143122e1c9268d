import { MabeamError } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { createModels } from '../models/models.ts'
import { chainOfThought, predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { defineProgram, definitionOf } from '../programs/program-definition.ts'
import { signature } from '../signatures/signature.ts'
import { scriptedModel } from '../testing/index.ts'
import { optimize } from '../tuning/optimize.ts'
import { evaluate } from './evaluate.ts'
import { exactMatch } from './metrics/exact-match.ts'
import { WatchedValues } from './watched-values.ts'

const rows = (inputs: object, count = 20): Example[] =>
  Array.from({ length: count }, (_, i) => ({ id: `r${i}`, inputs: { ...inputs }, outputs: { answer: 'x' } }) as Example)
const says = () => scriptedModel(['[[ ## query ## ]]\nq\n\n[[ ## reasoning ## ]]\nr\n\n[[ ## answer ## ]]\nx'])
const metric = exactMatch('answer')

/** Says nowhere what it takes. */
class Rag extends Program {
  query = predict('question -> query')
  answer = chainOfThought('context: string[], question -> answer')

  async forward({ question }: { readonly question: string }) {
    const { query } = await this.query.run({ question })
    return this.answer.run({ context: [query], question })
  }
}
class Whole extends Program {
  answer = predict('question, hint? -> answer')
  forward(inputs: { readonly question: string }) {
    return this.answer.run(inputs)
  }
}
class Trimming extends Program {
  answer = predict('question -> answer')
  forward(inputs: { readonly question: string; readonly hint?: string }) {
    return this.answer.run({ question: inputs.question.trim() + (inputs.hint ?? '') })
  }
}

describe('a program that says nowhere what it takes', () => {
  test.each([
    ['that is taken apart', new Rag(), { qestion: 'a' }, 'it has "qestion", did you mean that?'],
    ['that is taken apart', new Rag(), { text: 'a' }, 'it has text'],
    ['that is taken apart', new Rag(), {}, 'it has no inputs'],
    ['that is used at once', new Trimming(), { hint: 'h', questions: 'a' }, 'it has "questions", did you mean that?'],
  ])('is told of a wrong name in an object %s, once, with nothing spent (%#)', async (_, program, inputs, mend) => {
    const lm = says()
    const asked = evaluate(program, rows(inputs), { metric, lm })
    await expect(asked).rejects.toMatchObject({
      code: 'dspx/row-mismatch',
      message: expect.stringMatching(
        /^evaluate: row "r0": input question: expected a value, since the program reads it, got nothing; /,
      ),
      data: { owner: 'evaluate', exampleId: 'r0', field: 'question', known: Object.keys(inputs) },
    })
    await expect(asked).rejects.toThrow(mend)
    expect(lm.calls).toHaveLength(0)
  })

  test.each([
    ['contxt', { question: 'a', contxt: 'b' }],
    ['questoin', { questoin: 'a' }],
  ])('is told of an input that nobody takes: %s', async (field, inputs) => {
    const lm = says()
    await expect(evaluate(new Whole(), rows(inputs), { metric, lm })).rejects.toMatchObject({
      code: 'dspx/row-mismatch',
      data: { field, known: ['question', 'hint'] },
    })
    expect(lm.calls).toHaveLength(0)
  })

  test('as a definition too', async () => {
    const lm = says()
    const definition = definitionOf(new Rag(), { name: 'rag', metric })
    const models = createModels({ custom: { 'my/m': lm } })
    const state = definition.initialState()
    const bound = definition.bind({ ...state, settings: { ...state.settings, model: 'my/m' } }, { models })
    await expect(evaluate(bound as never, rows({ qestion: 'a' }))).rejects.toMatchObject({ code: 'dspx/row-mismatch' })
    expect(lm.calls).toHaveLength(0)
  })

  test('bears rows that are wrong in another way, and inputs that may be left out', async () => {
    const lm = says()
    const fine = await evaluate(new Trimming(), rows({ question: 'a' }), { metric, lm })
    expect(fine).toMatchObject({ accuracy: 1, errors: 0, notes: [] })
    const [first] = rows({ question: 7 }, 1)
    const odd = [{ ...(first as Example), id: 'odd' }, ...rows({ question: 'a' }, 3)]
    expect(await evaluate(new Rag(), odd, { metric, lm })).toMatchObject({ failedCalls: 1, accuracy: 0.75 })
    const down = scriptedModel([new MabeamError('dspx/model-failed', 'down')])
    expect(await evaluate(new Trimming(), rows({ question: 'a' }, 3), { metric, lm: down })).toMatchObject({
      failedCalls: 3,
    })
  })

  test('runs its first row alone, and each row once', async () => {
    let atOnce = 0
    const most: number[] = []
    const lm = scriptedModel(async () => {
      most.push(++atOnce)
      await new Promise((resolve) => setImmediate(resolve))
      atOnce--
      return '[[ ## answer ## ]]\nx'
    })
    const result = await evaluate(new Whole(), rows({ question: 'a' }, 9), { metric, lm, concurrency: 4 })
    expect(result.predictions).toHaveLength(9)
    expect(most.slice(0, 2)).toEqual([1, 1])
    expect(Math.max(...most)).toBe(4)
    expect(lm.calls).toHaveLength(9)
  })

  test('gets inputs that can be cloned, spread, written and asked for what they have', async () => {
    const seen: unknown[] = []
    class Curious extends Program {
      answer = predict('question -> answer')
      async forward(inputs: { question: string; hint?: string }) {
        seen.push(structuredClone(inputs), { ...inputs }, JSON.stringify(inputs), Object.keys(inputs), 'hint' in inputs)
        inputs.question = 'other'
        seen.push(inputs.question, String(inputs))
        return this.answer.run({ question: inputs.question })
      }
    }
    const { notes, errors } = await evaluate(new Curious(), rows({ question: 'a' }, 1), { metric, lm: says() })
    expect([errors, notes]).toEqual([0, []])
    const a = { question: 'a' }
    expect(seen).toEqual([a, a, '{"question":"a"}', ['question'], false, 'other', '[object Object]'])
  })
})

describe('names that look misspelt where nothing fails', () => {
  test('are notes of the evaluation: inputs of the program, labels of the metric', async () => {
    class Careless extends Program {
      answer = predict('question -> answer')
      forward(inputs: { readonly text?: string }) {
        return this.answer.run({ question: `${inputs.text}` })
      }
    }
    const careless = (example: Example) => (Reflect.get(example.outputs, 'anwser') === 'x' ? 1 : 0)
    const { notes, accuracy } = await evaluate(new Careless(), rows({ txt: 'a' }), { metric: careless, lm: says() })
    expect(accuracy).toBe(0)
    expect(notes).toEqual([
      'the program reads the input "text", and never "txt" of the rows; is one of them misspelt?',
      'metric careless reads the label "anwser", and never "answer" of the rows; is one of them misspelt?',
    ])
  })
})

describe('a metric that names a label', () => {
  test('which no row has is told before anything is asked, with the name that is near', async () => {
    const lm = says()
    const asked = evaluate(new Whole(), rows({ question: 'a' }), { metric: exactMatch('anwser'), lm })
    await expect(asked).rejects.toMatchObject({
      code: 'dspx/metric-label-missing',
      message:
        'metric exact-match(anwser): r0: field "anwser": expected a label to compare with, got none; did you mean "answer"?',
      data: { known: ['answer'] },
    })
    expect(lm.calls).toHaveLength(0)
  })
})

describe('WatchedValues', () => {
  test('holds names that every object has, and pollutes nothing', () => {
    const given = JSON.parse('{"__proto__":{"polluted":1},"constructor":"c","toString":"t","a":"1"}')
    const watched = new WatchedValues(given)
    expect(Reflect.ownKeys(watched.values)).toEqual(['__proto__', 'constructor', 'toString', 'a'])
    expect([watched.values.constructor, Reflect.get(watched.values, '__proto__')]).toEqual(['c', { polluted: 1 }])
    expect(watched.unread).toEqual(['toString', 'a'])
    expect([watched.values.polluted, watched.values.hasOwnProperty, watched.values.then]).toEqual([
      undefined,
      Object.prototype.hasOwnProperty,
      undefined,
    ])
    expect(watched.lacking).toEqual(['polluted'])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })
})

describe('optimize', () => {
  test('is told of a wrong name by its first row, before anything is spent', async () => {
    const lm = says()
    const teleprompter = { name: 'none', async *propose() {} }
    const train = rows({}).map((row, i) => ({ ...row, inputs: { qestion: `q${i}` } }))
    const asked = optimize(new Rag(), { train, metric, teleprompter, lm })
    await expect(asked).rejects.toMatchObject({
      code: 'dspx/row-mismatch',
      message: expect.stringMatching(/^optimize: row "r\d+": input question: .*"qestion", did you mean that\?/),
    })
    expect(lm.calls).toHaveLength(0)
  })
})

describe('a program that says what it takes', () => {
  test('is not suspected for an input that may be left out, and its failed rows are borne', async () => {
    const joined = defineProgram({
      name: 'joined',
      signature: signature('question, hint? -> answer'),
      predictors: { ask: 'question, more -> answer' },
      metric,
      run: async ({ ask }, { question, hint }) => ask({ question, more: hint as string }),
    })
    const models = createModels({ custom: { 'my/m': says() } })
    const state = joined.initialState()
    const bound = joined.bind({ ...state, settings: { ...state.settings, model: 'my/m' } }, { models })
    const result = await evaluate(bound as never, rows({ question: 'a' }, 3))
    expect(result).toMatchObject({ failedCalls: 3, notes: [] })
    expect(result.predictions[0]?.error).toMatchObject({ code: 'dspx/invalid-input' })
  })
})

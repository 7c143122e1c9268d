import { float } from '@mabeam/ml'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Example, ExampleRow } from '../datasets/example.ts'
import { chainOfThought, predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { defineProgram, definitionOf } from '../programs/program-definition.ts'
import { signature } from '../signatures/signature.ts'
import { scriptedModel } from '../testing/index.ts'
import { optimize } from '../tuning/optimize.ts'
import { labeledFewShot } from '../tuning/teleprompters/labeled-few-shot.ts'
import { evaluate } from './evaluate.ts'
import type { Answer, JudgedAnswer, JudgedExample, Metric } from './metric.ts'
import { exactMatch } from './metrics/exact-match.ts'

// What the compiler says of a metric is checked by tsc: a wrong type fails `npm run check`, not the run of this file.

const route = predict('text, photo?: image -> team: "a" | "b", tags?: string[]')
const rows: ExampleRow[] = ['one', 'two', 'three', 'four'].map((text) => ({ inputs: { text }, outputs: { team: 'a' } }))
const lm = scriptedModel(['[[ ## team ## ]]\na'])

class Rag extends Program {
  answer = chainOfThought('context: string[], question -> answer')
  async forward({ text }: { text: string }) {
    return this.answer.run({ context: [], question: text })
  }
}

describe('a metric sees, with no annotation', () => {
  test('the inputs, labels and outputs of a predictor', async () => {
    const { accuracy } = await evaluate(route, rows, {
      lm,
      metric: (example, prediction) => {
        expectTypeOf(example.id).toEqualTypeOf<string>()
        expectTypeOf(example.inputs.text).toEqualTypeOf<string>()
        expectTypeOf(example.outputs.team).toEqualTypeOf<'a' | 'b' | undefined>()
        expectTypeOf(prediction).toEqualTypeOf<JudgedAnswer<{ team: 'a' | 'b'; tags?: string[] }>>()
        // @ts-expect-error no output
        expect(prediction.tem).toBeUndefined()
        // @ts-expect-error no input
        expect(example.inputs.txt).toBeUndefined()
        // @ts-expect-error no label
        expect(example.outputs.tem).toBeUndefined()
        return prediction.team === example.outputs.team
      },
    })
    expect(accuracy).toBe(1)
  })

  test('the outputs of a program that is a class, without what its run took', async () => {
    const { accuracy } = await evaluate(new Rag(), rows, {
      lm: scriptedModel(['[[ ## reasoning ## ]]\nx\n\n[[ ## answer ## ]]\none']),
      metric: {
        name: 'same',
        score({ inputs }, prediction) {
          expectTypeOf(inputs).toEqualTypeOf<{ readonly text: string }>()
          expectTypeOf(prediction.reasoning).toEqualTypeOf<string>()
          // @ts-expect-error of the run, and not of the answer
          expect(prediction.usage).toBeUndefined()
          return prediction.answer === inputs.text
        },
      },
    })
    expect(accuracy).toBe(0.25)
  })

  test('those of a bound program, and of a definition that is made or tuned', async () => {
    const definition = defineProgram({
      name: 'route',
      predictors: { route: 'text -> team: "a" | "b"' },
      variables: { temperature: float(0, 1) },
      metric: {
        name: 'same',
        score: ({ outputs }, prediction) => {
          // @ts-expect-error no output
          expect(prediction.tem).toBeUndefined()
          return prediction.team === outputs.team
        },
      },
    })
    const bound = definition.bind(definition.initialState(), { models: { get: () => lm } })
    const evaluated = await evaluate(bound, rows, {
      // @ts-expect-error no output
      metric: ({ outputs }, { team, tem }) => team === outputs.team && tem === undefined,
    })
    const tuned = await optimize(definition, {
      train: rows,
      teleprompter: labeledFewShot(),
      lm,
      // @ts-expect-error no output
      metric: ({ outputs }, { team, tem }) => team === outputs.team && tem === undefined,
    })
    expect([evaluated.accuracy, tuned.verdict.type]).toEqual([1, 'tie'])
  })

  test('those of a program that is tuned, defined of a class, or joined of predictors', async () => {
    const tuned = await optimize(route, {
      train: rows,
      teleprompter: labeledFewShot(),
      lm,
      metric: (example, prediction) => {
        // @ts-expect-error no input
        expect(example.inputs.txt).toBeUndefined()
        // @ts-expect-error no output
        return prediction.tem === undefined && prediction.team === example.outputs.team
      },
    })
    const score: Metric['score'] = () => 1
    definitionOf(route, {
      name: 'route',
      // @ts-expect-error no output
      metric: { name: 'same', score: (_, prediction) => prediction.tem === undefined },
    })
    defineProgram({
      name: 'joined',
      predictors: { find: 'text -> note', rate: 'note -> stars: int' },
      signature: signature('text -> rating: int'),
      run: async ({ find, rate }, { text }) => ({ rating: (await rate(await find({ text }))).stars }),
      // @ts-expect-error of a predictor, and not of the whole
      metric: { name: 'same', score: (_, prediction) => prediction.stars === 1 },
    })
    expect([tuned.verdict.type, score.length]).toEqual(['tie', 0])
  })

  test('the same where it is only a function of a definition', () => {
    const defined = definitionOf(route, {
      name: 'route',
      metric: (example, prediction) => {
        expectTypeOf(example.inputs.text).toEqualTypeOf<string>()
        // @ts-expect-error no output
        return prediction.tem === undefined && prediction.team === example.outputs.team
      },
    })
    const single = defineProgram({
      name: 'single',
      predictors: { rate: 'note -> stars: int' },
      metric: ({ inputs }, { stars }) => {
        expectTypeOf(stars).toEqualTypeOf<number>()
        return inputs.note === String(stars)
      },
    })
    const joined = defineProgram({
      name: 'joined',
      predictors: { find: 'text -> note', rate: 'note -> stars: int' },
      signature: signature('text -> rating: int'),
      run: async ({ find, rate }, { text }) => ({ rating: (await rate(await find({ text }))).stars }),
      metric: (_, prediction) => {
        expectTypeOf(prediction.rating).toEqualTypeOf<number>()
        // @ts-expect-error of a predictor, and not of the whole
        return prediction.stars === undefined
      },
    })
    expect([defined, single, joined].map(({ metric }) => metric.name)).toEqual(['metric', 'metric', 'metric'])
  })

  test('any fields where the program does not say', async () => {
    const text: string = 'text -> team'
    const open = await evaluate(predict(text), rows, {
      lm,
      metric: (example, { team }) => team === example.outputs.team,
    })
    const any = await evaluate(route as Program, rows, {
      lm,
      metric: ({ inputs, outputs }, { team }) => team === outputs.team && inputs.text !== team,
    })
    expect([open.accuracy, any.accuracy]).toEqual([1, 1])
  })
})

test('metrics of any program are taken for one', () => {
  interface Inputs {
    readonly text: string
    readonly photo?: URL
  }
  interface Outputs {
    team: 'a' | 'b'
    at: Date
  }
  expectTypeOf(exactMatch('team')).toExtend<Metric<Inputs, Outputs>>()
  expectTypeOf<Metric<Inputs, Outputs>>().toExtend<Metric>()
  expectTypeOf<(example: Example, answer: Answer) => number>().toExtend<Metric<Inputs, Outputs>['score']>()
  expectTypeOf<JudgedExample<Inputs, Outputs>>().toExtend<Example>()
  expectTypeOf<Example>().toExtend<JudgedExample>()
})

test('a function that takes any program says that it does, since nobody knows there what a metric sees', async () => {
  async function accuracyOf<P extends Program>(program: P, metric: Metric) {
    // @ts-expect-error the compiler can't tell what a program of type P puts out
    const asP = () => evaluate(program, rows, { lm, metric })
    expect(typeof asP).toBe('function')
    return (await evaluate<Program>(program, rows, { lm, metric })).accuracy
  }
  expect(await accuracyOf(route, exactMatch('team'))).toBe(1)
})

import { MabeamError, seededRandom } from '@mabeam/foundation'
import { choice } from '@mabeam/ml'
import { describe, expect, test } from 'vitest'
import type { Example } from '../../datasets/example.ts'
import { exactMatch } from '../../evaluation/metrics/exact-match.ts'
import { modelFailed } from '../../models/errors.ts'
import { createModels } from '../../models/models.ts'
import { defineProgram } from '../../programs/program-definition.ts'
import { standardVariables } from '../../programs/program-variables.ts'
import { messageText, plannerContract, scriptedModel } from '../../testing/index.ts'
import { applyConfig, planSpace } from '../tuning-plan.ts'
import { bootstrapFewShot } from './bootstrap-few-shot.ts'
import { bootstrapRandomSearch } from './bootstrap-random-search.ts'
import { jointSearch } from './joint-search.ts'
import { labeledFewShot } from './labeled-few-shot.ts'

describe.each([
  ['labeledFewShot', () => labeledFewShot({ demos: 8 })],
  ['bootstrapFewShot', () => bootstrapFewShot()],
  ['bootstrapRandomSearch', () => bootstrapRandomSearch({ candidates: 3 })],
  ['jointSearch', () => jointSearch({ teacherRows: 30 })],
])('%s', (_, make) => {
  for (const { name, run } of plannerContract(make)) test(name, run)
})

const program = defineProgram({
  name: 'route',
  predictors: { route: 'text -> team: "a" | "b"' },
  metric: exactMatch('team'),
  variables: standardVariables({ models: ['script'], demosMax: 4 }),
})
const wide = defineProgram({
  name: 'route',
  predictors: { route: 'text -> team: "a" | "b"' },
  metric: exactMatch('team'),
  variables: standardVariables({ models: ['script'], demosMax: 16 }),
})
const train = Array.from({ length: 12 }, (_, i): Example => {
  return { id: `rows:${i}`, inputs: { text: `row ${i};` }, outputs: { team: i % 2 === 0 ? 'a' : 'b' } }
})
const rowOf = (prompt: Parameters<typeof messageText>[0][]) =>
  Number(/row (\d+);/.exec(messageText(prompt.at(-1)))?.[1])

/** A context whose teacher always says "a": right on even rows. */
function context(answer: (row: number) => string | Error = () => '[[ ## reasoning ## ]]\nso\n[[ ## team ## ]]\na') {
  const model = scriptedModel(({ prompt }) => answer(rowOf([...prompt])))
  const models = createModels({ custom: { script: model }, retry: { attemptsMax: 1 } })
  return { model, given: { program, train, random: seededRandom(1), models } }
}

describe('labeledFewShot', () => {
  test('has one point: that many rows, everything else as written', async () => {
    const { given, model } = context()
    const plan = await labeledFewShot({ demos: 3 }).prepare(given)
    const space = planSpace(program, plan)
    expect(space.cardinality).toBe(1)
    const state = applyConfig(program, plan, space.defaults)
    expect(state.predictors.route?.demos).toHaveLength(3)
    expect(state.settings).toEqual({ ...program.initialState().settings, demos: 3 })
    expect(model.calls).toHaveLength(0)
  })

  test('a smaller draw is the beginning of a larger one', async () => {
    const demosOf = async (demos: number) => {
      const plan = await labeledFewShot({ demos }).prepare(context().given)
      return applyConfig(program, plan, planSpace(program, plan).defaults).predictors.route?.demos
    }
    expect((await demosOf(6))?.slice(0, 3)).toEqual(await demosOf(3))
  })
})

describe('bootstrapFewShot', () => {
  test('asks in the order of the rows until enough were right, never showing the teacher the row it is asked', async () => {
    const { given, model } = context()
    const plan = await bootstrapFewShot({ bootstrapped: 3, labeled: 5 }).prepare({ ...given, program: wide })
    expect(model.calls.map(({ prompt }) => rowOf([...prompt]))).toEqual([0, 1, 2, 3, 4])
    for (const { prompt } of model.calls) {
      const row = rowOf([...prompt])
      expect(prompt.slice(0, -1).filter((message) => messageText(message).includes(`row ${row};`))).toEqual([])
    }
    const { demos } = applyConfig(wide, plan, { candidate: 'bootstrapped' }).predictors.route ?? { demos: [] }
    expect(demos).toHaveLength(5)
    expect(demos.slice(0, 3).map(({ inputs }) => inputs.text)).toEqual(['row 0;', 'row 2;', 'row 4;'])
    expect(new Set(demos.map(({ inputs }) => inputs.text)).size).toBe(5)
  })

  test('asks again in later rounds, with another seed, only what was not right yet', async () => {
    const { given, model } = context()
    await bootstrapFewShot({ bootstrapped: 12, labeled: 0, rounds: 2 }).prepare({ ...given, program: wide })
    const later = model.calls.slice(12)
    expect(later.map(({ prompt }) => rowOf([...prompt]) % 2)).toEqual([1, 1, 1, 1, 1, 1])
    expect(later[0]).toMatchObject({ temperature: 0.7, seed: 1 })
  })

  test('bears errorsMax failed calls and stops at one more', async () => {
    const failing = context(() => new MabeamError('test/down', 'the line is down')).given
    await expect(
      bootstrapFewShot({ errorsMax: 11 }).prepare({ ...failing, train: train.slice(0, 11) }),
    ).resolves.toBeDefined()
    await expect(bootstrapFewShot({ errorsMax: 11 }).prepare(failing)).rejects.toMatchObject({
      code: 'dspx/too-many-errors',
      data: { errors: 12, errorsMax: 11 },
    })
  })

  test('is not asked the rest by a teacher that its model refuses, and bears single refusals', async () => {
    const refused = () =>
      modelFailed({ modelId: 'm', sentence: 'too long', retryable: false, reason: 'context-too-long' })
    const { given, model } = context(refused)
    const plan = await bootstrapFewShot({ errorsMax: 0, bootstrapped: 12 }).prepare(given)
    expect(model.calls.length).toBeLessThanOrEqual(10)
    expect(plan.choices).toBeDefined()
    const right = '[[ ## reasoning ## ]]\nso\n[[ ## team ## ]]\na'
    const single = context((row) => (row > 0 && row < 11 ? refused() : right))
    await bootstrapFewShot({ errorsMax: 0, bootstrapped: 12 }).prepare(single.given)
    expect(single.model.calls).toHaveLength(12)
  })

  test('asks at most rowsMax rows', async () => {
    const { given, model } = context()
    await bootstrapFewShot({ bootstrapped: 12, rowsMax: 4 }).prepare(given)
    expect(model.calls).toHaveLength(4)
  })
})

describe('bootstrapRandomSearch', () => {
  test('has zero-shot, labeled, unshuffled and as many shuffled candidates as asked', async () => {
    const plan = await bootstrapRandomSearch({ candidates: 2, labeled: 4 }).prepare(context().given)
    expect(planSpace(program, plan).variables.candidate).toMatchObject({
      values: ['zero-shot', 'labeled', 'unshuffled', 'shuffled-1', 'shuffled-2'],
    })
    expect(applyConfig(program, plan, { candidate: 'zero-shot' }).predictors.route?.demos).toEqual([])
    expect(plan.starts).toHaveLength(5)
  })
})

describe('jointSearch', () => {
  test('joins instructions and sets to the variables of the program; its defaults are labeled few-shot', async () => {
    const plan = await jointSearch().prepare(context().given)
    const { variables, defaults } = planSpace(program, plan)
    expect(Object.keys(variables)).toEqual([...Object.keys(program.variables), 'instructions', 'demoSet'])
    expect(defaults).toMatchObject({ instructions: 'base', demoSet: 'labeled-1', demos: 4 })
    const labeled = await labeledFewShot({ demos: 4 }).prepare(context().given)
    const baseline = applyConfig(program, labeled, planSpace(program, labeled).defaults)
    expect(applyConfig(program, plan, defaults)).toEqual(baseline)
    expect(plan.starts[0]).toEqual(defaults)
  })

  test('one run of the teacher, with reasoning, serves right and wrong rows', async () => {
    const { given, model } = context()
    const plan = await jointSearch({ teacherRows: 8 }).prepare(given)
    expect(model.calls).toHaveLength(8)
    const demosOf = (demoSet: string) =>
      applyConfig(program, plan, { ...planSpace(program, plan).defaults, demoSet }).predictors.route?.demos ?? []
    expect(demosOf('hard-1').every(({ outputs }) => outputs.team === 'b')).toBe(true)
    expect(demosOf('bootstrapped-1').every(({ outputs }) => outputs.team === 'a' && outputs.reasoning === 'so')).toBe(
      true,
    )
  })

  test('makes no call when no set needs a teacher', async () => {
    const { given, model } = context()
    await jointSearch({ hardSets: 0, bootstrappedSets: 0 }).prepare(given)
    expect(model.calls).toHaveLength(0)
  })

  test('stays small: the plan of 2,000 rows with 64 demonstrations a set is below 250 kB', async () => {
    const many = Array.from({ length: 2_000 }, (_, i): Example => {
      const text = `customer ${i} says that order ${i * 7} has not arrived and asks for help`
      return { id: `rows:${i}`, inputs: { text }, outputs: { team: i % 2 === 0 ? 'a' : 'b' } }
    })
    const plan = await jointSearch({ demosMax: 64, hardSets: 0, bootstrappedSets: 0 }).prepare({
      ...context().given,
      train: many,
    })
    expect(JSON.stringify(plan).length).toBeLessThan(250_000)
  })

  test('refuses a program that has a variable of a name it needs', async () => {
    const taken = defineProgram({
      name: 'taken',
      predictors: { route: 'text -> team: "a" | "b"' },
      metric: exactMatch('team'),
      variables: { instructions: choice(['plain', 'long']) },
      run: async ({ route }, inputs) => await route(inputs),
    })
    await expect(
      jointSearch({ hardSets: 0, bootstrappedSets: 0 }).prepare({ ...context().given, program: taken }),
    ).rejects.toThrow('tuning plan of taken: variables.instructions')
  })
})

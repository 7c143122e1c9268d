import { choice, int } from '@mabeam/ml'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { signature } from '../signatures/signature.ts'
import { messageText, scriptedModel, textAnswer } from '../testing/index.ts'
import { defineProgram, isProgramDefinition } from './program-definition.ts'
import type { ProgramState } from './program-state.ts'
import { standardVariables } from './program-variables.ts'
import type { ModelSource } from './run-options.ts'

const triage = defineProgram({
  name: 'triage',
  predictors: { triage: signature('text -> team: "billing" | "tech"', 'Route it.') },
  metric: exactMatch('team'),
})
const billing = '[[ ## team ## ]]\nbilling'
const modelsOf = (model: ReturnType<typeof scriptedModel>): ModelSource => ({ get: () => model })
const demo = (text: string) => ({ inputs: { text }, outputs: { team: 'tech', reasoning: 'it broke' } })
const stateWith = (settings: ProgramState['settings'], demos: ProgramState['predictors'][string]['demos'] = []) => ({
  settings,
  predictors: { triage: { instructions: 'Route it.', demos } },
})

describe('a program', () => {
  test('starts as it was written: defaults and no demonstrations', () => {
    expect(triage.initialState()).toEqual({
      settings: { model: 'local/small', adapter: 'chat', reasoning: 'none', temperature: 0, demos: 16 },
      predictors: { triage: { instructions: 'Route it.', demos: [] } },
    })
    expect(JSON.parse(JSON.stringify(triage.initialState()))).toEqual(triage.initialState())
  })

  test('is known by what it is and not by what it looks like', () => {
    expect(isProgramDefinition(triage)).toBe(true)
    expect(isProgramDefinition({ ...triage })).toBe(false)
    expect(isProgramDefinition(undefined)).toBe(false)
  })

  test('bound, it runs and tells usage and trace', async () => {
    const model = scriptedModel([textAnswer(billing, 12)])
    const bound = triage.bind(triage.initialState(), { models: modelsOf(model) })
    const { outputs, usage, trace } = await bound.run({ text: 'I paid twice' }, { trace: true })
    expect(outputs).toEqual({ team: 'billing' })
    expect(usage).toMatchObject({ calls: 1, tokensIn: 12 })
    expect(trace).toMatchObject([
      { predictor: 'triage', inputs: { text: 'I paid twice' }, outputs: { team: 'billing' } },
    ])
  })

  test('settings decide model, adapter, reasoning, temperature and how many demonstrations are shown', async () => {
    const model = scriptedModel(['{"reasoning": "It broke.", "team": "tech"}'])
    const asked: string[] = []
    const models: ModelSource = {
      get: (id) => {
        asked.push(id)
        return model
      },
    }
    const settings = { model: 'mine/x', adapter: 'json', reasoning: 'steps', temperature: 0.5, demos: 2 }
    const bound = triage.bind(stateWith(settings, ['a', 'b', 'c'].map(demo)), { models, maxOutputTokens: 50 })
    const { outputs, trace } = await bound.run({ text: 'x' }, { seed: 9, trace: true })
    expect(asked).toEqual(['mine/x'])
    expect(outputs).toEqual({ team: 'tech' })
    expect(trace[0]?.outputs).toEqual({ reasoning: 'It broke.', team: 'tech' })
    const [call] = model.calls
    expect(call).toMatchObject({ temperature: 0.5, seed: 9, maxOutputTokens: 50, responseFormat: { type: 'json' } })
    expect(call?.prompt.map(messageText).slice(1)).toEqual([
      '{"text": "a"}',
      '{"reasoning": "it broke", "team": "tech"}',
      '{"text": "b"}',
      '{"reasoning": "it broke", "team": "tech"}',
      '{"text": "x"}',
    ])
  })

  test('instructions of the state replace those of the signature', async () => {
    const model = scriptedModel([billing])
    const state = { ...triage.initialState(), predictors: { triage: { instructions: 'Be quick.', demos: [] } } }
    await triage.bind(state, { models: modelsOf(model) }).run({ text: 'x' })
    expect(messageText(model.calls[0]?.prompt[0])).toContain('Be quick.')
  })

  test('a run that fails tells what it had cost', async () => {
    const bound = triage.bind(triage.initialState(), { models: modelsOf(scriptedModel(['nonsense, more of it'])) })
    await expect(bound.run({ text: 'x' })).rejects.toMatchObject({
      code: 'dspx/unparsable-answer',
      data: { field: 'team', usage: { calls: 2, retries: 1 } },
    })
  })

  test('an aborted run rejects with the reason of its signal', async () => {
    const stop = new AbortController()
    const model = scriptedModel(() => {
      stop.abort(new Error('enough'))
      return billing
    })
    const bound = triage.bind(triage.initialState(), { models: modelsOf(model) })
    await bound.run({ text: 'x' }, { signal: stop.signal })
    await expect(bound.run({ text: 'x' }, { signal: stop.signal })).rejects.toThrow('enough')
  })
})

describe('a program of several predictors', () => {
  const joined = defineProgram({
    name: 'joined',
    predictors: { find: 'question -> passage', answer: 'question, passage -> answer: "yes" | "no"' },
    signature: signature('question -> answer: "yes" | "no", passage?'),
    variables: { ...standardVariables(), tries: int({ min: 1, max: 3 }), style: choice(['short', 'long']) },
    metric: exactMatch('answer'),
    run: async ({ find, answer }, { question }, { variables }) => {
      let passage = variables.style
      for (let i = 0; i < variables.tries; i++) passage += (await find({ question })).passage
      return { ...(await answer({ question, passage })), passage }
    },
  })
  const script = () => scriptedModel((call) => (JSON.stringify(call.prompt).includes('`answer`') ? 'yes' : 'p'))

  test('joins them by plain code with its own variables, and sums usage', async () => {
    const state = joined.initialState()
    const bound = joined.bind({ ...state, settings: { ...state.settings, tries: 2 } }, { models: modelsOf(script()) })
    const { outputs, usage, trace } = await bound.run({ question: 'Is it?' }, { trace: true })
    expect(outputs).toEqual({ answer: 'yes', passage: 'shortpp' })
    expect(usage.calls).toBe(3)
    expect(trace.map(({ predictor }) => predictor)).toEqual(['find', 'find', 'answer'])
  })

  test('values that an own variable does not allow are refused when bound', () => {
    const state = joined.initialState()
    const settings = { ...state.settings, tries: 4 }
    expect(() => joined.bind({ ...state, settings }, { models: modelsOf(script()) })).toThrow('tries')
  })

  test('a variable whose condition does not hold is not given to run', async () => {
    const seen: object[] = []
    const program = defineProgram({
      name: 'conditional',
      predictors: { a: 'q -> a' },
      signature: signature('q -> a'),
      variables: { style: choice(['plain', 'deep']), depth: int({ min: 1, max: 3, when: { style: ['deep'] } }) },
      metric: exactMatch('a'),
      run: async ({ a }, inputs, { variables }) => {
        seen.push({ style: variables.style, depth: variables.depth })
        return a(inputs)
      },
    })
    const state = program.initialState()
    const models = modelsOf(scriptedModel(['[[ ## a ## ]]\nx']))
    const run = (settings: object) =>
      program.bind({ ...state, settings: { ...state.settings, ...settings } }, { models }).run({ q: 'x' })
    await run({})
    await run({ style: 'deep', depth: 2 })
    await run({ style: 'plain', depth: 2 })
    expect(seen).toEqual([{ style: 'plain' }, { style: 'deep', depth: 2 }, { style: 'plain' }])
    expect(() => run({ style: 'deep', depth: 4 })).toThrow('depth')
  })

  test('errors in its code are the errors of the program, and missing outputs are named', async () => {
    const broken = (run: () => Promise<never>) =>
      defineProgram({
        name: 'broken',
        predictors: { a: 'q -> a' },
        signature: signature('q -> a, b'),
        metric: exactMatch('a'),
        run,
      }).bind(
        { settings: {}, predictors: { a: { instructions: 'x', demos: [] } } },
        { models: modelsOf(scriptedModel([''])) },
      )
    const throwing = broken(() => Promise.reject(new Error('oh')))
    await expect(throwing.run({ q: 'x' })).rejects.toMatchObject({
      code: 'dspx/program-failed',
      message: 'program broken: oh',
    })
    const lacking = broken(async () => ({ a: 'x' }) as never)
    await expect(lacking.run({ q: 'x' })).rejects.toThrow('output b: expected string, got nothing')
    const nothing = broken(async () => undefined as never)
    await expect(nothing.run({ q: 'x' })).rejects.toThrow('output a: expected string')
  })
})

describe('defineProgram refuses', () => {
  const predictors = { a: 'q -> a: "x" | "y"' } as const
  const metric = exactMatch('a')
  const define = (more: object) => () => defineProgram({ name: 'p', predictors, metric, ...more } as never)

  test.each([
    ['no predictors', { predictors: {} }, 'predictors: expected at least one predictor'],
    ['what is no signature', { predictors: { a: 3 } }, 'predictors.a: expected a signature'],
    [
      'several predictors without run',
      { predictors: { a: 'q -> a', b: 'q -> b' } },
      'run: expected a function that joins',
    ],
    [
      'several predictors without a signature',
      { predictors: { a: 'q -> a', b: 'q -> b' }, run: async () => ({}) },
      'signature: expected the inputs and outputs',
    ],
    ['a metric of a field it does not put out', { metric: exactMatch('team') }, 'metric'],
    ['no metric', { metric: undefined }, 'metric: expected a metric such as exactMatch("answer"), or a function'],
    ['what is no metric', { metric: { name: 'm' } }, 'defineProgram: metric: score: expected a function'],
    ['a misspelt reserved variable', { variables: { modle: choice(['a']) } }, 'variables.modle: expected "model"'],
    ['an own variable that nobody reads', { variables: { colour: choice(['a']) } }, 'since no run reads another'],
    ['a model that is no choice', { variables: { model: int({ min: 0, max: 1 }) } }, 'a choice of model ids'],
    ['an unknown adapter', { variables: { adapter: choice(['chat', 'yaml']) } }, 'a choice among chat, json, xml'],
    ['an unknown reasoning', { variables: { reasoning: choice(['deep']) } }, 'a choice among none, steps'],
    ['a negative temperature', { variables: { temperature: int({ min: -1, max: 1 }) } }, 'from 0 on'],
    ['a setting that is a variable too', { settings: { model: 'x' } }, 'settings.model'],
    ['an unknown setting', { settings: { modell: 'x' } }, 'settings.modell: expected one of model'],
    [
      'a setting of the wrong kind',
      { variables: { demos: int({ min: 0, max: 2 }) }, settings: { adapter: 'yaml' } },
      'yaml',
    ],
    ['an unknown option', { predictor: {} }, 'did you mean "predictors"?'],
    ['no name', { name: '' }, 'name: expected a non-empty string'],
  ])('%s', (_, more, sentence) => expect(define(more)).toThrow(sentence))

  test('settings fix what is not tuned', () => {
    const program = defineProgram({
      name: 'p',
      predictors,
      metric,
      variables: { temperature: standardVariables().temperature },
      settings: { model: 'openai/gpt-4o' },
    })
    expect(program.initialState().settings).toMatchObject({ model: 'openai/gpt-4o', temperature: 0, adapter: 'chat' })
  })

  test('constraints hold for the whole space', () => {
    const constraints = [{ name: 'cheap', test: ({ demos }: { demos: number }) => demos <= 16 }]
    expect(defineProgram({ name: 'p', predictors, metric, constraints }).space.constraints).toHaveLength(1)
  })
})

describe('bind refuses', () => {
  const models = modelsOf(scriptedModel([billing]))
  const state = triage.initialState()

  test.each([
    ['a state that is none', 3, '(all)'],
    ['an unknown setting', stateWith({ temprature: 1 }), 'settings: expected "temperature"'],
    [
      'an unknown adapter',
      stateWith({ adapter: 'yaml' }),
      'settings.adapter: expected one of chat, json, xml, markdown, tool, two-step',
    ],
    ['a negative temperature', stateWith({ temperature: -1 }), 'settings.temperature'],
    ['half a demonstration', stateWith({ demos: 0.5 }), 'settings.demos'],
    ['an unknown reasoning', stateWith({ reasoning: 'deep' }), 'settings.reasoning'],
    ['a model that is no id', stateWith({ model: 3 }), 'settings.model'],
    ['another predictor', { ...state, predictors: { ...state.predictors, other: {} } }, 'predictors'],
    ['a missing predictor', { ...state, predictors: {} }, 'predictors.triage'],
    ['no instructions', { ...state, predictors: { triage: { demos: [] } } }, 'predictors.triage.instructions'],
    ['no demonstrations', { ...state, predictors: { triage: { instructions: '' } } }, 'predictors.triage.demos'],
    ['too many demonstrations', stateWith({}, Array(1_001).fill(demo('a'))), 'at most 1000 demonstrations'],
    ['a broken demonstration', stateWith({}, [3 as never]), 'predictors.triage.demos.0'],
    ['an unknown input', stateWith({}, [{ inputs: { txt: '' }, outputs: {} }]), 'demos.0.inputs'],
    ['an unknown output', stateWith({}, [{ inputs: {}, outputs: { tem: '' } }]), 'demos.0.outputs'],
  ])('%s', (_, given, sentence) => {
    expect(() => triage.bind(given as ProgramState, { models })).toThrow(
      expect.objectContaining({ code: 'dspx/invalid-state', message: expect.stringContaining(sentence) }),
    )
  })

  test('as many demonstrations as the limit', () => {
    expect(() => triage.bind(stateWith({}, Array(1_000).fill(demo('a'))), { models })).not.toThrow()
  })

  test('unknown options', () => {
    expect(() => triage.bind(state, { models, retries: 1 } as never)).toThrow('bind: unknown option "retries"')
  })
})

test('a typed program in schemas runs too', async () => {
  const program = defineProgram({
    name: 'stars',
    predictors: {
      rate: signature({ inputs: { text: z.string() }, outputs: { stars: z.number().int().min(1).max(5) } }),
    },
    metric: exactMatch('stars'),
  })
  const bound = program.bind(program.initialState(), { models: modelsOf(scriptedModel(['[[ ## stars ## ]]\n4'])) })
  expect((await bound.run({ text: 'nice' })).outputs.stars).toBe(4)
})

import { choice, int } from '@mabeam/ml'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { retrieve } from '../modules/retrieve.ts'
import { signature } from '../signatures/signature.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { chainOfThought, type Predict, predict } from './predictor.ts'
import { Program } from './program.ts'
import { definitionOf } from './program-definition.ts'
import { standardVariables } from './program-variables.ts'
import { isProgram, predictorsIn, walkDepthMax, walkObjectsMax } from './program-walk.ts'
import { detailsOf } from './result.ts'
import { currentRun, currentRunOptions, withLm } from './run-context.ts'
import type { ModelSource } from './run-options.ts'

class Rag extends Program {
  query = predict('question -> query')
  answer = chainOfThought('context, question -> answer: "yes" | "no"')

  async forward({ question }: { question: string }) {
    const { query } = await this.query.run({ question })
    return this.answer.run({ context: `found by ${query}`, question })
  }
}

/** Answers what is asked for, by the first output that is named. */
const script = () =>
  scriptedModel((call) =>
    JSON.stringify(call.prompt).includes('`query`')
      ? '[[ ## query ## ]]\nit\n\n[[ ## completed ## ]]'
      : '[[ ## reasoning ## ]]\nso\n\n[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]',
  )

describe('a program that is a class', () => {
  test('runs its inner programs on the model of its run, and gives typed outputs', async () => {
    const lm = script()
    const result = await new Rag().run({ question: 'Is it?' }, { lm, temperature: 0.5, seed: 3 })
    const { answer, reasoning } = result
    expectTypeOf(answer).toEqualTypeOf<'yes' | 'no'>()
    expect([answer, reasoning]).toEqual(['yes', 'so'])
    expect(lm.calls.map(({ temperature, seed }) => [temperature, seed])).toEqual([
      [0.5, 3],
      [0.5, 3],
    ])
    expect(messageText(lm.calls[1]?.prompt.at(-1))).toContain('found by it')
  })

  test('tells of the whole run beside its outputs, where equality and JSON do not see it', async () => {
    const result = await new Rag().run({ question: 'Is it?' }, { lm: script() })
    expect(result).toStrictEqual({ reasoning: 'so', answer: 'yes' })
    expect(JSON.stringify(result)).toBe('{"reasoning":"so","answer":"yes"}')
    expect(result.usage.calls).toBe(2)
    expect(result.attempts.map(({ predictor, outcome, adapter }) => [predictor, outcome, adapter])).toEqual([
      ['query', 'read', 'chat'],
      ['answer', 'read', 'chat'],
    ])
    expect(result.trace).toEqual([])
    const traced = await new Rag().run({ question: 'Is it?' }, { lm: script(), trace: true })
    expect(traced.trace.map(({ predictor }) => predictor)).toEqual(['query', 'answer'])
  })

  test('an output that is called as a detail is the output', async () => {
    const lm = scriptedModel(['[[ ## usage ## ]]\nseldom'])
    const result = await predict('word -> usage').run({ word: 'whilom' }, { lm })
    expectTypeOf(result.usage).toEqualTypeOf<string>()
    expect(result).toEqual({ usage: 'seldom' })
    expect(result.attempts).toHaveLength(1)
    expect(detailsOf(result)?.usage.calls).toBe(1)
    expect(detailsOf({ ...result })).toBeUndefined()
  })

  test('a run that fails tells every attempt, and code of its own that threw is named', async () => {
    const run = new Rag().run(
      { question: 'x' },
      { lm: scriptedModel(['[[ ## query ## ]]\nit\n\n[[ ## completed ## ]]', 'a', 'b']) },
    )
    await expect(run).rejects.toMatchObject({
      code: 'dspx/unparsable-answer',
      data: {
        usage: { calls: 3, retries: 1 },
        attempts: [
          { predictor: 'query', outcome: 'read' },
          { predictor: 'answer', outcome: 'unreadable', error: { code: 'dspx/unparsable-answer' } },
          { predictor: 'answer', outcome: 'unreadable' },
        ],
      },
    })
    class Broken extends Program {
      forward() {
        return Promise.reject(new Error('oh'))
      }
    }
    await expect(new Broken().run({})).rejects.toMatchObject({
      code: 'dspx/program-failed',
      message: 'program Broken: oh',
    })
    class Silent extends Program {
      async forward() {}
    }
    await expect(new Silent().run({})).rejects.toThrow('forward: expected an object of outputs')
  })
})

describe('options of a run', () => {
  test('what is inside names itself is stronger, and nothing leaks out of a run', async () => {
    const mine = script()
    const other = script()
    const rag = new Rag()
    rag.query = predict('question -> query', { lm: mine })
    await rag.run({ question: 'x' }, { lm: other })
    expect([mine.calls.length, other.calls.length]).toEqual([1, 1])
    expect(currentRun()).toBeUndefined()
    await expect(rag.answer.run({ context: '', question: '' })).rejects.toMatchObject({ code: 'dspx/no-model' })
    await expect(rag.run({ question: '' }, { model: script() } as never)).rejects.toThrow('expected one of lm')
  })

  test('withLm scopes a model over any code, and runs at the same time keep apart', async () => {
    const [a, b] = [script(), script()]
    await Promise.all([
      withLm(a, () => new Rag().run({ question: 'x' })),
      withLm(b, () => new Rag().run({ question: 'x' })),
    ])
    expect([a.calls.length, b.calls.length]).toEqual([2, 2])
  })

  test('an id is looked up in the models of the run, and among all providers where there are none', async () => {
    const asked: string[] = []
    const lm = script()
    const models: ModelSource = {
      get: (id) => {
        asked.push(id)
        return lm
      },
    }
    await new Rag().run({ question: 'x' }, { lm: 'mine/x', models })
    expect(asked).toEqual(['mine/x', 'mine/x'])
    await expect(new Rag().run({ question: 'x' }, { lm: 'mine/x' })).rejects.toMatchObject({
      code: 'dspx/unknown-model',
    })
    const route = predict('text -> team: "billing" | "tech"')
    const runs = [await route.run({ text: 'billing' }, { lm: 'local/small' })]
    runs.push(await withLm('local/small', () => route.run({ text: 'billing' })))
    expect(runs.map((run) => [run.team, detailsOf(run)?.attempts[0]?.modelId])).toEqual(
      Array(2).fill(['billing', 'local/small']),
    )
  })

  test.each([
    [{ lm: 3 }, 'lm: expected a language model of specification v4 or the id of a model, got 3'],
    [{ lm: { specificationVersion: 'v2', doGenerate: async () => {} } }, 'of specification v4'],
    [{ lm: '' }, 'lm: expected'],
    [{ temperatur: 1 }, 'did you mean "temperature"?'],
    [{ seed: -1 }, 'seed: expected an integer'],
    [{ answerRetriesMax: 11 }, 'answerRetriesMax'],
  ])('%j is refused', async (options, sentence) => {
    await expect(new Rag().run({ question: 'x' }, options as never)).rejects.toThrow(sentence)
  })
})

describe('the predictors of a program', () => {
  class Many extends Program {
    steps = [predict('a -> b'), predict('b -> c')]
    byName = new Map([['x', predict('c -> d')]])
    inner = { rag: new Rag() }
    again = this.steps[0]
    self: Program = this
    forward(_: { a: string }): Promise<object> {
      return Promise.resolve({})
    }
  }

  test('are found in fields, arrays, objects and Maps, each once and by its path', () => {
    const many = new Many()
    expect([...predictorsIn(many).keys()]).toEqual([
      'steps.0',
      'steps.1',
      'byName.x',
      'inner.rag.query',
      'inner.rag.answer',
    ])
    expect(isProgram(many)).toBe(true)
    expect(isProgram({ ...many })).toBe(false)
  })

  test('are looked for in so many objects and so deep and no further', () => {
    const holding = (value: unknown) => Object.assign(new Rag(), { value })
    expect(predictorsIn(holding(Array.from({ length: walkObjectsMax - 5 }, () => []))).size).toBe(2)
    expect(() => predictorsIn(holding(Array.from({ length: walkObjectsMax - 4 }, () => [])))).toThrow('at most 100000')
    const deep = (depth: number) => {
      let value: object = predict('a -> b')
      for (let i = 0; i < depth; i++) value = [value]
      return holding(value)
    }
    expect(predictorsIn(deep(walkDepthMax - 1)).size).toBe(3)
    expect(() => predictorsIn(deep(walkDepthMax))).toThrow('at most 64 deep')
  })

  test('compile makes a copy with the state and leaves the original as it is', async () => {
    const rag = new Rag()
    const before = rag.state()
    const demo = { inputs: { question: 'a' }, outputs: { query: 'b' } }
    const copy = rag.compile({
      settings: { temperature: 0.25, demos: 1 },
      predictors: { query: { instructions: 'Search well.', demos: [demo, demo] } },
    })
    expectTypeOf(copy).toEqualTypeOf<Rag>()
    expect(rag.state()).toEqual(before)
    expect(copy).toBeInstanceOf(Rag)
    expect(copy.query).not.toBe(rag.query)
    const lm = script()
    await copy.run({ question: 'x' }, { lm })
    expect(lm.calls.map(({ temperature, prompt }) => [temperature, prompt.length])).toEqual([
      [0.25, 4],
      [0.25, 2],
    ])
    expect(messageText(lm.calls[0]?.prompt[0])).toContain('Search well.')
    await copy.run({ question: 'x' }, { lm, temperature: 1 })
    expect(lm.calls.at(-1)?.temperature).toBe(1)
    const many = new Many()
    const another = many.compile({})
    expect(another.again).toBe(another.steps[0])
    expect(another.self).toBe(another)
    expect(another.byName.get('x')).not.toBe(many.byName.get('x'))
  })

  test('a copy that lacks a private field of its class says so, the original runs', async () => {
    class Hidden extends Program {
      answer = predict('question -> query')
      #times = 1
      async forward({ question }: { question: string }) {
        return this.answer.run({ question: question.repeat(this.#times) })
      }
    }
    await new Hidden().run({ question: 'x' }, { lm: script() })
    const copy = new Hidden().compile({}).compile({})
    await expect(copy.run({ question: 'x' }, { lm: script() })).rejects.toMatchObject({
      code: 'dspx/invalid-program',
      message: expect.stringContaining('program Hidden: #times: expected fields that compile can copy'),
    })
  })

  test('a state that does not fit is refused by name', () => {
    const refused = (state: object) => () => new Rag().compile(state)
    expect(refused({ settings: { temprature: 1 } })).toThrow('settings: expected "temperature"')
    expect(refused({ predictors: { qery: {} } })).toThrow('predictors: expected "query"')
    const fixed = Object.assign(new Rag(), { forward: async () => ({}) })
    expect(() => fixed.compile({})).toThrow('forward: expected a method')
  })
})

describe('definitionOf', () => {
  class Tries extends Program {
    override settings = { tries: 1, style: 'short' }
    answer = predict('question -> answer: "yes" | "no"')
    async forward({ question }: { question: string }) {
      let answer = await this.answer.run({ question: `${this.settings.style} ${question}` })
      for (let i = 1; i < this.settings.tries; i++) answer = await this.answer.run({ question })
      return answer
    }
  }
  const variables = {
    ...standardVariables(),
    tries: int({ min: 1, max: 3 }),
    style: choice(['short', 'long'], { when: { tries: [2] } }),
  }
  const metric = exactMatch('answer')

  test('gives a class what tuning needs, and binds copies', async () => {
    const program = definitionOf(new Tries(), { name: 'tries', metric, variables })
    const state = program.initialState()
    expect(Object.keys(state.predictors)).toEqual(['answer'])
    const lm = script()
    const bound = program.bind(
      { ...state, settings: { ...state.settings, tries: 2, style: 'long' } },
      { models: { get: () => lm } },
    )
    const { outputs, usage, trace } = await bound.run({ question: 'x' }, { trace: true })
    expect(outputs).toEqual({ answer: 'yes' })
    expect(usage.calls).toBe(2)
    expect(trace.map(({ predictor, inputs }) => [predictor, inputs.question])).toEqual([
      ['answer', 'long x'],
      ['answer', 'x'],
    ])
  })

  test('takes a predictor as it is, with its signature', async () => {
    const asked: Predict<{ text: string }, { team: 'a' | 'b' }> = predict('text -> team: "a" | "b"', { name: 'triage' })
    const program = definitionOf(asked, { name: 'triage', metric: exactMatch('team') })
    expect(program.signature.outputs.map(({ name }) => name)).toEqual(['team'])
    const models = { get: () => scriptedModel(['{"reasoning": "r", "team": "a"}']) }
    const state = program.initialState()
    const settings = { ...state.settings, reasoning: 'steps', adapter: 'json' }
    const { outputs, trace } = await program
      .bind({ ...state, settings }, { models })
      .run({ text: 'x' }, { trace: true })
    expect(outputs).toEqual({ team: 'a' })
    expect(trace[0]).toMatchObject({ predictor: 'triage', outputs: { reasoning: 'r', team: 'a' } })
  })

  test('reads the signature of a class that has one', () => {
    class Said extends Tries {
      signature = signature('question -> answer')
    }
    const program = definitionOf(new Said(), { name: 'said', metric })
    expect(program.signature.inputs.map(({ name }) => name)).toEqual(['question'])
    expect(Object.keys(program.predictors)).toEqual(['answer'])
    expect(definitionOf(new Tries(), { name: 'unsaid', metric }).signature.inputs).toEqual([])
  })

  test('starts with the settings of programs inside of it, and keeps them when it is bound', async () => {
    class Found extends Program {
      search = retrieve({ search: (_, k) => ['first', 'second'].slice(0, k), k: 2 })
      answer = predict('passages: string[] -> answer')
      async forward({ query }: { query: string }) {
        const { passages } = await this.search.run({ query })
        return this.answer.run({ passages })
      }
    }
    const found = definitionOf(new Found(), { name: 'found', metric: exactMatch('answer') })
    const model = scriptedModel(['[[ ## answer ## ]]\nyes'])
    const models = { get: () => model }
    const { settings, predictors } = found.initialState()
    expect(settings['search.k']).toBe(2)
    const bound = found.bind({ settings: { ...settings, 'search.k': 1 }, predictors }, { models })
    expect((await bound.run({ query: 'which' })).outputs).toEqual({ answer: 'yes' })
    expect(messageText(model.calls[0]?.prompt.at(-1))).not.toContain('second')
    const misspelt = { settings: { ...settings, 'search.q': 1 }, predictors }
    expect(() => found.bind(misspelt, { models })).toThrow('"search.k"')
  })

  test('refuses what nobody would read, what holds no predictor, and what is no program', () => {
    const own = { colour: choice(['red']) }
    expect(() => definitionOf(new Tries(), { name: 'p', metric, variables: own })).toThrow('variables.colour')
    class Empty extends Program {
      forward(_: object) {
        return Promise.resolve({})
      }
    }
    expect(() => definitionOf(new Empty(), { name: 'p', metric })).toThrow('at least one predictor')
    expect(() => definitionOf({} as never, { name: 'p', metric })).toThrow('expected a program')
    const whole = signature('question -> verdict')
    expect(() => definitionOf(new Tries(), { name: 'p', metric, signature: whole })).toThrow('answer')
  })
})

describe('a run that is aborted', () => {
  test('rejects at once with the reason, even where code inside does not listen', async () => {
    class Deaf extends Program {
      forward(_: object) {
        return new Promise<object>(() => {})
      }
    }
    const stop = new AbortController()
    const run = new Deaf().run({}, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(run).rejects.toThrow('enough')
  })

  test('code inside finds the signal and the seed of its run', async () => {
    const stop = new AbortController()
    const heard: unknown[] = []
    class Stops extends Program {
      async forward(_: object) {
        const { signal } = currentRunOptions()
        signal?.addEventListener('abort', () => heard.push(signal.reason))
        stop.abort('enough')
        return {}
      }
    }
    await expect(new Stops().run({}, { signal: stop.signal })).rejects.toBe('enough')
    expect(heard).toEqual(['enough'])
    class Looks extends Program {
      async forward(_: object) {
        const { signal, seed } = currentRunOptions()
        return { seed, aborted: signal?.aborted }
      }
    }
    const { signal } = new AbortController()
    expect(await new Looks().run({}, { signal, seed: 4 })).toEqual({ seed: 4, aborted: false })
    expect(currentRunOptions()).toEqual({})
  })
})

test('the code of the documentation has the types that it says', () => {
  const Triage = signature('mail: string -> team: "billing" | "tech" | "sales", urgency: int, reason: string')
  const triage = chainOfThought(Triage)
  type Triaged = Awaited<ReturnType<typeof triage.run>>
  expectTypeOf(triage.run).parameter(0).toEqualTypeOf<{ mail: string }>()
  expectTypeOf<Triaged['team']>().toEqualTypeOf<'billing' | 'tech' | 'sales'>()
  expectTypeOf<Triaged['urgency']>().toEqualTypeOf<number>()
  expectTypeOf<Triaged['reasoning']>().toEqualTypeOf<string>()
  expectTypeOf<Triaged['usage']['calls']>().toEqualTypeOf<number>()
  class Found extends Program {
    query = predict('question -> query')
    answer = chainOfThought('context: string[], question -> answer')
    async forward({ question }: { question: string }) {
      const { query } = await this.query.run({ question })
      return this.answer.run({ context: [query], question })
    }
  }
  expectTypeOf(new Found().run).parameter(0).toEqualTypeOf<{ question: string }>()
  expectTypeOf<Awaited<ReturnType<Found['forward']>>['answer']>().toEqualTypeOf<string>()
  expectTypeOf(new Found().compile({})).toEqualTypeOf<Found>()
  // @ts-expect-error: an input is missing
  void (() => new Found().run({}))
  // @ts-expect-error: an option of that name there is none
  void (() => new Found().run({ question: '' }, { temprature: 1 }))
})

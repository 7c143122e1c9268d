import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { localModel } from '../local/local-model.ts'
import { createBudget } from '../models/budget/budget.ts'
import { modelFailed } from '../models/errors.ts'
import type { ModelAnswer, ModelCall } from '../models/language-model.ts'
import { completion } from '../models/providers/chat-completions.fixture.ts'
import { compatible } from '../models/providers/provider-models.ts'
import { serveProvider } from '../models/providers/provider-server.fixture.ts'
import { predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { predictorsIn } from '../programs/program-walk.ts'
import { withLm } from '../programs/run-context.ts'
import { messageText } from '../testing/message-text.ts'
import { scriptedModel, textAnswer } from '../testing/scripted-model.ts'
import { tool } from '../tools/tool.ts'
import { weatherAgent as agent, extracted, question, weather, worded } from './react.fixture.ts'
import { type ReactPart, react } from './react.ts'

type Call = readonly [name: string, input: string]
/** An answer that calls tools. */
const calling = (thought: string, ...calls: Call[]): ModelAnswer => ({
  ...textAnswer(thought),
  content: [
    ...(thought === '' ? [] : [{ type: 'text' as const, text: thought }]),
    ...calls.map(([toolName, input], i) => ({ type: 'tool-call' as const, toolCallId: `c${i}`, toolName, input })),
  ],
  finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
})
const finish: Call = ['finish', '{}']

/** What the model was shown of the results of tools. */
const resultsIn = (call: ModelCall | undefined) =>
  call?.prompt.flatMap((message) =>
    message.role === 'tool' ? message.content.map((part) => (part.type === 'tool-result' ? part.output : part)) : [],
  )

describe('react by the tool calls of a provider', () => {
  test('thinks, calls tools, sees what they give, and answers', async () => {
    const model = scriptedModel([
      calling('I ask.', ['weather', '{"city":"Rome"}']),
      calling('', finish),
      extracted('Rome'),
    ])
    const result = await agent.run({ question }, { lm: model })
    expect(result).toEqual({ answer: 'Rome' })
    const typed: string = result.answer
    expect([typed, result.ended]).toEqual(['Rome', 'finished'])
    expect(result.trajectory).toEqual([
      {
        thought: 'I ask.',
        calls: [{ tool: 'weather', arguments: { city: 'Rome' }, outcome: 'given', observation: 'sunny in Rome' }],
      },
    ])
    expect(result.attempts.map(({ predictor, adapter, outcome }) => [predictor, adapter, outcome])).toEqual([
      ['act', 'tool-calls', 'read'],
      ['act', 'tool-calls', 'read'],
      ['extract', 'chat', 'read'],
    ])
    expect(model.calls[0]?.tools?.map(({ name }) => name)).toEqual(['weather', 'finish'])
    expect(resultsIn(model.calls[1])).toEqual([{ type: 'text', value: 'sunny in Rome' }])
    expect(messageText(model.calls[2]?.prompt.at(-1))).toContain(
      'Call: weather({"city":"Rome"})\nObservation: sunny in Rome',
    )
    expect(result.usage.calls).toBe(3)
  })

  test('several calls are made at once, and all answered in their order; too many are refused', async () => {
    let running = 0
    let most = 0
    const both = Promise.withResolvers<void>()
    const slow = tool('slow', {
      description: 'Slow.',
      input: z.object({ n: z.number() }),
      run: async ({ n }) => {
        most = Math.max(most, ++running)
        if (running === 2) both.resolve()
        await both.promise
        return n
      },
    })
    const calls = [1, 2, 3].map((n): Call => ['slow', `{"n":${n}}`])
    const model = scriptedModel([calling('', ...calls, finish), extracted('x')])
    const result = await react('question -> answer', { tools: [slow], callsAtOnceMax: 2 }).run(
      { question },
      { lm: model },
    )
    expect(most).toBe(2)
    expect(result.trajectory[0]?.calls.map(({ observation, outcome }) => [outcome, observation])).toEqual([
      ['given', '1'],
      ['given', '2'],
      ['refused', 'Refused: at most 2 calls at once.'],
    ])
    expect(result.ended).toBe('finished')
  })

  test.each([
    ['an unknown tool', ['wether', '{}'], 'refused', /no tool wether; did you mean weather/],
    ['wrong arguments', ['weather', '{"city":3}'], 'refused', /arguments.city/],
    ['arguments that are no JSON', ['weather', 'Rome!'], 'refused', /no JSON object/],
    ['arguments that are a list', ['weather', '[1]'], 'refused', /no JSON object/],
    ['broken JSON that can be mended', ['weather', '{city: "Rome",'], 'given', /sunny in Rome/],
    ['a tool that throws', ['broken', ''], 'failed', /Failed: down/],
    ['a tool that gives nothing', ['nothing', '{}'], 'given', /no result/],
    ['a tool that gives what is circular', ['circle', '{}'], 'given', /circular/],
  ] as const)('%s is an observation', async (_, call, outcome, observation) => {
    const circular: { self?: unknown } = {}
    circular.self = circular
    const none = { description: 'x', input: z.object({}) }
    const broken = tool('broken', { ...none, run: () => Promise.reject(new Error('down')) })
    const tools = [
      weather,
      broken,
      tool('nothing', { ...none, run: () => {} }),
      tool('circle', { ...none, run: () => circular }),
    ]
    const model = scriptedModel([calling('', call), 'That is all.', extracted('x')])
    const result = await react('question -> answer', { tools }).run({ question }, { lm: model })
    expect(result.trajectory[0]?.calls).toMatchObject([{ outcome, observation: expect.stringMatching(observation) }])
    expect(result.trajectory[1]).toEqual({ thought: 'That is all.', calls: [] })
    expect(result).toEqual({ answer: 'x' })
  })

  test('a tool that hangs is given up, and the work goes on', async () => {
    const clock = virtualClock()
    const begun = Promise.withResolvers<void>()
    const hang = tool('hang', {
      description: 'Hangs.',
      input: z.object({}),
      run: () => {
        begun.resolve()
        return new Promise(() => {})
      },
    })
    const model = scriptedModel([calling('', ['hang', '{}']), calling('', finish), extracted('x')])
    const running = react('question -> answer', { tools: [hang], toolTimeoutMs: 50 }).run(
      { question },
      { lm: model, clock },
    )
    await begun.promise
    await clock.advance(50)
    expect((await running).trajectory[0]?.calls[0]).toMatchObject({ outcome: 'timed-out' })
    expect(clock.pendingTimers).toBe(0)
  })

  test('an answer that was cut off is a step with a fault, seen among the attempts', async () => {
    const cut = { ...textAnswer('I think that'), finishReason: { unified: 'length' as const, raw: 'length' } }
    const model = scriptedModel([cut, calling('', finish), extracted('x')])
    const result = await agent.run({ question }, { lm: model })
    expect(result.trajectory).toMatchObject([{ thought: 'I think that', fault: expect.stringContaining('cut off') }])
    expect(result.attempts[0]).toMatchObject({ outcome: 'unreadable', error: { code: 'dspx/unparsable-answer' } })
  })

  test('a model that says that it has no tools is asked in words', async () => {
    const without = { ...textAnswer('words'), warnings: [{ type: 'unsupported' as const, feature: 'tools' }] }
    const model = scriptedModel([
      without,
      worded('I ask.', 'weather', '{"city":"Rome"}'),
      worded('Done.', 'finish'),
      extracted('Rome'),
    ])
    const result = await agent.run({ question }, { lm: model })
    expect(result.trajectory.map(({ thought }) => thought)).toEqual(['I ask.', 'Done.'])
    expect(result.usage.calls).toBe(4)
  })
})

describe('react in words', () => {
  const words = react('question -> answer', { tools: [weather], toolCalls: 'words' })

  test('does the same without tools of the provider', async () => {
    const model = scriptedModel([
      worded('I ask.', 'weather', '{"city":"Rome"}'),
      worded('Done.', 'finish'),
      extracted('Rome'),
    ])
    const result = await words.run({ question }, { lm: model })
    expect(result).toEqual({ answer: 'Rome' })
    expect(result.trajectory).toMatchObject([
      { calls: [{ observation: 'sunny in Rome' }] },
      { thought: 'Done.', calls: [] },
    ])
    expect(model.calls.every(({ tools }) => tools === undefined)).toBe(true)
    expect(messageText(model.calls[1]?.prompt.at(-1))).toContain('Observation: sunny in Rome')
  })

  test('an answer that cannot be read is a step with a fault, and the work goes on', async () => {
    const model = scriptedModel([worded('?', 'fly'), worded('Done.', 'finish'), extracted('x')])
    const result = await words.run({ question }, { lm: model, answerRetriesMax: 0 })
    expect(result.trajectory[0]).toMatchObject({ calls: [], fault: expect.stringContaining('could not be read') })
    expect(result.ended).toBe('finished')
  })

  test('the embedded model is asked in words and comes to an end', async () => {
    const result = await react('question -> answer', { tools: [weather], stepsMax: 2 }).run(
      { question },
      { lm: localModel('nano') },
    )
    expect(['finished', 'steps']).toContain(result.ended)
    expect(result.attempts.every(({ adapter }) => adapter === 'chat')).toBe(true)
    expect(typeof result.answer).toBe('string')
  })
})

describe('the end', () => {
  const again = () => calling('Again.', ['weather', '{"city":"Rome"}'])

  test('comes after stepsMax steps and not one earlier, with an answer', async () => {
    const script = (call: ModelCall) => (call.tools ? again() : extracted('x'))
    for (const stepsMax of [1, 3]) {
      const result = await react('question -> answer', { tools: [weather], stepsMax }).run(
        { question },
        { lm: scriptedModel(script) },
      )
      expect([result.ended, result.trajectory.length, result.usage.calls]).toEqual(['steps', stepsMax, stepsMax + 1])
      expect(result).toEqual({ answer: 'x' })
    }
  })

  test('leaves the last call of the budget for the answer', async () => {
    const script = (call: ModelCall) => (call.tools ? again() : extracted('x'))
    for (const calls of [1, 2, 4]) {
      const result = await agent.run({ question }, { lm: scriptedModel(script), budget: createBudget({ calls }) })
      expect([result.ended, result.usage.calls, result.answer]).toEqual(['budget', calls, 'x'])
    }
  })

  test('a budget that allows nothing is an error that has the trajectory', async () => {
    const budget = createBudget({ calls: 0 })
    await expect(agent.run({ question }, { lm: scriptedModel([again()]), budget })).rejects.toMatchObject({
      code: 'dspx/budget-exhausted',
      data: { ended: 'budget', trajectory: 'nothing yet' },
    })
  })

  test('a prompt that is too long is asked again with less of the trajectory', async () => {
    const long = tool('long', { description: 'Long.', input: z.object({}), run: () => 'y'.repeat(3_000) })
    const script = (call: ModelCall) => {
      if (JSON.stringify(call.prompt).length > 6_000)
        return modelFailed({ modelId: 'script', sentence: 'too long', retryable: false, reason: 'context-too-long' })
      return call.tools ? calling('', ['long', '{}']) : extracted('x')
    }
    const result = await react('question -> answer', { tools: [long], stepsMax: 6, trajectoryCharsMax: 10_000 }).run(
      { question },
      { lm: scriptedModel(script) },
    )
    expect(result).toEqual({ answer: 'x' })
    expect(result.trajectory).toHaveLength(6)
    expect(result.attempts.some(({ outcome }) => outcome === 'failed')).toBe(true)
  })

  test('an abort ends it while a tool is at work', async () => {
    const stop = new AbortController()
    let heard = false
    const hang = tool('hang', {
      description: 'Hangs.',
      input: z.object({}),
      run: (_, { signal }) => {
        signal.addEventListener('abort', () => {
          heard = true
        })
        stop.abort(new Error('enough'))
        return new Promise(() => {})
      },
    })
    const running = react('question -> answer', { tools: [hang] }).run(
      { question },
      { lm: scriptedModel([calling('', ['hang', '{}'])]), signal: stop.signal },
    )
    await expect(running).rejects.toThrow('enough')
    expect(heard).toBe(true)
  })

  test('what models throw is thrown', async () => {
    await expect(agent.run({ question }, { lm: scriptedModel([new Error('down')]) })).rejects.toThrow('down')
    await expect(agent.run({ question: 3 as never }, { lm: scriptedModel(['']) })).rejects.toMatchObject({
      code: 'dspx/invalid-input',
    })
  })
})

describe('a program like others', () => {
  test('steps come one by one, and the result last', async () => {
    const model = scriptedModel([
      calling('One.', ['weather', '{"city":"Rome"}']),
      calling('Two.', ['weather', '{"city":"Oslo"}']),
      calling('', finish),
      extracted('Rome'),
    ])
    const parts: ReactPart<{ answer: string }>[] = []
    for await (const part of agent.steps({ question }, { lm: model })) parts.push(part)
    expect(parts.map((part) => (part.type === 'step' ? [part.index, part.step.thought] : part.result.ended))).toEqual([
      [0, 'One.'],
      [1, 'Two.'],
      'finished',
    ])
    const last = parts.at(-1)
    expect(last?.type === 'result' && last.result.attempts.map(({ predictor }) => predictor)).toEqual([
      'act',
      'act',
      'act',
      'extract',
    ])
  })

  test('steps belong to the run that asked for them, wherever they are read', async () => {
    const own = scriptedModel([calling('', finish), extracted('Rome')])
    const other = scriptedModel([])
    const steps = withLm(own, () => agent.steps({ question }))
    const parts: ReactPart<{ answer: string }>[] = []
    await withLm(other, async () => {
      for await (const part of steps) parts.push(part)
    })
    expect(parts.map((part) => part.type === 'result' && part.result.answer)).toEqual(['Rome'])
    expect([own.calls.length, other.calls.length]).toEqual([2, 0])
  })

  test('a loop that is left early stops the run', async () => {
    const model = scriptedModel([calling('One.', ['weather', '{"city":"Rome"}'])])
    for await (const part of react('question -> answer', { tools: [weather], stepsMax: 1_000 }).steps(
      { question },
      { lm: model },
    )) {
      if (part.type === 'step') break
    }
    const calls = model.calls.length
    await Promise.resolve()
    expect(model.calls.length).toBeLessThanOrEqual(calls + 1)
    expect(calls).toBeLessThan(5)
  })

  test('errors of the run are errors of its steps', async () => {
    const steps = agent.steps({ question }, { lm: scriptedModel([new Error('down')]) })
    await expect(steps.next()).rejects.toThrow('down')
  })

  test('programs that tools run belong to the run', async () => {
    const inner = predict('city -> country')
    const ask = tool('country', {
      description: 'The country.',
      input: z.object({ city: z.string() }),
      run: ({ city }) => inner.run({ city }),
    })
    const model = scriptedModel([
      calling('', ['country', '{"city":"Rome"}']),
      '[[ ## country ## ]]\nItaly\n\n[[ ## completed ## ]]',
      calling('', finish),
      extracted('Italy'),
    ])
    const result = await react('question -> answer', { tools: [ask] }).run({ question }, { lm: model })
    expect(result.trajectory[0]?.calls[0]?.observation).toBe('{"country":"Italy"}')
    expect(result.usage.calls).toBe(4)
  })

  test('its predictors are found, and the details stay on a program around it', async () => {
    class Around extends Program {
      agent = agent
      forward(inputs: { question: string }) {
        return this.agent.run(inputs)
      }
    }
    const around = new Around()
    expect([...predictorsIn(around).keys()]).toEqual(['agent.act', 'agent.extract'])
    const copy = around.compile({
      predictors: {
        'agent.act': {
          instructions: 'Be quick.',
          demos: [{ inputs: { question: 'a', trajectory: 'b' }, outputs: { thought: 'c', tool: 'finish' } }],
        },
      },
    })
    const model = scriptedModel([calling('', finish), extracted('x')])
    const result = await copy.run({ question }, { lm: model, trace: true })
    expect(result.ended).toBe('finished')
    expect(messageText(model.calls[0]?.prompt[0])).toMatch(/Be quick\.[\s\S]*Examples of steps:/)
    expect(result.trace.map(({ predictor, outputs }) => [predictor, outputs.tool])).toEqual([
      ['agent.act', 'finish'],
      ['agent.extract', undefined],
    ])
  })

  test('runs over the wire of a provider, with its tool calls', async () => {
    const toolCall = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }
    const done = { id: 'call_2', type: 'function', function: { name: 'finish', arguments: '{}' } }
    await using server = await serveProvider(
      completion({ content: 'I ask.', tool_calls: [toolCall] }, 'tool_calls'),
      completion({ tool_calls: [done] }, 'tool_calls'),
      completion({ content: extracted('Paris') }, 'stop'),
    )
    const result = await agent.run(
      { question },
      { lm: compatible('some-model', { baseUrl: server.url, retry: { attemptsMax: 1 } }) },
    )
    expect(result).toEqual({ answer: 'Paris' })
    const [, second] = server.requests.map(
      ({ body }) =>
        JSON.parse(body) as {
          messages: { role: string; content: unknown; tool_calls?: unknown[] }[]
          tools: unknown[]
        },
    )
    expect(second?.messages.slice(-2)).toMatchObject([
      { role: 'assistant', tool_calls: [{ function: { name: 'weather', arguments: '{"city":"Paris"}' } }] },
      { role: 'tool', content: 'sunny in Paris' },
    ])
    expect(second?.tools).toHaveLength(2)
  })

  test.each([
    [{ tools: [] }, 'dspx/invalid-tool'],
    [{ tools: [weather, weather] }, 'dspx/invalid-tool'],
    [{ tools: [weather], stepsMax: 0 }, 'foundation/invalid-option'],
    [{ tools: [weather], stepMax: 1 }, 'foundation/unknown-name'],
    [{ tools: [weather], toolTimeoutMs: Number.NaN }, 'foundation/invalid-option'],
    [{ tools: [weather], toolCalls: 'maybe' }, 'foundation/invalid-option'],
  ])('options are checked (%#)', (options, code) => {
    expect(() => react('question -> answer', options as never)).toThrow(expect.objectContaining({ code }))
    expect(() => react('trajectory -> answer', { tools: [weather] })).toThrow(
      expect.objectContaining({ code: 'dspx/invalid-signature' }),
    )
  })
})

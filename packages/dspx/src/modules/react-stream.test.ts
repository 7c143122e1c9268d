import { settled } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { LanguageModel, ModelAnswer } from '../models/language-model.ts'
import type { ProgramPart } from '../programs/program-stream.ts'
import { scriptedModel, textAnswer } from '../testing/scripted-model.ts'
import { tool } from '../tools/tool.ts'
import { programOfThought } from './program-of-thought.ts'
import { weatherAgent as agent, extracted, question, weather, worded } from './react.fixture.ts'
import { react } from './react.ts'
import { recursiveContext } from './recursive-context.ts'

type Content = ModelAnswer['content']
const saying = (...content: Content): ModelAnswer => ({
  ...textAnswer(''),
  content,
  finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
})
const call = (toolName: string, input: object | string, toolCallId = 'c0'): Content[number] => ({
  type: 'tool-call',
  toolCallId,
  toolName,
  input: typeof input === 'string' ? input : JSON.stringify(input),
})
const text = (said: string): Content[number] => ({ type: 'text', text: said })
type Part = ProgramPart<{ answer: string }>

async function streamed(lm: LanguageModel, program = agent): Promise<Part[]> {
  const parts: Part[] = []
  for await (const part of program.stream({ question }, { lm })) parts.push(part)
  return parts
}

/** Parts in a line each, texts of the same place joined. */
function linesOf(parts: readonly Part[]): string[] {
  const lines: [place: string, text: string][] = []
  for (const part of parts) {
    if (part.type === 'result') continue
    const { step = '-' } = part
    const place = `${step} ${part.type === 'text' ? `${part.predictor}.${part.field}` : part.type}`
    const isText = 'text' in part
    const seen = part.type === 'tool-result' ? ` ${part.observation}` : ''
    const said = 'text' in part ? part.text : `${part.call} ${part.tool}${seen}`
    const last = lines.at(-1)
    if (isText && last?.[0] === place) last[1] += said
    else lines.push([place, said])
  }
  return lines.map(([place, said]) => `${place}: ${said.trim()}`)
}

describe('the stream of steps by the tool calls of a provider', () => {
  test('tells reasoning, text, calls and results in order, each with its step, then the answer', async () => {
    const lm = scriptedModel([
      saying(
        { type: 'reasoning', text: 'Two cities are to be asked about.' },
        text('I ask about both.'),
        call('weather', { city: 'Rome' }, 'a'),
        call('weather', { city: 'Oslo' }, 'b'),
      ),
      saying(text('Once more.'), call('weather', { city: 'Bonn' }, 'c')),
      saying(text('I know.'), call('finish', {}, 'd')),
      extracted('Rome'),
    ])
    const parts = await streamed(lm)
    expect(linesOf(parts)).toEqual([
      '0 step-reasoning: Two cities are to be asked about.',
      '0 step-text: I ask about both.',
      '0 tool-call: 0 weather',
      '0 tool-call: 1 weather',
      '0 tool-result: 0 weather sunny in Rome',
      '0 tool-result: 1 weather sunny in Oslo',
      '1 step-text: Once more.',
      '1 tool-call: 0 weather',
      '1 tool-result: 0 weather sunny in Bonn',
      '2 step-text: I know.',
      '- extract.reasoning: seen',
      '- extract.answer: Rome',
    ])
    expect(parts.length).toBeGreaterThan(20)
    expect(parts.at(-1)).toMatchObject({ type: 'result', result: { answer: 'Rome', ended: 'finished' } })
  })

  test('gives the same answer, steps and attempts as a run that is not streamed', async () => {
    const script = () =>
      scriptedModel([
        saying(text('I ask.'), call('weather', { city: 'Rome' })),
        saying(call('finish', {})),
        extracted('Rome'),
      ])
    const last = (await streamed(script())).at(-1)
    const whole = await agent.run({ question }, { lm: script() })
    const result = last?.type === 'result' ? last.result : undefined
    expect(result).toEqual(whole)
    expect(Reflect.get(result ?? {}, 'trajectory')).toEqual(whole.trajectory)
    expect(result?.attempts.map(({ outcome, adapter }) => [outcome, adapter])).toEqual(
      whole.attempts.map(({ outcome, adapter }) => [outcome, adapter]),
    )
  })

  test('a model that has no tools is heard in words alone, with the step of each', async () => {
    const without = {
      ...textAnswer('nobody hears this'),
      warnings: [{ type: 'unsupported' as const, feature: 'tools' }],
    }
    const lm = scriptedModel([
      without,
      worded('I ask.', 'weather', '{"city":"Rome"}'),
      worded('Done.', 'finish'),
      extracted('Rome'),
    ])
    const lines = linesOf(await streamed(lm))
    expect(lines.join('\n')).not.toContain('nobody hears this')
    expect(lines.filter((line) => /thought|tool-/.test(line))).toEqual([
      '0 act.thought: I ask.',
      '0 tool-call: 0 weather',
      '0 tool-result: 0 weather sunny in Rome',
      '1 act.thought: Done.',
    ])
  })

  test.each([['leaving the loop'], ['returning while a part is waited for'], ['an abort']])(
    '%s ends the tools that are at work',
    async (how) => {
      const stop = new AbortController()
      const heard: unknown[] = []
      const begun = Promise.withResolvers<void>()
      const hang = tool('hang', {
        description: 'Hangs.',
        input: z.object({}),
        run: (_, { signal }) => {
          signal.addEventListener('abort', () => heard.push(signal.reason))
          begun.resolve()
          return new Promise(() => {})
        },
      })
      const lm = scriptedModel([saying(call('hang', {}), call('hang', {}, 'c1'))])
      const stream = react('question -> answer', { tools: [hang] }).stream({ question }, { lm, signal: stop.signal })
      expect((await stream.next()).value).toMatchObject({ type: 'tool-call', tool: 'hang', call: 0 })
      expect((await stream.next()).value).toMatchObject({ type: 'tool-call', tool: 'hang', call: 1 })
      if (how === 'leaving the loop') {
        await begun.promise
        await stream.return(undefined)
      } else {
        const next = stream.next()
        await begun.promise
        if (how === 'an abort') {
          stop.abort(new Error('enough'))
          await expect(next).rejects.toThrow('enough')
        } else {
          await stream.return(undefined)
          expect(await next).toEqual({ done: true, value: undefined })
        }
      }
      await settled()
      expect(heard).toHaveLength(2)
      expect(await stream.next()).toEqual({ done: true, value: undefined })
    },
  )

  test('a slow reader keeps tools from being told of faster than they are read', async () => {
    const lm = scriptedModel([saying(text('many words to read '.repeat(20)), call('finish', {})), extracted('Rome')])
    const seen: Part[] = []
    for await (const part of agent.stream({ question }, { lm, capacity: 1 })) {
      seen.push(part)
      if (seen.length === 10) expect(lm.calls).toHaveLength(1)
    }
    expect(seen.at(-1)?.type).toBe('result')
  })
})

test('streams of modules that write code say which piece is written', async () => {
  const code = (text: string) => `[[ ## reasoning ## ]]\nso\n\n[[ ## code ## ]]\n${text}\n\n[[ ## completed ## ]]`
  const lm = scriptedModel([code('1 +'), code('({ n: 3 })')])
  const lines: string[] = []
  for await (const part of programOfThought('question -> n: int').stream({ question }, { lm })) {
    if (part.type === 'text' && part.field === 'code') lines.push(`${part.step} ${part.predictor}: ${part.text}`)
  }
  expect(lines.map((line) => line.split(':')[0]).sort()).toEqual(lines.map((line) => line.split(':')[0]))
  expect([lines[0]?.[0], lines.at(-1)?.[0]]).toEqual(['0', '1'])

  const explored = [
    `[[ ## thought ## ]]\nhm\n\n[[ ## code ## ]]\n1`,
    `[[ ## thought ## ]]\nhm\n\n[[ ## code ## ]]\nawait submit({ answer: 'x' })`,
  ]
  const steps = new Set<unknown>()
  const program = recursiveContext('book -> answer', { context: 'book' })
  for await (const part of program.stream({ book: 'text' }, { lm: scriptedModel(explored) })) {
    if (part.type === 'text') steps.add(part.step)
  }
  expect([...steps]).toEqual([0, 1])
})

describe('what goes back to the model', () => {
  const promptOf = (lm: ReturnType<typeof scriptedModel>, at: number) => lm.calls[at]?.prompt ?? []
  const idsIn = (prompt: ReturnType<typeof promptOf>, role: 'assistant' | 'tool') =>
    prompt.flatMap((one) =>
      one.role === role ? (one.content as { toolCallId?: string }[]).flatMap(({ toolCallId }) => toolCallId ?? []) : [],
    )

  test('is the content with its metadata as options; sources and empty text are left out', async () => {
    const metadata = (n: number) => ({ providerMetadata: { some: { n } } })
    const lm = scriptedModel([
      saying(
        { type: 'reasoning', text: 'hm', ...metadata(1) },
        { type: 'source', sourceType: 'url', id: 's', url: 'https://example.com' },
        text(''),
        { type: 'text', text: 'I ask.', ...metadata(2) },
        { ...call('search', { q: 1 }, 'p'), providerExecuted: true } as Content[number],
        { type: 'tool-result', toolCallId: 'p', toolName: 'search', result: { found: 1 } },
        { ...call('weather', '{city: "Rome",', 'a'), ...metadata(3) } as Content[number],
      ),
      saying(call('finish', {}, 'b')),
      extracted('Rome'),
    ])
    const { trajectory } = await agent.run({ question }, { lm })
    const options = (n: number) => ({ providerOptions: { some: { n } } })
    expect(promptOf(lm, 1).slice(-2)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'hm', ...options(1) },
          { type: 'text', text: 'I ask.', ...options(2) },
          { type: 'tool-call', toolCallId: 'p', toolName: 'search', input: { q: 1 }, providerExecuted: true },
          { type: 'tool-result', toolCallId: 'p', toolName: 'search', output: { type: 'json', value: { found: 1 } } },
          { type: 'tool-call', toolCallId: 'a', toolName: 'weather', input: { city: 'Rome' }, ...options(3) },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'a',
            toolName: 'weather',
            output: { type: 'text', value: 'sunny in Rome' },
            ...options(3),
          },
        ],
      },
    ])
    expect(trajectory[0]).toMatchObject({ reasoning: 'hm', thought: 'I ask.', calls: [{ tool: 'weather' }] })
    expect(JSON.stringify(trajectory)).not.toContain('providerOptions')
  })

  test('has every id once, also of models that use one twice or give none', async () => {
    const again = saying(call('weather', { city: 'Rome' }, ''), call('weather', { city: 'Oslo' }, 'x'))
    const lm = scriptedModel([again, again, saying(call('finish', {})), extracted('Rome')])
    await agent.run({ question }, { lm })
    const ids = idsIn(promptOf(lm, 2), 'assistant')
    expect(ids).toHaveLength(4)
    expect(new Set(ids).size).toBe(4)
    expect(ids.every((id) => /^[\w-]+$/.test(id))).toBe(true)
    expect(idsIn(promptOf(lm, 2), 'tool')).toEqual(ids)
    expect(idsIn(promptOf(lm, 1), 'assistant')).toEqual(ids.slice(0, 2))
  })

  test('names that no tool could have are such that providers accept them', async () => {
    const lm = scriptedModel([
      saying(call(`no such tool!${'x'.repeat(500)}`, {}), call('', {}, 'c1')),
      saying(call('finish', {}, 'd')),
      extracted('Rome'),
    ])
    const { trajectory } = await agent.run({ question }, { lm })
    expect(trajectory[0]?.calls.map(({ outcome }) => outcome)).toEqual(['refused', 'refused'])
    const back = JSON.stringify(promptOf(lm, 1))
    const names = [...back.matchAll(/"toolName":"([^"]*)"/g)].map(([, name]) => name ?? '')
    expect(names).toHaveLength(4)
    expect(names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))).toBe(true)
  })

  test('thoughts that were cut off do not go back, and what was said does', async () => {
    const cut: ModelAnswer = {
      ...saying({ type: 'reasoning', text: 'half a thou' }, text('I will')),
      finishReason: { unified: 'length', raw: 'length' },
    }
    const lm = scriptedModel([cut, saying(call('finish', {})), extracted('Rome')])
    await agent.run({ question }, { lm })
    expect(promptOf(lm, 1).slice(2)).toMatchObject([
      { role: 'assistant', content: [{ type: 'text', text: 'I will' }] },
      { role: 'user' },
    ])
  })

  test('steps with long thoughts are left out whole where there is no room', async () => {
    const long = (n: number) =>
      saying({ type: 'reasoning', text: `${n}`.repeat(3_000) }, call('weather', { city: 'Rome' }, `c${n}`))
    const lm = scriptedModel([long(1), long(2), long(3), saying(call('finish', {})), extracted('Rome')])
    await react('question -> answer', { tools: [weather], trajectoryCharsMax: 7_000 }).run({ question }, { lm })
    const thoughts = promptOf(lm, 3).flatMap((one) =>
      one.role === 'assistant' ? one.content.map((part) => (part.type === 'reasoning' ? part.text[0] : part.type)) : [],
    )
    expect(thoughts).toEqual(['2', 'tool-call', '3', 'tool-call'])
    expect(JSON.stringify(promptOf(lm, 3)[1])).toContain('step 1 is left out')
  })
})

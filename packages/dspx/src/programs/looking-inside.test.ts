/** What people see who look for the reason of an answer: calls before they are made, prompts, answers, and plain mistakes. */

import { describe, expect, test } from 'vitest'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createBudget } from '../models/budget/budget.ts'
import type { Prompt } from '../models/language-model.ts'
import { bestOfN } from '../modules/best-of-n.ts'
import { refine } from '../modules/refine.ts'
import { signature } from '../signatures/signature.ts'
import { scriptedModel } from '../testing/index.ts'
import { previewCall } from './call-preview.ts'
import { predict } from './predictor.ts'
import { Program } from './program.ts'
import { defineProgram, definitionOf } from './program-definition.ts'
import { standardVariables } from './program-variables.ts'
import { promptText, traceText } from './prompt-text.ts'
import { detailsOf, type RunDetails } from './result.ts'
import { previewedCallsMax, previewRun } from './run-preview.ts'

const demos = [{ inputs: { text: 'charged twice' }, outputs: { team: 'billing' } }]
const route = predict('text -> team: "billing" | "tech"', { demos, temperature: 0.5 })
const lm = () => scriptedModel(['[[ ## team ## ]]\ntech'])

describe('previewCall', () => {
  test('gives the call that a run makes, to the letter, and asks nobody', async () => {
    for (const options of [
      {},
      { adapter: 'json', temperature: 1, maxOutputTokens: 9, seed: 3 },
      { adapter: 'two-step' },
    ]) {
      const model = lm()
      await route.run({ text: 'it crashes' }, { ...options, lm: model }).catch(() => {})
      expect(await previewCall(route, { text: 'it crashes' }, options)).toEqual(model.calls[0])
    }
  })

  test('leaves the model and the budget of a predictor alone', async () => {
    const model = lm()
    const budget = createBudget({ calls: 1 })
    const own = predict('text -> team', { lm: model, budget, answerRetriesMax: 3 })
    expect(promptText((await previewCall(own, { text: 'unasked' })).prompt)).toContain('unasked')
    expect([model.calls.length, budget.spent.calls]).toEqual([0, 0])
  })

  test('refuses inputs as a run does, and what is no predictor', async () => {
    await expect(previewCall(route, { text: 5 } as never)).rejects.toMatchObject({ code: 'dspx/invalid-input' })
    class Whole extends Program {
      route = route
      forward = ({ text }: { text: string }) => this.route.run({ text })
    }
    for (const odd of [new Whole(), null, {}]) {
      await expect(previewCall(odd as never, {})).rejects.toMatchObject({ code: 'foundation/invalid-option' })
    }
  })
})

describe('previewRun', () => {
  const metric = exactMatch('team')
  const asked = { text: 'it crashes' }

  test('gives the call of a defined program to the letter, in any state and with every option, and asks nobody', async () => {
    const program = defineProgram({ name: 'triage', predictors: { route: 'text -> team' }, metric })
    const start = program.initialState()
    const predictors = { route: { instructions: 'Route well.', demos } }
    const told = { settings: { ...start.settings, adapter: 'json', temperature: 0.7, reasoning: 'steps' }, predictors }
    for (const state of [start, told]) {
      const model = lm()
      const bound = program.bind(state, { models: { get: () => model }, maxOutputTokens: 9 })
      await bound.run(asked, { seed: 3 }).catch(() => {})
      const found = await previewRun(program, asked, { state, seed: 3, maxOutputTokens: 9 })
      expect(found).toEqual([{ predictor: 'route', modelId: 'local/small', call: model.calls[0] }])
    }
    expect(await previewRun(program, asked)).toHaveLength(1)
  })

  test('gives of a class what it asks side by side first, by the names of its fields, and no model of their own is asked', async () => {
    const own = lm()
    class Both extends Program {
      team = predict('text -> team', { lm: own })
      mood = predict('text -> mood')
      last = predict('text, team, mood -> answer')
      signature = signature('text -> team')
      async forward({ text }: { text: string }) {
        const [{ team }, { mood }] = await Promise.all([this.team.run({ text }), this.mood.run({ text })])
        await this.last.run({ text, team, mood })
        return { team }
      }
    }
    const program = definitionOf(new Both(), {
      name: 'both',
      metric,
      variables: standardVariables({ models: ['no/such-model'] }),
    })
    const found = await previewRun(program as never, asked)
    expect(found.map(({ predictor, modelId }) => [predictor, modelId])).toEqual([
      ['team', 'script'],
      ['mood', 'no/such-model'],
    ])
    expect(own.calls).toHaveLength(0)
  })

  test('gives the tries of modules that begin together, the first of those that go by what came, and no more than its limit', async () => {
    const options = { n: 5, reward: () => 0 }
    const tries = (program: Program) => previewRun(definitionOf(program, { name: 'tries', metric }) as never, asked)
    expect(await tries(bestOfN(predict('text -> team'), options))).toHaveLength(5)
    expect(await tries(refine(predict('text -> team'), { ...options, threshold: 1 }))).toHaveLength(1)
    class Many extends Program {
      route = predict('text -> team')
      async forward({ text }: { text: string }) {
        const all = Array.from({ length: previewedCallsMax + 1 }, (_, i) => this.route.run({ text: `${text} ${i}` }))
        return (await Promise.all(all))[0] as { team: string }
      }
    }
    const many = await previewRun(definitionOf(new Many(), { name: 'many', metric }) as never, asked)
    expect(many).toHaveLength(previewedCallsMax)
    expect(promptText(many.at(-1)?.call.prompt ?? [])).toContain('it crashes 99')
  })

  test('names who asks also where more is asked than an error shows', async () => {
    class Uneven extends Program {
      team = predict('text -> team')
      mood = predict('text -> mood')
      async forward({ text }: { text: string }) {
        const teams = Array.from({ length: previewedCallsMax / 2 }, () => this.team.run({ text }))
        const moods = Array.from({ length: previewedCallsMax }, () => this.mood.run({ text }))
        return (await Promise.all([...teams, ...moods]))[0] as { team: string }
      }
    }
    const found = await previewRun(definitionOf(new Uneven(), { name: 'uneven', metric }) as never, asked)
    const half = previewedCallsMax / 2
    expect(found.map(({ predictor }) => predictor)).toEqual([...Array(half).fill('team'), ...Array(half).fill('mood')])
  })

  test('gives nothing of a program that asks nobody, and throws what a run throws before it asks', async () => {
    const predictors = { route: 'text -> team' } as const
    const silent = defineProgram({ name: 'silent', predictors, metric, run: async () => ({ team: 'a' }) })
    expect(await previewRun(silent, asked)).toEqual([])
    const program = defineProgram({ name: 'triage', predictors, metric })
    await expect(previewRun(program, { text: 5 } as never)).rejects.toMatchObject({ code: 'dspx/invalid-input' })
    await expect(previewRun(null as never, {})).rejects.toMatchObject({ code: 'foundation/invalid-option' })
  })
})

test('a trace as text has each question with its messages and the answer under it', async () => {
  const { trace } = await route.run({ text: 'it crashes' }, { lm: lm(), trace: true })
  const text = traceText(trace)
  expect(text).toMatch(/^=== 1\. predict, asked of script\n\n\[system\]\nYour input fields/)
  expect(text).toMatch(
    /\[user\]\n[^[]*\[\[ ## text ## \]\]\ncharged twice[\s\S]*\[assistant\][\s\S]*\[user\][\s\S]*it crashes/,
  )
  expect(text.endsWith('[answer]\n[[ ## team ## ]]\ntech')).toBe(true)
  expect(traceText([...trace, ...trace].map((one) => ({ ...one, tries: [2, 0] })))).toContain(
    '=== 2. predict, asked of script, try 2.0',
  )
})

test('a prompt as text names media by their type and tools with what they got and gave', () => {
  const prompt: Prompt = [
    {
      role: 'user',
      content: [{ type: 'file', mediaType: 'image/png', data: { type: 'data', data: new Uint8Array(9) } }],
    },
    { role: 'assistant', content: [{ type: 'tool-call', toolCallId: '1', toolName: 'add', input: { a: 1 } }] },
    {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: '1', toolName: 'add', output: { type: 'json', value: 2 } }],
    },
  ]
  expect(promptText(prompt)).toBe(
    '[user]\n<image/png>\n\n[assistant]\nadd({"a":1})\n\n[tool]\nadd gave {"type":"json","value":2}',
  )
})

test('an answer that cannot be read is in the error with its prompt where a trace was asked for, and only there', async () => {
  const count = predict('q -> n: int', { answerRetriesMax: 0 })
  const failed = (trace: boolean) =>
    count.run({ q: 'how many?' }, { lm: scriptedModel(['about seven']), trace }).catch((e) => e)
  const { data } = await failed(true)
  expect([data.text, data.prompt]).toEqual(['about seven', expect.stringContaining('how many?')])
  expect(Object.keys((await failed(false)).data)).not.toEqual(expect.arrayContaining(['text']))
  expect((await failed(false)).data.prompt).toBeUndefined()
})

describe('the error of a run that asked a model tells what the run took', () => {
  const first = predict('q -> a', { temperature: 0 })
  const asked = { q: 'how many?' }
  const model = () => scriptedModel(['[[ ## a ## ]]\nseven'])
  class Failing extends Program {
    first = first
    async forward({ q }: { q: string }) {
      await this.first.run({ q })
      throw new Error('no such account')
    }
  }

  test('of a class, a definition of one and one of signatures: the trace where it was asked for', async () => {
    const metric = () => 1
    const bindings = { models: { get: () => model() } }
    const ofClass = definitionOf(new Failing(), { name: 'failing', metric, signature: 'q -> a' })
    const ofSignatures = defineProgram({
      name: 'failing',
      predictors: { first: 'q -> a' },
      metric,
      run: async ({ first: ask }, { q }) => {
        await ask({ q })
        throw new Error('no such account')
      },
    })
    for (const run of [
      (trace: boolean) => new Failing().run(asked, { lm: model(), trace }),
      (trace: boolean) => ofClass.bind(ofClass.initialState(), bindings).run(asked, { trace }),
      (trace: boolean) => ofSignatures.bind(ofSignatures.initialState(), bindings).run(asked, { trace }),
    ]) {
      const traced = await run(true).catch((error) => error)
      expect(traced).toMatchObject({ code: 'dspx/program-failed' })
      const { usage, attempts, attemptsOmitted, trace, traceOmitted } = detailsOf(traced) as RunDetails
      expect([usage.calls, attemptsOmitted, traceOmitted]).toEqual([1, 0, 0])
      expect(attempts).toMatchObject([{ predictor: 'first' }])
      expect(trace).toMatchObject([{ predictor: 'first', text: '[[ ## a ## ]]\nseven' }])
      expect(JSON.stringify(traced)).not.toContain('"trace"')
      expect(detailsOf(await run(false).catch((error) => error))?.trace).toEqual([])
    }
  })

  test('also where an output of the whole is missing in the end', async () => {
    class Other extends Program {
      first = first
      forward({ q }: { q: string }) {
        return this.first.run({ q })
      }
    }
    const other = definitionOf(new Other(), { name: 'other', metric: () => 1, signature: 'q -> b' })
    const bound = other.bind(other.initialState(), { models: { get: () => model() } })
    const thrown = await bound.run(asked, { trace: true }).catch((error) => error)
    expect(thrown).toMatchObject({ code: 'dspx/program-failed', data: { usage: { calls: 1 } } })
    expect(detailsOf(thrown)?.trace).toHaveLength(1)
  })

  test('and that of one that asked none tells nothing', async () => {
    const thrown = await first.run({ q: 5 } as never, { lm: model() }).catch((error) => error)
    expect([thrown.code, detailsOf(thrown)]).toEqual(['dspx/invalid-input', undefined])
  })
})

describe('plain mistakes', () => {
  test('an input under another name is told by the name that was given', async () => {
    const run = route.run({ txet: 'a' } as never, { lm: lm() })
    await expect(run).rejects.toMatchObject({
      code: 'foundation/unknown-name',
      message: expect.stringContaining('did you mean "text"?'),
    })
    await expect(route.run({} as never, { lm: lm() })).rejects.toMatchObject({ code: 'dspx/invalid-input' })
  })

  test('an output that was not awaited is told of, also when it fails later', async () => {
    class Hasty extends Program {
      route = route
      async forward({ text }: { text: string }) {
        return { team: this.route.run({ text: text === '' ? (undefined as never) : text }) }
      }
    }
    for (const text of ['a', '']) {
      await expect(new Hasty().run({ text }, { lm: lm() })).rejects.toThrow(
        'program Hasty: forward: output team: expected a value, got a promise; await it',
      )
    }
  })

  test('a budget that is only its limits says how one is made', async () => {
    const run = route.run({ text: 'a' }, { lm: lm(), budget: { calls: 1 } as never })
    await expect(run).rejects.toThrow('expected a budget, as createBudget({ calls: 100 }) makes it')
  })

  test('the signature of a definition may be a string, and nothing else than that or a signature', () => {
    const metric = { name: 'any', score: () => 1 }
    const { signature } = definitionOf(route, { name: 'route', metric, signature: 'text -> team' })
    expect(signature.outputs.map(({ name }) => name)).toEqual(['team'])
    for (const odd of [5, null]) {
      expect(() => definitionOf(route, { name: 'route', metric, signature: odd as never })).toThrow(
        'expected a signature',
      )
    }
    const half = { inputs: [] }
    expect(() => definitionOf(route, { name: 'route', metric, signature: half as never })).toThrow(
      expect.objectContaining({ code: 'dspx/invalid-signature' }),
    )
  })
})

/** What `optimize` makes of programs, models and plans as people give them. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choice, randomSampler } from '@mabeam/ml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createModels } from '../models/models.ts'
import { noUsage } from '../models/usage.ts'
import { chainOfThought, predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { withLm } from '../programs/run-context.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { optimize } from './optimize.ts'
import type { Planner } from './planner.ts'
import { searchPlan } from './search-plan.ts'
import type { Teleprompter } from './teleprompter.ts'
import { betterTogether } from './teleprompters/better-together.ts'
import { bootstrapFewShot } from './teleprompters/bootstrap-few-shot.ts'
import { bootstrapRandomSearch } from './teleprompters/bootstrap-random-search.ts'
import { labeledFewShot } from './teleprompters/labeled-few-shot.ts'
import { planVariables } from './tuning-plan.ts'

const row = (i: number): Example => ({
  id: `rows:${i}`,
  inputs: { text: `row ${i};` },
  outputs: { team: i % 2 === 0 ? 'a' : 'b' },
})
const train = [0, 1, 2, 3].map(row)
const val = [4, 5, 6, 7, 8, 9].map(row)
const metric = exactMatch('team')
const route = () => predict('text -> team: "a" | "b"')
const model = (id = 'script') => {
  const made = scriptedModel(({ prompt }) => {
    const odd = Number(/row (\d+);/.exec(messageText(prompt.at(-1)))?.[1]) % 2 === 1
    return `[[ ## reasoning ## ]]\nx\n[[ ## team ## ]]\n${odd && prompt.some(({ role }) => role === 'assistant') ? 'b' : 'a'}`
  })
  return Object.assign(made, { modelId: id })
}
const base = { train, val, metric, teleprompter: labeledFewShot({ demos: 2 }) }

describe('the program', () => {
  test('is tuned in everything by default, over the embedded models where nobody names one', async () => {
    const seen: string[][] = []
    const watching: Teleprompter = {
      name: 'watching',
      async *propose({ program, tunes, initial }) {
        seen.push(Object.keys(program.variables), [
          String(tunes.instructions),
          String(tunes.demos),
          String(initial.settings.model),
        ])
        yield []
      },
    }
    const { report } = await optimize(route(), { ...base, teleprompter: watching })
    expect(seen).toEqual([
      ['model', 'adapter', 'reasoning', 'temperature', 'demos'],
      ['true', 'true', 'local/small'],
    ])
    expect(report.usage.calls).toBe(6)
  })

  test('is candidate 0 as it is given, with its own settings and all its demonstrations', async () => {
    const demos = Array.from({ length: 20 }, (_, i) => ({
      inputs: { text: `row ${i};` },
      outputs: { team: 'a' as const },
    }))
    const program = route().compile({
      settings: { temperature: 0.5 },
      predictors: { predict: { instructions: 'mine', demos } },
    })
    const lm = model()
    const watching: Teleprompter = {
      name: 'watching',
      async *propose() {
        yield []
      },
    }
    const { best } = await optimize(program, { ...base, teleprompter: watching, lm })
    expect(lm.calls[0]).toMatchObject({ temperature: 0.5 })
    expect(lm.calls[0]?.prompt).toHaveLength(2 * 20 + 2)
    expect(best.state()).toEqual(program.state())
  })

  test('asks the model around it, or those that its predictors name', async () => {
    const around = model('around')
    await withLm(around, () => optimize(route(), { ...base, tune: { demos: 4 } }))
    expect(around.calls.length).toBe(12)
    const named = model('named')
    const lm = model('other')
    const own = predict('text -> team: "a" | "b"', { lm: named })
    const { budget } = await optimize(own, { ...base, tune: { demos: 4 }, lm, budget: { calls: 12 } })
    expect([named.calls.length, lm.calls.length, budget.spent.calls]).toEqual([12, 0, 12])
  })

  test('is asked of several models where these are tuned, and keeps the one that won', async () => {
    const [a, b] = [model('a'), model('b')]
    const models = createModels({ custom: { a, b } })
    const trying: Teleprompter = {
      name: 'trying',
      async *propose({ initial }) {
        const state = { ...initial, settings: { ...initial.settings, model: 'b' } }
        yield [{ state, rows: 'val', origin: { parents: [0], how: 'model b' } }]
      },
    }
    const tune = { model: ['a', 'b'] }
    const { front, report } = await optimize(route(), { ...base, teleprompter: trying, tune, models })
    expect([a.calls.length, b.calls.length]).toEqual([6, 6])
    expect(report.winner).toBe(0)
    expect(front.map(({ config }) => config.model)).toEqual(['a', 'b'])
    const shown = (
      await optimize(route(), { ...base, teleprompter: trying, tune: { model: ['a', 'b'], demos: true }, models })
    ).front
    expect(shown.map(({ config }) => config.demos)).toEqual([0, 0])
    await expect(optimize(route(), { ...base, tune: { model: ['nobody'] }, models })).rejects.toMatchObject({
      code: 'dspx/unknown-model',
    })
  })

  test.each([
    ['labeledFewShot', () => labeledFewShot()],
    ['bootstrapFewShot', () => bootstrapFewShot()],
    ['bootstrapRandomSearch', () => bootstrapRandomSearch({ candidates: 2 })],
    ['betterTogether', () => betterTogether({ teleprompters: [bootstrapRandomSearch({ candidates: 2 })] })],
  ])('shows no more demonstrations than tune says, by %s', async (_, teleprompter) => {
    const shown = async (demos: number | boolean) => {
      const lm = model()
      await optimize(route(), { train, val, metric, teleprompter: teleprompter(), lm, tune: { demos } })
      const judged = lm.calls.filter(({ prompt }) =>
        val.some(({ inputs }) => messageText(prompt.at(-1)).includes(`${inputs.text}`)),
      )
      return Math.max(...judged.map(({ prompt }) => prompt.filter(({ role }) => role === 'assistant').length))
    }
    expect([await shown(0), await shown(1), await shown(3), await shown(true)]).toEqual([0, 1, 3, 4])
  })

  test('has settings of inner programs tuned by their path', async () => {
    class Two extends Program {
      first = predict('text -> hint: "x"')
      second = chainOfThought('text, hint -> team: "a" | "b"')
      async forward({ text }: { text: string }) {
        const { hint } = await this.first.run({ text })
        return await this.second.run({ text, hint })
      }
    }
    const lm = scriptedModel(
      ({ temperature }) =>
        `[[ ## hint ## ]]\nx\n[[ ## reasoning ## ]]\n.\n[[ ## team ## ]]\n${temperature === 1 ? 'b' : 'a'}`,
    )
    const trying: Teleprompter = {
      name: 'trying',
      async *propose({ initial }) {
        const state = { ...initial, settings: { ...initial.settings, 'second.adapter': 'json' } }
        yield [{ state, rows: 'val', origin: { parents: [0], how: 'json' } }]
      },
    }
    const variables = { 'second.adapter': choice(['chat', 'json']) }
    const { report } = await optimize(new Two(), { ...base, teleprompter: trying, tune: { variables }, lm })
    expect(report.steps.map(({ mean }) => mean)).toEqual([0.5, 0])
  })
})

describe('an evaluator of your own', () => {
  test('is paid by what its rows say, and stops with the budget', async () => {
    let asked = 0
    const evaluator = {
      slots: 1,
      evaluate: async (_: unknown, rows: readonly Example[]) =>
        rows.map(({ id }) => {
          asked++
          return { id, score: 1, outputs: {}, usage: { ...noUsage, calls: 2, tokensIn: 10 } }
        }),
    }
    const { report, budget } = await optimize(route(), { ...base, evaluator, budget: { calls: 17 } })
    expect([asked, report.ended, budget.spent]).toMatchObject([8, 'budget', { calls: 16, tokens: 80 }])
  })
})

describe('searchPlan', () => {
  const planner: Planner = {
    name: 'planner',
    async prepare({ program }) {
      const variable = 'candidate'
      const space = planVariables({ [variable]: choice(['one', 'two', 'three']) })
      const demos = [{ inputs: { text: 'x' }, outputs: { team: 'b' } }]
      return {
        version: 1,
        teleprompter: 'planner',
        program: program.name,
        settings: {},
        space,
        starts: [{ [variable]: 'two' }],
        choices: [{ variable, predictor: 'predict', part: 'demos' }],
        predictors: { predict: { instructions: {}, demos, demoSets: { one: [0], two: [], three: [0] } } },
      }
    },
  }

  test('tries the starts first, then what the sampler says, until the space is tried, in batches', async () => {
    const teleprompter = searchPlan(planner, { sampler: randomSampler(), batch: 2 })
    const { report } = await optimize(route(), { ...base, teleprompter, lm: model(), tune: { demos: 4 } })
    expect(report.ended).toBe('finished')
    expect(report.steps.map(({ origin }) => origin.how)[1]).toMatch(/^planner: candidate (one|three)$/)
    expect(report.steps).toHaveLength(2)
  })

  test('tries at most trialsMax, and refuses none', async () => {
    const teleprompter = searchPlan(planner, { trialsMax: 1 })
    const { report } = await optimize(route(), { ...base, teleprompter, lm: model(), tune: { demos: 4 } })
    expect(report.steps).toHaveLength(1)
    expect(() => searchPlan(planner, { trialsMax: 0 })).toThrow('trialsMax')
  })
})

describe('a teacher whose predictors name their model', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-teacher-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('is not asked again when the work is resumed', async () => {
    const named = model('named')
    const program = predict('text -> team: "a" | "b"', { lm: named })
    const options = {
      ...base,
      teleprompter: bootstrapFewShot({ labeled: 2 }),
      tune: { demos: 4 },
      resume: join(folder, 'run'),
    }
    const first = await optimize(program, options)
    const asked = named.calls.length
    const again = await optimize(program, options)
    expect(named.calls.length).toBe(asked)
    expect(again.report.winner).toBe(first.report.winner)
    expect(first.report.ownUsage.calls).toBeGreaterThan(0)
  })
})

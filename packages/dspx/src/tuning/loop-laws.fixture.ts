/**
 * What must hold of the loop that tunes, as laws that give the sentence of what is broken. They are given the loop, so that one with a
 * bug planted in it can be tried by them.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { hasCode, openJournal } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { choice, float, openStudy, studyJournal } from '@mabeam/ml'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { modelFailed } from '../models/errors.ts'
import { noUsage } from '../models/usage.ts'
import { predict } from '../programs/predictor.ts'
import { definitionOf } from '../programs/program-definition.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import type { Evaluator } from './evaluator.ts'
import type { optimize } from './optimize.ts'
import type { OptimizeDefinitionOptions } from './optimize-options.ts'
import { variablesPlanner } from './planner.fixture.ts'
import type { searchPlan } from './search-plan.ts'
import type { ScoredRow, Teleprompter } from './teleprompter.ts'

/** The loop, and the search that runs on it. */
export interface TestedLoop {
  readonly optimize: typeof optimize
  readonly searchPlan: typeof searchPlan
}

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: i % 2 === 0 ? 'a' : 'b' },
  }))

const program = definitionOf(predict('text -> team: "a" | "b"', { name: 'route' }), {
  name: 'route',
  metric: exactMatch('team'),
  variables: { adapter: choice(['chat', 'json']), temperature: float({ min: 0, max: 1, default: 0 }) },
})

const planner = variablesPlanner({ adapter: 'chat', temperature: 0 })

/** Tries so many states, told apart by their temperature, on so many rows each. */
const trying = (states: number, count: number): Teleprompter => ({
  name: 'trying',
  async *propose({ initial, val }) {
    for (let i = 1; i <= states; i++) {
      const settings = { ...initial.settings, temperature: i / states }
      const some = count < val.length ? val.slice(0, count).map(({ id }) => id) : ('val' as const)
      yield [{ state: { ...initial, settings }, rows: some, origin: { parents: [0], how: `state ${i}` } }]
    }
  },
})

interface Scoring {
  readonly asked: string[]
  readonly evaluator: Evaluator
}

/** Notes what it is asked; `answer` may make something else of a row. */
function scoring(
  answer: (row: number, temperature: number) => Partial<ScoredRow> = () => ({}),
  more: Partial<Evaluator> = {},
): Scoring {
  const asked: string[] = []
  const evaluate: Evaluator['evaluate'] = async ({ settings }, given) =>
    given.map(({ id }) => {
      const temperature = Number(settings.temperature ?? 0)
      asked.push(`${temperature} ${id}`)
      const row = Number(id.slice(5))
      const score = row % 10 < 10 - 10 * Math.abs(temperature - 0.7) ? 1 : 0
      return { id, score, outputs: {}, usage: { ...noUsage, calls: 1 }, ...answer(row, temperature) }
    })
  return { asked, evaluator: { slots: 1, rowsPerCall: 4, evaluate, ...more } }
}

const tuning = ({ optimize: run }: TestedLoop, more: Partial<OptimizeDefinitionOptions>) =>
  run(program, {
    train: rows(0, 4),
    val: rows(100, 20),
    lm: scriptedModel(() => 'never asked'),
    teleprompter: trying(2, 20),
    evaluator: scoring().evaluator,
    ...more,
  })

const refusal = modelFailed({
  modelId: 'm',
  sentence: 'too long',
  reason: 'context-too-long',
  retryable: false,
}).toJSON()
/** Refuses rows from the number on, in every state but the program as given. */
const refused = (from: number) => (row: number, temperature: number) =>
  temperature > 0 && row >= from ? { score: 0, error: refusal } : {}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-laws-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Each gives undefined where it holds. */
export const loopLaws: { readonly [law: string]: (loop: TestedLoop) => Promise<string | undefined> } = {
  'results are those of the rows in their order': async (loop) => {
    const { evaluator } = scoring()
    const reversed: Evaluator = {
      ...evaluator,
      evaluate: async (...args) => (await evaluator.evaluate(...args)).reverse(),
    }
    const thrown = await tuning(loop, { evaluator: reversed }).catch((error: unknown) => error)
    return hasCode(thrown, 'dspx/invalid-evaluation') ? undefined : 'another order is borne'
  },

  'a budget holds to the call, and goes on with more': (loop) =>
    inFolder(async (resume) => {
      const first = scoring()
      const one = await tuning(loop, { evaluator: first.evaluator, resume, budget: { calls: 27 } })
      if (first.asked.length !== 27 || one.budget.spent.calls !== 27)
        return `of 27 calls ${first.asked.length} were made`
      const second = scoring()
      const two = await tuning(loop, { evaluator: second.evaluator, resume, budget: { calls: 50 } })
      if (two.budget.spent.calls !== 50) return `27 and 23 calls are told as ${two.budget.spent.calls}`
      return second.asked.length === 23 ? undefined : `23 calls were left, and ${second.asked.length} were made`
    }),

  'a search that is gone on with goes the way of one in peace': (loop) =>
    inFolder(async (folder) => {
      const steps = async (name: string, { evaluator, asked }: Scoring) => {
        const path = join(folder, name)
        await using journal = await openJournal({ path: join(path, 'study.jsonl'), ...studyJournal })
        const study = (options: object) => openStudy({ ...(options as Parameters<typeof openStudy>[0]), journal })
        const teleprompter = loop.searchPlan(planner, { trialsMax: 6, rowsPerTrial: 6, study: study as never })
        const { report } = await tuning(loop, { evaluator, teleprompter, resume: join(path, 'work') })
        return { steps: report.steps, asked: asked.length }
      }
      const peace = await steps('peace', scoring())
      const dying = scoring()
      const cut = scoring(() => {
        if (dying.asked.push('') > 35) throw new Error('the power is off')
        return {}
      })
      await steps('killed', cut).catch(() => {})
      const after = await steps('killed', scoring())
      if (!isDeepStrictEqual(after.steps, peace.steps)) return 'it tried other states'
      return 35 + after.asked - peace.asked <= 4 ? undefined : 'it asked again what it knew'
    }),

  'a budget leaves what trying the best on all rows takes': async (loop) => {
    const teleprompter = loop.searchPlan(planner, { rowsPerTrial: 6, trialsMax: 50 })
    const budget = { calls: 20 + 5 * 6 + 3 * 14 }
    const { report } = await tuning(loop, { teleprompter, finalists: 3, budget })
    const whole = report.steps.filter(({ isWhole }) => isWhole).length
    return whole === 1 + 3 ? undefined : `${whole - 1} of 3 finalists were tried`
  },

  'time is left for them too': async (loop) => {
    const clock = virtualClock()
    const { evaluator } = scoring()
    const slow: Evaluator = {
      ...evaluator,
      evaluate: async (...args) => {
        await clock.advance(10)
        return await evaluator.evaluate(...args)
      },
    }
    const teleprompter = trying(1_000, 4)
    const { report } = await tuning(loop, { teleprompter, finalists: 3, evaluator: slow, clock, budget: { ms: 1_000 } })
    const whole = report.steps.filter(({ isWhole }) => isWhole).length
    return whole === 1 + 3 ? undefined : `${whole - 1} of 3 finalists were tried`
  },

  'a state that a model refuses fails alone': async (loop) => {
    const { asked, evaluator } = scoring(refused(0))
    const found = await tuning(loop, { evaluator, errorsMax: 3, teleprompter: trying(3, 20) }).catch(() => undefined)
    if (found === undefined) return 'it ended the run'
    const failed = found.report.steps.filter(({ failure }) => failure !== undefined).length
    if (failed !== 3) return `${failed} of 3 have failed`
    return asked.length <= 20 + 3 * 4 ? undefined : `${asked.length - 20} rows were asked to tell`
  },

  'a state that is refused on more rows than are borne never wins': async (loop) => {
    const { evaluator } = scoring((row, temperature) => ({
      score: temperature > 0 ? 1 : 0,
      ...refused(112)(row, temperature),
    }))
    const { report } = await tuning(loop, { evaluator, errorsMax: 7 })
    return report.winner === 0 ? undefined : 'it won'
  },

  'what is known of a refused state does not depend on what was under way': async (loop) => {
    const one = await tuning(loop, { evaluator: scoring(refused(100)).evaluator })
    const wide = scoring(refused(100), { slots: 3, rowsPerCall: 7 })
    const other = await tuning(loop, { evaluator: wide.evaluator })
    return isDeepStrictEqual(one.report.steps, other.report.steps) ? undefined : 'it does'
  },

  'states after a refused one are asked their first rows first': async (loop) => {
    const { asked, evaluator } = scoring(refused(100), { slots: 3, rowsPerCall: 7 })
    await tuning(loop, { evaluator, teleprompter: trying(2, 20) })
    const last = asked.filter((one) => one.startsWith('1 ')).length
    return last === 10 ? undefined : `${last} rows of the second were asked`
  },

  'one that fails leaves its place among the finalists to the next': async (loop) => {
    const { evaluator } = scoring((row, temperature) =>
      temperature > 0.5 ? refused(106)(row, temperature) : { score: row % 2 },
    )
    const { report } = await tuning(loop, { evaluator, errorsMax: 2, teleprompter: trying(4, 6), finalists: 2 })
    const whole = report.steps.filter(({ isWhole }) => isWhole).map(({ candidate }) => candidate)
    return isDeepStrictEqual(whole, [0, 1, 2]) ? undefined : `tried on all rows were ${whole.join()}`
  },
}

/** The laws that a loop breaks. */
export async function brokenLaws(loop: TestedLoop): Promise<{ readonly [law: string]: string }> {
  const broken: { [law: string]: string } = {}
  for (const [law, check] of Object.entries(loopLaws)) {
    const said = await check(loop).catch((thrown: unknown) => `it threw: ${String(thrown)}`)
    if (said !== undefined) broken[law] = said
  }
  return broken
}

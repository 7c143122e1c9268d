/** States that a model refuses: what they cost, what becomes of them, and of the run where it is the program as given. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type MabeamError, seededRandom } from '@mabeam/foundation'
import { collectTelemetry } from '@mabeam/foundation/testing'
import { choice, createStudy, type Study } from '@mabeam/ml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { stateFault } from '../evaluation/state-fault.ts'
import { type FailureReason, modelFailed } from '../models/errors.ts'
import { fallbackMiddleware } from '../models/middleware/fallback.ts'
import { noUsage } from '../models/usage.ts'
import { predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { definitionOf } from '../programs/program-definition.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import type { Evaluator } from './evaluator.ts'
import { optimize } from './optimize.ts'
import type { OptimizeOptions } from './optimize-options.ts'
import { variablesPlanner } from './planner.fixture.ts'
import { searchPlan } from './search-plan.ts'
import type { Evidence, ScoredRow, Teleprompter } from './teleprompter.ts'

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: (from + i) % 2 === 0 ? 'a' : 'b' },
  }))
const [train, val] = [rows(0, 4), rows(10, 40)]

const refusal = (reason: FailureReason = 'context-too-long', retryable = false) =>
  modelFailed({ modelId: 'small', sentence: 'got HTTP status 400: the prompt is too long', reason, retryable })

/** Refuses rows from the number on that instructions name, as `refused from 30`; else all are right from `good` on, or half of them. */
function refusing(error: () => MabeamError = refusal) {
  return scriptedModel(({ prompt }) => {
    const text = prompt.map((one) => messageText(one)).join('\n')
    const row = Number(/row (\d+);/.exec(messageText(prompt.at(-1)))?.[1])
    if (row >= Number(/refused from (\d+)/.exec(text)?.[1] ?? Number.POSITIVE_INFINITY)) return error()
    return `[[ ## team ## ]]\n${text.includes('good') && row % 2 === 1 ? 'b' : 'a'}`
  })
}

/** Tries one set of instructions after the other, each on its rows, all validation rows unless it says another number. */
function telling(
  texts: readonly (readonly [instructions: string, rows?: number])[],
  seen: Evidence[] = [],
): Teleprompter {
  return {
    name: 'telling',
    async *propose({ initial, val: all }) {
      for (const [instructions, count] of texts) {
        const state = { ...initial, predictors: { predict: { demos: [], instructions } } }
        const some = count === undefined ? ('val' as const) : all.slice(0, count).map(({ id }) => id)
        seen.push(...(yield [{ state, rows: some, origin: { parents: [0], how: instructions } }]))
      }
    },
  }
}

function run(teleprompter: Teleprompter, more: Partial<OptimizeOptions> & { readonly instructions?: string } = {}) {
  const { instructions = 'given', lm = refusing(), ...options } = more
  const done = optimize(predict('text -> team: "a" | "b"', { instructions }), {
    train,
    val,
    metric: exactMatch('team'),
    teleprompter,
    tune: { instructions: true },
    concurrency: 4,
    lm,
    ...options,
  })
  return { lm: lm as ReturnType<typeof refusing>, done }
}

/** Rows that were asked under these instructions. */
const askedUnder = ({ calls }: ReturnType<typeof refusing>, instructions: string) =>
  calls.filter(({ prompt }) => prompt.some((one) => messageText(one).includes(instructions))).length

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-refused-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a state that a model refuses', () => {
  test('fails alone, with its reason, after its first rows, and the search goes on', async () => {
    const seen: Evidence[] = []
    const telemetry = collectTelemetry()
    const texts = [['one refused from 0'], ['two refused from 0'], ['good']] as const
    const { lm, done } = run(telling(texts, seen), { telemetry, errorsMax: 3 })
    const { report, explain } = await done
    expect(report.winner).toBe(3)
    expect(report.steps[1]).toMatchObject({
      rows: 4,
      errors: 4,
      mean: 0,
      isWhole: false,
      kept: false,
      failure: 'small: got HTTP status 400: the prompt is too long',
      why: 'not kept: a model refuses it (context-too-long): small: got HTTP status 400: the prompt is too long',
    })
    expect(explain()).toContain('a model refuses it (context-too-long)')
    expect(seen[0]).toMatchObject({ mean: 0, isWhole: true, failure: { code: 'dspx/model-failed' } })
    expect(seen[0]?.rows.map(({ id }) => id)).toEqual(val.map(({ id }) => id))
    expect(seen[2]?.failure).toBeUndefined()
    const failed = telemetry.events.filter(({ name }) => name === 'dspx.optimize-candidate-failed')
    expect(failed.map(({ measurements, metadata }) => [measurements, metadata])).toEqual([
      [
        { candidate: 1, rows: 4 },
        { teleprompter: 'telling', reason: 'context-too-long' },
      ],
      [
        { candidate: 2, rows: 4 },
        { teleprompter: 'telling', reason: 'context-too-long' },
      ],
    ])
    expect(report.comparisons.map(({ candidate }) => candidate)).toEqual([3])
    expect(askedUnder(lm, 'good')).toBe(40)
  })

  test('is asked ten rows and what was under way with them; those after it ten', async () => {
    const { lm, done } = run(telling([['one refused from 0'], ['two refused from 0'], ['six refused from 40']]))
    const { report } = await done
    expect(report.steps.slice(1).map((step) => step.rows)).toEqual([10, 10, 40])
    expect(askedUnder(lm, 'one refused')).toBeLessThanOrEqual(10 + 3)
    expect(askedUnder(lm, 'two refused')).toBe(10)
    // ten of the last forty are borne, and score nothing
    expect(report.steps[3]).toMatchObject({ errors: 10, isWhole: true, mean: 15 / 40 })
    expect(report.steps[3]?.failure).toBeUndefined()
  })

  test('fails with one row more than are borne, though all that it answered is right', async () => {
    const { done } = run(telling([['good, refused from 39'], ['good, refused from 40']]))
    const { report } = await done
    expect(report.steps[1]).toMatchObject({ isWhole: false, errors: 11, rows: 40 })
    expect(report.steps[1]?.why).toContain('refuses it')
    expect(report.winner).toBe(2)
  })

  test('has not failed on a minibatch that is smaller than its first rows, and then is not asked these again', async () => {
    const seen: Evidence[] = []
    const { lm, done } = run(telling([['refused from 0', 3], ['refused from 0'], ['refused from 0', 5]], seen))
    const { report } = await done
    expect(seen.map(({ failure, rows: { length } }) => [failure !== undefined, length])).toEqual([
      [false, 3],
      [true, 40],
      [true, 5],
    ])
    expect(askedUnder(lm, 'refused')).toBeLessThanOrEqual(10)
    expect(report.steps[1]?.rows).toBe(10)
  })

  test('is known behind the errors of the program, of several tries and of several models', async () => {
    class Wrapping extends Program {
      readonly inner = predict('text -> team: "a" | "b"', { instructions: 'given' })
      async forward({ text }: { text: string }) {
        try {
          return await this.inner.run({ text })
        } catch (cause) {
          throw new Error('the first step has failed', { cause })
        }
      }
    }
    const inner: Teleprompter = {
      name: 'inner',
      async *propose({ initial }) {
        const state = { ...initial, predictors: { inner: { demos: [], instructions: 'refused from 0' } } }
        yield [{ state, rows: 'val', origin: { parents: [0], how: 'told' } }]
      },
    }
    const options = {
      train,
      val,
      metric: exactMatch('team'),
      teleprompter: inner,
      tune: { instructions: true },
    } as const
    const wrapped = await optimize(new Wrapping(), { ...options, lm: refusing() })
    expect(wrapped.report.steps[1]?.failure).toBe('program Wrapping: the first step has failed')
    const both = fallbackMiddleware({ models: [refusing()] })(refusing())
    const { report } = await run(telling([['refused from 0']]), { lm: both }).done
    expect(report.steps[1]?.failure).toMatch(/expected one of its models to answer/)
  })

  test('is a failed trial of the study', async () => {
    const program = definitionOf(predict('text -> team: "a" | "b"', { name: 'route', instructions: 'given' }), {
      name: 'route',
      metric: exactMatch('team'),
      variables: { adapter: choice(['chat', 'json']) },
    })
    const lm = scriptedModel(({ prompt }) => {
      return prompt.some((one) => messageText(one).includes('[[ ##'))
        ? '[[ ## team ## ]]\na'
        : refusal('invalid-request')
    })
    let study: Study | undefined
    const planner = variablesPlanner({ adapter: 'json' })
    const teleprompter = searchPlan(planner, {
      study: (options) => {
        study = createStudy(options)
        return study
      },
    })
    const { best } = await optimize(program, {
      train,
      val,
      teleprompter,
      tune: { instructions: false, demos: false },
      lm,
    })
    expect(best.state.settings.adapter).toBe('chat')
    expect(study?.finished.map(({ config, state, error }) => [config.adapter, state, error?.message])).toEqual([
      ['json', 'failed', 'small: got HTTP status 400: the prompt is too long'],
      ['chat', 'complete', undefined],
    ])
  })
})

describe('failures of the surroundings', () => {
  test.each([
    ['overloaded', true],
    ['server', true],
    ['quota', false],
    ['not-found', false],
    ['permission', false],
  ] as const)('end the run: %s', async (reason, retryable) => {
    const { lm, done } = run(telling([['refused from 0'], ['good']]), {
      lm: refusing(() => refusal(reason, retryable)),
    })
    await expect(done).rejects.toMatchObject({ code: 'dspx/too-many-errors', retryable })
    expect(askedUnder(lm, 'good')).toBe(0)
  })

  test('end the run at once where a key is refused', async () => {
    const { done } = run(telling([['refused from 0']]), { lm: refusing(() => refusal('authentication')) })
    await expect(done).rejects.toMatchObject({ code: 'dspx/model-failed' })
  })

  test('are not those of the state where one of several models was only overloaded', async () => {
    const both = fallbackMiddleware({ models: [refusing()] })(refusing(() => refusal('overloaded', false)))
    await expect(run(telling([['refused from 0']]), { lm: both }).done).rejects.toMatchObject({
      code: 'dspx/too-many-errors',
    })
  })
})

describe('a program as given that a model refuses', () => {
  test.each([
    ['context-too-long', 'shorten its instructions'],
    ['invalid-request', 'change the setting'],
  ] as const)('ends the run with what to change: %s', async (reason, mend) => {
    const { lm, done } = run(telling([['good']]), {
      instructions: 'refused from 0',
      lm: refusing(() => refusal(reason)),
    })
    await expect(done).rejects.toMatchObject({ code: 'dspx/too-many-errors', retryable: false })
    await expect(done).rejects.toThrow(
      new RegExp(`^optimize: the program as given: expected at most 10 rows .* got 11 \\(${reason}\\); ${mend}`),
    )
    expect(askedUnder(lm, 'good')).toBe(0)
  })

  test('on as many rows as are borne goes on', async () => {
    const { report } = await run(telling([['good']]), { instructions: 'refused from 40' }).done
    expect(report.steps[0]).toMatchObject({ errors: 10, isWhole: true })
    expect(report.winner).toBe(1)
  })
})

describe('whatever the order of answers', () => {
  const texts = [
    ['refused from 0', 3],
    ['refused from 18'],
    ['good, refused from 36'],
    ['refused from 0'],
    ['good, refused from 45'],
  ] as const

  /** Gives rows back out of order. */
  const shuffled = (seed: number): Evaluator => {
    const random = seededRandom(seed)
    return {
      slots: 7,
      rowsPerCall: 3,
      evaluate: async ({ predictors }, given) => {
        for (let i = random.int(6); i > 0; i--) await undefined
        const from = Number(/refused from (\d+)/.exec(predictors.predict?.instructions ?? '')?.[1] ?? 99)
        return given.map(({ id }): ScoredRow => {
          const row = Number(id.slice(5))
          const usage = { ...noUsage, calls: 1 }
          return row < from
            ? { id, score: row % 3 === 0 ? 1 : 0, outputs: {}, usage }
            : { id, score: 0, error: refusal().toJSON(), usage }
        })
      },
    }
  }
  const found = async (seed: number, more: Partial<OptimizeOptions> = {}) => {
    const seen: Evidence[] = []
    const { report } = await run(telling(texts, seen), { evaluator: shuffled(seed), ...more }).done
    const { steps, winner, verdict, ended } = report
    return { steps, winner, verdict, ended, seen }
  }

  test('the same is found', async () => {
    const first = await found(1)
    expect(first.steps.map(({ failure }) => failure !== undefined)).toEqual([false, true, true, true, false])
    for (const seed of [2, 3, 4, 5]) expect(isDeepStrictEqual(await found(seed), first), `seed ${seed}`).toBe(true)
  })

  test('and when the work is cut off by its budget and gone on with', async () => {
    const whole = await found(1)
    const resume = join(folder, 'cut')
    for (let calls = 41; ; calls += 9) {
      const one = await found(calls, { resume, budget: { calls } })
      if (one.ended === 'budget') continue
      expect(one).toEqual(whole)
      expect(calls).toBeGreaterThan(100)
      return
    }
  })
})

test.each([
  [{ code: 'dspx/model-failed', retryable: false, data: { reason: 'context-too-long' } }, 'context-too-long'],
  [{ code: 'dspx/model-failed', retryable: true, data: { reason: 'context-too-long' } }, undefined],
  [{ code: 'dspx/model-failed', retryable: false, data: { reason: 'quota' } }, undefined],
  [{ code: 'dspx/judge-failed', retryable: false, data: { reason: 'context-too-long' } }, undefined],
  [{ code: 'dspx/program-failed', retryable: false, data: { stateFault: 'invalid-request' } }, 'invalid-request'],
  [{ code: 'dspx/program-failed', retryable: false, data: { stateFault: 3 } }, undefined],
])('stateFault of %j is %s', (error, fault) => {
  expect(stateFault({ error: { message: '', ...error } })).toBe(fault)
})

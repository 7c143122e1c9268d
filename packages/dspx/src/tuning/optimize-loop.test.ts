import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, MabeamError } from '@mabeam/foundation'
import { collectTelemetry, virtualClock } from '@mabeam/foundation/testing'
import { choice } from '@mabeam/ml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import type { Metric } from '../evaluation/metric.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createModels } from '../models/models.ts'
import { type Predict, predict } from '../programs/predictor.ts'
import type { ProgramState } from '../programs/program-state.ts'
import { messageText, type ScriptedAnswer, scriptedModel, textAnswer } from '../testing/index.ts'
import { optimize } from './optimize.ts'
import type { OptimizeOptions } from './optimize-options.ts'
import { proposalsMax } from './proposal-check.ts'
import type { Evidence, Proposal, Teleprompter, TuningContext } from './teleprompter.ts'

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: (from + i) % 2 === 0 ? 'a' : 'b' },
  }))
const train = rows(0, 4)
const val = rows(10, 6)
const metric = exactMatch('team')
const route = () => predict('text -> team: "a" | "b"', { instructions: 'start' })

/** Right on the rows below the number that its instructions end with; on even ones without a number. */
function model(answer?: (row: number, prompt: string) => ScriptedAnswer | Promise<ScriptedAnswer>) {
  return scriptedModel(async ({ prompt }) => {
    const text = prompt.map((one) => messageText(one)).join('\n')
    const row = Number(/row (\d+);/.exec(messageText(prompt.at(-1)))?.[1])
    const said = await answer?.(row, text)
    if (said !== undefined) return said
    const below = Number(/below (\d+)/.exec(text)?.[1] ?? 0)
    const right = row % 2 === 0 ? 'a' : 'b'
    return `[[ ## team ## ]]\n${row < below ? right : 'a'}`
  })
}

type Body = (context: TuningContext) => AsyncGenerator<readonly Proposal[], void, readonly Evidence[]>
const teleprompter = (propose: Body): Teleprompter => ({ name: 'test', propose })
const nothing = teleprompter(async function* () {})

function told(context: TuningContext, instructions: string): ProgramState {
  const { predict: one } = context.initial.predictors
  return { ...context.initial, predictors: { predict: { demos: one?.demos ?? [], instructions } } }
}
const proposal = (state: ProgramState, more: Partial<Proposal> = {}): Proposal => ({
  state,
  rows: 'val',
  origin: { parents: [0], how: 'told' },
  ...more,
})

function run(propose: Body, more: Partial<OptimizeOptions> = {}) {
  const lm = model()
  const options: OptimizeOptions = {
    train,
    val,
    metric,
    lm,
    teleprompter: teleprompter(propose),
    tune: { instructions: true },
  }
  return { lm, done: optimize(route(), { ...options, ...more }) }
}

describe('evidence', () => {
  test('comes back in the order of the proposals, and no state is run twice on a row', async () => {
    const seen: Evidence[][] = []
    const { lm, done } = run(async function* (context) {
      const [good, bad] = [told(context, 'below 99'), told(context, 'below 12')]
      seen.push([...(yield [proposal(good, { rows: ['rows:1', 'rows:10'] }), proposal(bad)])])
      seen.push([...(yield [proposal(bad, { rows: ['rows:11'] }), proposal(good), proposal(context.initial)])])
    })
    const { report } = await done
    expect(seen.map((batch) => batch.map(({ candidate, mean, isWhole }) => [candidate, mean, isWhole]))).toEqual([
      [
        [1, 1, false],
        [2, 4 / 6, true],
      ],
      [
        [2, 1, false],
        [1, 1, true],
        [0, 0.5, true],
      ],
    ])
    expect(seen[0]?.[0]?.rows.map(({ id, score }) => [id, score])).toEqual([
      ['rows:1', 1],
      ['rows:10', 1],
    ])
    expect(lm.calls).toHaveLength(6 + 2 + 6 + 5)
    expect(report.winner).toBe(1)
  })

  test('holds steps with prompts where a trace is asked for, and what the metric says', async () => {
    const judged: Metric = {
      name: 'judged',
      score: (_, { team }) => ({ score: team === 'a' ? 1 : 0, feedback: `said ${team}`, values: { length: 3 } }),
    }
    let got: readonly Evidence[] = []
    const { done } = run(
      async function* (context) {
        got = yield [proposal(told(context, 'below 99'), { trace: true, rows: ['rows:1'] })]
      },
      { metric: judged, objectives: { accuracy: 'max', length: 'min' } },
    )
    await done
    const [row] = got[0]?.rows ?? []
    expect(row).toMatchObject({ score: 0, feedback: 'said b', values: { length: 3 } })
    expect(row?.steps).toMatchObject([{ predictor: 'predict', inputs: { text: 'row 1;' }, outputs: { team: 'b' } }])
    expect(row?.steps?.[0]?.text).toContain('team')
    expect(got[0]?.values.length).toBe(3)
  })

  test('of candidates tried on few rows only: the best are tried on all in the end', async () => {
    const { done } = run(async function* (context) {
      yield ['below 99', 'below 1', 'below 2'].map((text) =>
        proposal(told(context, text), { rows: ['rows:1', 'rows:3'] }),
      )
    })
    const { report } = await done
    expect(report.steps.map(({ isWhole }) => isWhole)).toEqual([true, true, false, true])
    expect(report.winner).toBe(1)
    expect(report.steps[2]?.why).toContain('not tried on all validation rows')
  })
})

describe('the winner', () => {
  test('is best by the first objective, of equals the cheaper, and a tie is called a tie', async () => {
    const priced = scriptedModel(({ prompt }) => {
      const costUsd = messageText(prompt[0]).includes('dear') ? 3 : 1
      return { ...textAnswer('[[ ## team ## ]]\na'), providerMetadata: { mabeam: { costUsd, latencyMs: 5 } } }
    })
    const { done } = run(
      async function* (context) {
        yield [proposal(told(context, 'dear')), proposal(told(context, 'cheap'))]
      },
      { lm: priced, objectives: ['accuracy', 'costUsd'] },
    )
    const { report, verdict, front, explain } = await done
    expect(report.winner).toBe(0)
    expect(verdict).toMatchObject({ type: 'tie', difference: 0, against: 0 })
    expect(front.map(({ candidate }) => candidate)).toEqual([0, 2])
    expect(explain()).toContain('Nothing that was tried did better than the program as given')
  })

  test('is never the program as given where something scored higher, though it be a tie', async () => {
    const { done } = run(async function* (context) {
      yield [proposal(told(context, 'below 12'))]
    })
    const { best, verdict } = await done
    expect((best as Predict).instructions).toBe('below 12')
    expect(verdict).toMatchObject({ type: 'tie', candidate: 1 })
    expect(verdict.type === 'tie' && verdict.difference).toBeCloseTo(1 / 6)
  })

  test('keeps settings that were tuned, and no others, so that any model may run it', async () => {
    const { done } = run(
      async function* (context) {
        const state = told(context, 'below 99')
        yield [proposal({ ...state, settings: { ...state.settings, adapter: 'json' } })]
      },
      {
        tune: { instructions: true, adapter: true },
        lm: model((_, text) => (text.includes('JSON') ? '{"team":"a"}' : (undefined as never))),
      },
    )
    const { front } = await done
    expect(front.find(({ candidate }) => candidate === 1)?.program.settings ?? { adapter: 'json' }).toEqual({
      adapter: 'json',
    })
  })

  test('is the same again with the same seed, in every step', async () => {
    const search: Body = async function* (context) {
      for (let i = 0; i < 5; i++) yield [proposal(told(context, `below ${context.random.int(20)}`))]
    }
    const plain = async (seed: number) => {
      const { report } = await run(search, { seed }).done
      const { budget: _, usage: __, ...rest } = report
      return { ...rest, steps: rest.steps.map(({ values: _values, ...step }) => step) }
    }
    expect(await plain(5)).toEqual(await plain(5))
    expect((await plain(5)).steps).not.toEqual((await plain(6)).steps)
  })
})

describe('a budget', () => {
  const greedy: Body = async function* (context) {
    for (let i = 0; ; i++) yield [proposal(told(context, `below ${i}`))]
  }

  test.each([0, 1, 5, 6, 7, 20, 23])(
    'of %i calls is never passed, and what there is by then is judged',
    async (calls) => {
      const { lm, done } = run(greedy, { budget: { calls } })
      const { report, budget, verdict } = await done
      expect(lm.calls.length).toBe(calls)
      expect(budget.spent.calls).toBe(calls)
      expect(report.ended).toBe('budget')
      expect(verdict.type).toBe(calls < 12 ? 'unjudged' : 'tie')
    },
  )

  test('of money needs prices, and holds by the worst case', async () => {
    const needy = run(greedy, { budget: { usd: 1 } })
    await expect(needy.done).rejects.toMatchObject({ code: 'dspx/price-unknown' })
    const { budget } = await optimize(route(), {
      train,
      val,
      metric,
      teleprompter: teleprompter(greedy),
      tune: { instructions: true },
      lm: 'local/small',
      models: createModels(),
      budget: { usd: 0.01 },
    })
    expect(budget.spent.usd).toBeGreaterThan(0)
    expect(budget.spent.usd).toBeLessThanOrEqual(0.01)
  })

  test('of time ends what is under way', async () => {
    const clock = virtualClock()
    const waiting = Promise.withResolvers<void>()
    const lm = scriptedModel(async ({ abortSignal }) => {
      if (lm.calls.length <= 6) return '[[ ## team ## ]]\na'
      const aborted = Promise.withResolvers<never>()
      abortSignal?.addEventListener('abort', () => aborted.reject(abortSignal.reason))
      waiting.resolve()
      return await aborted.promise
    })
    const { done } = run(greedy, { budget: { ms: 1_000 }, clock: clock as Clock, lm })
    await waiting.promise
    await clock.advance(1_000)
    const { report } = await done
    expect(report).toMatchObject({
      ended: 'budget',
      winner: 0,
      budget: { limits: { ms: 1_000 }, spent: { ms: 1_000 } },
    })
  })

  test('of candidates: as many are tried as there may be, and what needs one more ends the search', async () => {
    const { report, explain } = await run(greedy, { candidatesMax: 4 }).done
    expect([report.ended, report.steps.length]).toEqual(['candidates', 4])
    expect(explain()).toContain('it had tried as many candidates as it may')
    const three: Body = async function* (context) {
      for (let i = 0; i < 3; i++) yield [proposal(told(context, `below ${i}`)), proposal(context.initial)]
    }
    expect((await run(three, { candidatesMax: 4 }).done).report.ended).toBe('finished')
  })

  test('is told to teleprompters by what is left', async () => {
    const left: number[] = []
    const { done } = run(
      async function* (context) {
        left.push(context.budgetLeft().calls)
        yield [proposal(told(context, 'below 99'))]
        left.push(context.budgetLeft().calls, context.budgetLeft().usd)
      },
      { budget: { calls: 20 } },
    )
    await done
    expect(left).toEqual([14, 8, Number.POSITIVE_INFINITY])
  })

  test('pays what a teleprompter asks itself', async () => {
    const { lm, done } = run(
      async function* (context) {
        for (let i = 0; ; i++) {
          const { team } = await context.ask(route(), { text: `row ${i};` })
          context.note(`it said ${team}`)
          yield []
        }
      },
      { budget: { calls: 9 } },
    )
    const { report, budget } = await done
    expect(lm.calls).toHaveLength(9)
    expect(budget.spent.calls).toBe(9)
    expect(report.ownUsage.calls).toBe(3)
    expect(report.notes).toEqual(['it said a', 'it said a', 'it said a'])
  })
})

describe('what goes wrong', () => {
  const refused = (change: (context: TuningContext) => Partial<Proposal>) =>
    run(async function* (context) {
      yield [proposal(context.initial, change(context))]
    }).done

  test('a proposal on an unknown row, on no row, of another model, of demonstrations that are not tuned', async () => {
    await expect(refused(() => ({ rows: ['rows:77'] }))).rejects.toThrow(
      'teleprompter test: proposal: rows: expected ids of rows in train or val, got "rows:77"',
    )
    await expect(refused(() => ({ rows: [] }))).rejects.toMatchObject({ code: 'dspx/invalid-proposal' })
    await expect(refused(() => ({ rows: ['rows:1', 'rows:1'] }))).rejects.toThrow('each row once')
    await expect(refused(() => ({ origin: { parents: [4], how: '' } }))).rejects.toThrow('numbers of candidates')
    const settings = ({ initial }: TuningContext) => ({
      state: { ...initial, settings: { ...initial.settings, model: 'x' } },
    })
    await expect(refused(settings)).rejects.toThrow('settings.model: expected script, since it is not tuned')
    const demos = [{ inputs: { text: 'x' }, outputs: { team: 'a' } }]
    const shown = ({ initial }: TuningContext) => ({
      state: { ...initial, predictors: { predict: { instructions: 'start', demos } } },
    })
    await expect(refused(shown)).rejects.toThrow('since tune leaves out demos')
    const strange = ({ initial }: TuningContext) => ({ state: { ...initial, predictors: {} } })
    await expect(refused(strange)).rejects.toMatchObject({ code: 'dspx/invalid-state' })
  })

  test(`more than ${proposalsMax} proposals at once`, async () => {
    const many = (count: number) =>
      run(async function* (context) {
        yield Array.from({ length: count }, () => proposal(context.initial))
      }).done
    await expect(many(proposalsMax + 1)).rejects.toThrow(`a list of at most ${proposalsMax} proposals`)
    expect((await many(proposalsMax)).report.steps).toHaveLength(1)
  })

  test('a teleprompter that throws, and one that proposes while it is ended', async () => {
    const thrown = run(async function* ({ initial }) {
      if (initial) throw new TypeError('no idea')
      yield []
    }).done
    await expect(thrown).rejects.toThrow('teleprompter test: no idea')
    await expect(thrown).rejects.toMatchObject({ code: 'dspx/teleprompter-failed' })
    const late = run(async function* (context) {
      try {
        yield [proposal(context.initial, { rows: ['rows:77'] })]
      } finally {
        yield []
      }
    }).done
    await expect(late).rejects.toMatchObject({ code: 'dspx/invalid-proposal' })
  })

  test('a metric that throws or is no number, and an objective that nothing measures', async () => {
    const broken = { name: 'broken', score: () => Number.NaN }
    await expect(run(nothing.propose, { metric: broken }).done).rejects.toMatchObject({
      code: 'dspx/metric-score-invalid',
    })
    const throwing = () => {
      throw new Error('bug')
    }
    await expect(run(nothing.propose, { metric: throwing }).done).rejects.toMatchObject({ code: 'dspx/metric-failed' })
    await expect(run(nothing.propose, { objectives: { accuracy: 'max', charm: 'max' } }).done).rejects.toThrow(
      'objective charm: expected something that is measured',
    )
    await expect(run(nothing.propose, { objectives: ['accuracy', 'speed' as never] }).done).rejects.toThrow('speed')
    await expect(run(nothing.propose, { objectives: [] }).done).rejects.toThrow('at least one objective')
  })

  test('rows that repeat, are too few, or are judged by what they were shown', async () => {
    const at = (more: Partial<OptimizeOptions>) => run(nothing.propose, more).done
    await expect(at({ train: [] })).rejects.toMatchObject({ code: 'dspx/no-examples' })
    await expect(at({ val: [] })).rejects.toMatchObject({ code: 'dspx/no-examples' })
    await expect(at({ train: [...train, ...val] })).rejects.toMatchObject({ code: 'dspx/duplicate-row' })
    const leak = val.map((row) => ({ ...row, id: `again ${row.id}` }))
    await expect(at({ train: leak })).rejects.toMatchObject({ code: 'dspx/too-few-rows' })
    const { report } = await at({ train: [...train, ...leak] })
    expect(report.notes[0]).toContain('6 training rows were left out')
    const one = { train: rows(0, 1), val, teleprompter: nothing, metric, lm: model() }
    expect((await optimize(route(), one)).report.rows).toEqual({ train: 1, val: 6 })
    const { val: _, ...alone } = one
    await expect(optimize(route(), alone)).rejects.toThrow('expected at least 2 rows of different inputs')
  })

  test('a line that is down: errorsMax failed calls are borne, one more stops the run', async () => {
    const down = (failing: number) =>
      model((row) => (row < 10 + failing ? new MabeamError('test/down', 'the line is down') : (undefined as never)))
    const { report } = await run(nothing.propose, { lm: down(2), errorsMax: 2 }).done
    expect(report.steps[0]?.mean).toBe(2 / 6)
    await expect(run(nothing.propose, { lm: down(3), errorsMax: 2 }).done).rejects.toMatchObject({
      code: 'dspx/too-many-errors',
    })
  })

  test('a signal, though a teleprompter or a model does not listen', async () => {
    const reason = new Error('enough')
    const aborted = run(nothing.propose, { signal: AbortSignal.abort(reason) })
    await expect(aborted.done).rejects.toBe(reason)
    expect(aborted.lm.calls).toHaveLength(0)
    const stop = new AbortController()
    const { done } = run(
      async function* () {
        stop.abort(reason)
        await new Promise(() => {})
        yield []
      },
      { signal: stop.signal },
    )
    await expect(done).rejects.toBe(reason)
  })

  test('options that do not exist or cannot be', async () => {
    await expect(run(nothing.propose, { budgett: {} } as never).done).rejects.toThrow('did you mean "budget"')
    await expect(run(nothing.propose, { budget: { calls: -1 } }).done).rejects.toMatchObject({
      code: 'foundation/invalid-option',
    })
    await expect(run(nothing.propose, { tune: { instruction: true } as never }).done).rejects.toThrow('instructions')
    await expect(run(nothing.propose, { tune: { model: ['x'] } }).done).rejects.toThrow('where lm fixes one')
    await expect(run(nothing.propose, { tune: { x: choice(['a']) } as never }).done).rejects.toMatchObject({
      code: 'dspx/invalid-program',
    })
  })
})

describe('progress', () => {
  test('is told after each row and batch, with budget, best and front, and as events', async () => {
    const telemetry = collectTelemetry()
    const seen: string[] = []
    const { done } = run(
      async function* (context) {
        yield [proposal(told(context, 'below 99'))]
      },
      {
        telemetry,
        concurrency: 1,
        budget: { calls: 50 },
        onProgress: ({ batch, rows: count, candidates, budget, best, front }) =>
          seen.push(
            `${batch.done}/${batch.total} ${count} ${candidates} ${budget.spent.calls} ${best?.candidate} ${front.length}`,
          ),
      },
    )
    await done
    expect(seen).toHaveLength(14)
    expect(seen[2]).toBe('3/6 3 0 3 undefined 0')
    expect(seen[6]).toBe('0/0 6 1 6 0 1')
    expect(seen.at(-1)).toBe('0/0 12 2 12 1 1')
    expect(telemetry.events.map(({ name }) => name)).toEqual([
      'dspx.optimize-began',
      'dspx.optimize-batch-ended',
      'dspx.optimize-batch-ended',
      'dspx.optimize-ended',
    ])
    expect(telemetry.events.at(-1)).toMatchObject({
      measurements: { candidates: 2, winner: 1, calls: 12 },
      metadata: { verdict: 'tie' },
    })
  })
})

describe('resuming', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-resume-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const asking: Body = async function* (context) {
    const { team } = await context.ask(route(), { text: 'row 3;' })
    yield [proposal(told(context, `below 1${team === 'a' ? 2 : 4}`))]
    yield [proposal(told(context, 'below 99'))]
  }

  test('asks nothing of what is there, and goes on where a budget had ended', async () => {
    const resume = join(folder, 'budget')
    const first = run(asking, { resume, budget: { calls: 9 } })
    expect((await first.done).report.ended).toBe('budget')
    const second = run(asking, { resume, budget: { calls: 30 } })
    const { report, unknown } = await second.done
    expect(report).toMatchObject({ ended: 'finished', winner: 2, resumed: { rows: 8 } })
    expect(report.budget.spent.calls).toBe(19)
    expect(first.lm.calls.length + second.lm.calls.length).toBe(19)
    expect(unknown).toEqual({ rows: 0, calls: 0, worst: { calls: 0, tokens: 0, usd: 0 } })
    const third = run(asking, { resume, budget: { calls: 1 } })
    expect((await third.done).report).toMatchObject({ ended: 'finished', winner: 2 })
    expect(third.lm.calls).toHaveLength(0)
  })

  test('refuses what was begun on something else, naming it, and a folder that is in use', async () => {
    const resume = join(folder, 'other')
    await run(asking, { resume }).done
    await expect(run(asking, { resume, seed: 1, val: rows(20, 6) }).done).rejects.toThrow(
      'expected the validation rows, seed that it began with, got another',
    )
    await expect(run(asking, { resume, tune: { instructions: true, demos: true } }).done).rejects.toMatchObject({
      code: 'dspx/resume-mismatch',
      data: { others: expect.arrayContaining(['variables that are tuned']) },
    })
    const blocked = Promise.withResolvers<ScriptedAnswer>()
    const path = join(folder, 'busy')
    const asked = Promise.withResolvers<void>()
    const lm = model(() => {
      asked.resolve()
      return blocked.promise
    })
    const busy = run(asking, { resume: path, lm })
    await asked.promise
    await expect(run(asking, { resume: path }).done).rejects.toMatchObject({ code: 'foundation/journal-locked' })
    blocked.resolve('[[ ## team ## ]]\na')
    await busy.done
  })

  test('tells when another budget made the search go another way', async () => {
    const resume = join(folder, 'way')
    const byBudget: Body = async function* (context) {
      yield [proposal(told(context, `below ${context.budgetLeft().calls}`))]
    }
    await run(byBudget, { resume, budget: { calls: 20 } }).done
    const { report } = await run(byBudget, { resume, budget: { calls: 40 } }).done
    expect(report.notes).toEqual(['batch 1 is not the one that was proposed before the work was resumed'])
  })

  test('tries failed calls again only where they had stopped the run', async () => {
    const resume = join(folder, 'failed')
    const down = () => model((row) => (row === 11 ? new MabeamError('test/down', 'down') : (undefined as never)))
    await expect(run(asking, { resume, lm: down(), errorsMax: 0 }).done).rejects.toMatchObject({
      code: 'dspx/too-many-errors',
    })
    const { report } = await run(asking, { resume, errorsMax: 0 }).done
    expect(report.steps[0]?.mean).toBe(0.5)
    const borne = join(folder, 'borne')
    await run(asking, { resume: borne, lm: down() }).done
    const again = run(asking, { resume: borne })
    await again.done
    expect(again.lm.calls).toHaveLength(0)
  })
})

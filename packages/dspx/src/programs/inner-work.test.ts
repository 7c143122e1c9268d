/** Evaluations and tunings that are begun inside of a run end with it. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collectTelemetry } from '@mabeam/foundation/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluate } from '../evaluation/evaluate.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { judgeMetric } from '../evaluation/metrics/judge.ts'
import type { ModelCall } from '../models/language-model.ts'
import { scriptedModel } from '../testing/index.ts'
import { optimize } from '../tuning/optimize.ts'
import { bootstrapRandomSearch } from '../tuning/teleprompters/bootstrap-random-search.ts'
import { predict } from './predictor.ts'
import { Program } from './program.ts'
import { withLm } from './run-context.ts'

const answer = '[[ ## a ## ]]\nfine\n\n[[ ## completed ## ]]'
const rows = Array.from({ length: 6 }, (_, at) => ({ inputs: { q: `row ${at}` }, outputs: { a: 'fine' } }))
const metric = exactMatch('a')

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inner-work-'))
})
afterAll(async () => await rm(folder, { recursive: true }))

/** Answers `quick` calls, and keeps all later ones until they are aborted. `held` resolves when one is. */
function holding(quick: number) {
  const held = Promise.withResolvers<void>()
  const lm = scriptedModel((call: ModelCall) => {
    if (lm.calls.length <= quick) return answer
    return new Promise((_, reject) => {
      const { abortSignal } = call
      abortSignal?.addEventListener('abort', () => reject(abortSignal.reason))
      held.resolve()
    })
  })
  return { lm, held: held.promise }
}

class Around extends Program {
  readonly work: () => Promise<object>

  constructor(work: () => Promise<object>) {
    super()
    this.work = work
  }

  async forward(_: object) {
    return await this.work()
  }
}

const asked = predict('q -> a')
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('an evaluation whose run ends before it fails by that, scores nothing, and is gone on with', async () => {
  const { lm, held } = holding(2)
  const telemetry = collectTelemetry()
  const resume = join(folder, 'ended')
  let evaluation: Promise<unknown> | undefined
  const around = new Around(async () => {
    evaluation = evaluate(asked, rows, { metric, lm, resume, concurrency: 2, errorsMax: 100 })
    await held
    return { a: 1 }
  })
  expect(await around.run({}, { lm, telemetry })).toEqual({ a: 1 })
  await expect(evaluation).rejects.toMatchObject({ code: 'dspx/run-ended', data: { outcome: 'completed' } })
  expect(telemetry.events).toMatchObject([{ name: 'dspx.inner-runs-aborted', measurements: { runs: 1 } }])
  const again = await evaluate(asked, rows, { metric, resume, lm: scriptedModel(() => answer) })
  expect(again).toMatchObject({ accuracy: 1, errors: 0, resumed: { rows: 2 } })
})

test('who aborts the run around an evaluation aborts the evaluation, whose rows are no failures', async () => {
  const { lm, held } = holding(2)
  const caller = new AbortController()
  let evaluation: Promise<unknown> | undefined
  const around = new Around(async () => {
    evaluation = evaluate(asked, rows, { metric, concurrency: 2, errorsMax: 100 })
    return { a: await evaluation }
  })
  const running = around.run({}, { lm, signal: caller.signal })
  await held
  caller.abort(new Error('enough'))
  await expect(running).rejects.toThrow('enough')
  await expect(evaluation).rejects.toThrow('enough')
})

test('an evaluation ends by a signal of its own, too, and the run around it goes on', async () => {
  const { lm, held } = holding(2)
  const own = new AbortController()
  const around = new Around(async () => {
    const evaluation = evaluate(asked, rows, { metric, concurrency: 2, signal: own.signal })
    await held
    own.abort(new Error('too slow'))
    return { a: await evaluation.catch((thrown: Error) => thrown.message) }
  })
  expect(await around.run({}, { lm })).toEqual({ a: 'too slow' })
})

test('one that is waited for gives what it gives anywhere, and its calls are of the run around it', async () => {
  const lm = scriptedModel(() => answer)
  const telemetry = collectTelemetry()
  const around = new Around(async () => ({ accuracy: (await evaluate(asked, rows, { metric })).accuracy }))
  const result = await around.run({}, { lm, telemetry })
  expect([{ ...result }, result.usage.calls, telemetry.events]).toEqual([{ accuracy: 1 }, 6, []])
})

test('rows that the model of the run around answered are not taken for those of another model', async () => {
  const resume = join(folder, 'models')
  const by = (modelId: string) => {
    const lm = { ...scriptedModel(() => answer), modelId }
    return withLm(lm, () => evaluate(asked, rows, { metric, resume }))
  }
  expect((await by('one')).resumed).toBeUndefined()
  expect((await by('one')).resumed).toMatchObject({ rows: 6 })
  await expect(by('two')).rejects.toMatchObject({ code: 'dspx/resume-mismatch' })
})

test('a judge inside of it ends with it, and no row is scored 0 for that', async () => {
  const { lm: judging, held } = holding(0)
  let evaluation: Promise<unknown> | undefined
  const graded = judgeMetric({ criteria: 'It is right.', lm: judging })
  const around = new Around(async () => {
    evaluation = evaluate(asked, rows, { metric: graded, errorsMax: 100 })
    await held
    return {}
  })
  await around.run({}, { lm: scriptedModel(() => answer) })
  await expect(evaluation).rejects.toMatchObject({ code: 'dspx/run-ended' })
})

test('a tuning whose run ends before it fails by that', async () => {
  const { lm, held } = holding(8)
  let tuning: Promise<unknown> | undefined
  const around = new Around(async () => {
    tuning = optimize(asked, { train: rows, metric, lm, teleprompter: bootstrapRandomSearch(), errorsMax: 100 })
    await held
    throw new Error('it broke')
  })
  await expect(around.run({}, { lm })).rejects.toThrow('it broke')
  await expect(tuning).rejects.toMatchObject({ code: 'dspx/run-ended', data: { outcome: 'failed' } })
  await settled()
  expect(lm.calls.length).toBeLessThan(30)
})

import { collectTelemetry } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createBudget } from '../models/budget/budget.ts'
import type { ModelCall } from '../models/language-model.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { Predict, predict } from './predictor.ts'
import { Program } from './program.ts'
import { defineProgram } from './program-definition.ts'
import { currentRunOptions, withoutRun } from './run-context.ts'

const good = '[[ ## a ## ]]\nfine\n\n[[ ## completed ## ]]'
const asked = ({ prompt }: ModelCall) => messageText(prompt.at(-1))

/** A model that answers at once, but fails for `bad` and waits for `slow` until its call is aborted. */
function modelOf() {
  const stopped: unknown[] = []
  const lm = scriptedModel((call) => {
    if (asked(call).includes('bad')) return new Error('it broke')
    if (!asked(call).includes('slow')) return good
    return new Promise((_, reject) => {
      const { abortSignal } = call
      abortSignal?.addEventListener('abort', () => {
        stopped.push(abortSignal.reason)
        reject(abortSignal.reason)
      })
    })
  })
  return { lm, stopped }
}

/** A program with one predictor, whose `forward` is given. */
class Team extends Program {
  step = predict('q -> a')
  readonly work: (team: Team) => Promise<object>

  constructor(work: (team: Team) => Promise<object>) {
    super()
    this.work = work
  }

  async forward(_: { readonly q?: string }) {
    return await this.work(this)
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('when a run fails,', () => {
  test('what works beside the failure is aborted, asks its model no more, and is counted in an event', async () => {
    const { lm, stopped } = modelOf()
    const [telemetry, budget] = [collectTelemetry(), createBudget({ calls: 10 })]
    const seen: unknown[] = []
    const team = new Team(async ({ step }) => {
      const beside = async () => {
        for (const q of ['slow 1', 'slow 2', 'slow 3']) await step.run({ q }).catch((thrown) => seen.push(thrown.code))
        return {}
      }
      await Promise.all([beside(), step.run({ q: 'bad' })])
      return {}
    })
    const failed = await team.run({}, { lm, telemetry, budget }).catch((thrown) => thrown)
    expect(failed).toMatchObject({ code: 'dspx/program-failed' })
    await settled()
    // the second and the third were refused before they reached the model
    expect([lm.calls.length, seen]).toEqual([2, ['dspx/run-ended', 'dspx/run-ended', 'dspx/run-ended']])
    expect(stopped).toMatchObject([
      { code: 'dspx/run-ended', retryable: false, data: { program: 'Team', outcome: 'failed' } },
    ])
    expect(String(stopped[0])).toContain('program Team: the run has failed (')
    expect(telemetry.events).toEqual([
      {
        name: 'dspx.inner-runs-aborted',
        measurements: { runs: 1 },
        metadata: { program: 'Team', outcome: 'failed', code: 'dspx/program-failed' },
      },
    ])
    expect(budget.reserved).toEqual({ calls: 0, tokens: 0, usd: 0 })
  })

  test('programs inside of programs end too, and so does one that was given a signal of its own', async () => {
    const { lm, stopped } = modelOf()
    const telemetry = collectTelemetry()
    const own = new AbortController()
    const inner = new Team(({ step }) => step.run({ q: 'slow' }))
    const team = new Team(async ({ step }) => {
      const others = [inner.run({}), step.run({ q: 'slow' }, { signal: own.signal })]
      await Promise.all([...others, step.run({ q: 'bad' })])
      return {}
    })
    await expect(team.run({}, { lm, telemetry })).rejects.toThrow('it broke')
    expect(stopped).toHaveLength(2)
    expect(new Set(stopped).size).toBe(1)
    expect(telemetry.events.map(({ measurements }) => measurements.runs)).toEqual([2])
  })

  test('the signal that its code was given aborts, though nothing runs in it', async () => {
    let signal: AbortSignal | undefined
    const team = new Team(async () => {
      signal = currentRunOptions().signal
      throw new TypeError('mine')
    })
    await expect(team.run({})).rejects.toMatchObject({ code: 'dspx/program-failed' })
    expect(signal?.reason).toMatchObject({ code: 'dspx/run-ended', data: { program: 'Team', outcome: 'failed' } })
  })

  test('an answer that cannot be read is not asked for again, of a model that does not listen either', async () => {
    const answer = Promise.withResolvers<string>()
    const script = scriptedModel((call) => (asked(call).includes('bad') ? new Error('it broke') : answer.promise))
    const deaf = ({ abortSignal: _, ...call }: ModelCall) => script.doGenerate(call)
    const lm = { ...script, doGenerate: deaf }
    const counting = predict('q -> n: int')
    const team = new Team(async ({ step }) => {
      await Promise.all([counting.run({ q: 'deaf' }), step.run({ q: 'bad' })])
      return {}
    })
    await expect(team.run({}, { lm, answerRetriesMax: 5 })).rejects.toThrow('it broke')
    answer.resolve('no field in here')
    await settled()
    expect(script.calls).toHaveLength(2)
  })
})

describe('when a run ends well,', () => {
  test('what lost a race, and what nobody waited for, is aborted and counted, and ends no process', async () => {
    const { lm, stopped } = modelOf()
    const telemetry = collectTelemetry()
    const team = new Team(async ({ step }) => {
      void step.run({ q: 'slow, and left behind' })
      return await Promise.race([step.run({ q: 'slow' }), step.run({ q: 'quick' })])
    })
    expect(await team.run({}, { lm, telemetry })).toEqual({ a: 'fine' })
    await settled()
    expect(stopped).toMatchObject([{ data: { outcome: 'completed' } }, { data: { outcome: 'completed' } }])
    expect(telemetry.events).toMatchObject([{ measurements: { runs: 2 }, metadata: { outcome: 'completed' } }])
  })

  test('and everything in it has, nothing is aborted and nothing is told', async () => {
    const { lm } = modelOf()
    const telemetry = collectTelemetry()
    let signal: AbortSignal | undefined
    const team = new Team(async ({ step }) => {
      signal = currentRunOptions().signal
      await Promise.allSettled([step.run({ q: 'bad' }), step.run({ q: 'quick' })])
      return await step.run({ q: 'quick' })
    })
    await team.run({}, { lm, telemetry })
    expect([signal?.aborted, telemetry.events]).toEqual([false, []])
  })

  test('nothing begins in it afterwards: neither a run nor a stream that is read later', async () => {
    const { lm } = modelOf()
    const late = Promise.withResolvers<void>()
    let begun: Promise<unknown> | undefined
    const team = new Team(async ({ step }) => {
      begun = late.promise.then(() => step.run({ q: 'quick' }))
      return { stream: step.stream({ q: 'quick' }) }
    })
    const { stream } = (await team.run({}, { lm })) as unknown as { stream: AsyncGenerator }
    late.resolve()
    await expect(begun).rejects.toMatchObject({ code: 'dspx/run-ended', data: { outcome: 'completed' } })
    await expect(stream.next()).rejects.toMatchObject({ code: 'dspx/run-ended' })
    expect(lm.calls).toHaveLength(0)
  })
})

test('a caller who aborts is told so, and not that a run has ended', async () => {
  const { lm, stopped } = modelOf()
  const [telemetry, caller] = [collectTelemetry(), new AbortController()]
  const team = new Team(({ step }) => step.run({ q: 'slow' }))
  const running = team.run({}, { lm, telemetry, signal: caller.signal })
  caller.abort(new Error('enough'))
  await expect(running).rejects.toThrow('enough')
  expect([stopped.map(String), telemetry.events]).toEqual([['Error: enough'], []])
})

test('a caller who aborts ends no process, though nobody waits yet for what was begun ahead', async () => {
  const { lm } = modelOf()
  const caller = new AbortController()
  const inner = new Team(async ({ step }) => {
    const ahead = step.run({ q: 'slow' })
    await step.run({ q: 'slow too' })
    return await ahead
  })
  const team = new Team(async ({ step }) => {
    const ahead = inner.run({})
    await step.run({ q: 'slow' })
    return await ahead
  })
  const running = team.run({}, { lm, signal: caller.signal })
  await settled()
  caller.abort(new Error('enough'))
  await expect(running).rejects.toThrow('enough')
  await settled()
  expect(lm.calls).toHaveLength(3)
})

test('what fails while its run goes on is not hidden', async () => {
  const { lm } = modelOf()
  const unhandled: unknown[] = []
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (thrown) => unhandled.push(thrown))
  try {
    const team = new Team(async ({ step }) => {
      void step.run({ q: 'bad, and nobody looks' })
      await settled()
      return await step.run({ q: 'quick' })
    })
    await team.run({}, { lm })
    await settled()
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
  expect(unhandled).toMatchObject([{ code: 'dspx/program-failed' }])
})

test('a signal of its own ends an inner run alone', async () => {
  const { lm } = modelOf()
  const own = new AbortController()
  const team = new Team(async ({ step }) => {
    const running = step.run({ q: 'slow' }, { signal: own.signal }).catch((thrown: Error) => thrown.message)
    own.abort(new Error('too slow'))
    return { a: [await running, (await step.run({ q: 'quick' })).a] }
  })
  expect(await team.run({}, { lm })).toEqual({ a: ['too slow', 'fine'] })
})

test('a predictor of a class of its own has inner runs like any program', async () => {
  const { lm, stopped } = modelOf()
  const step = predict('q -> a')
  class Both extends Predict<{ q: string }, { a: string }> {
    override async forward() {
      await Promise.all([step.run({ q: 'slow' }), step.run({ q: 'bad' })])
      return { a: '' }
    }
  }
  const both = new Both(step.signature, { name: 'both' })
  await expect(both.run({ q: 'x' }, { lm })).rejects.toThrow('it broke')
  expect(stopped).toMatchObject([{ data: { program: 'both' } }])
})

test('a defined program that was bound ends with the run that it is run in', async () => {
  const { lm, stopped } = modelOf()
  const defined = defineProgram({ name: 'defined', predictors: { step: 'q -> a' }, metric: exactMatch('a') })
  const bound = defined.bind(defined.initialState(), { models: { get: () => lm } })
  let left: Promise<unknown> | undefined
  const team = new Team(async ({ step }) => {
    left = bound.run({ q: 'slow' })
    return await step.run({ q: 'quick' })
  })
  await team.run({}, { lm })
  await expect(left).rejects.toMatchObject({ code: 'dspx/run-ended' })
  expect(stopped).toMatchObject([{ data: { program: 'Team', outcome: 'completed' } }])
})

test('the predictors of a defined program end with its run', async () => {
  const { lm, stopped } = modelOf()
  const telemetry = collectTelemetry()
  let late: (() => Promise<unknown>) | undefined
  const program = defineProgram({
    name: 'pair',
    predictors: { one: 'q -> a', two: 'q -> a' },
    signature: predict('q -> a').signature,
    metric: exactMatch('a'),
    run: async ({ one, two }) => {
      late = () => one({ q: 'quick' })
      await Promise.all([one({ q: 'slow' }), two({ q: 'bad' })])
      return { a: '' }
    },
  })
  const bound = program.bind(program.initialState(), { models: { get: () => lm }, telemetry })
  await expect(bound.run({ q: 'x' })).rejects.toThrow('it broke')
  expect(stopped).toMatchObject([{ code: 'dspx/run-ended', data: { program: 'pair' } }])
  expect(telemetry.events).toMatchObject([{ measurements: { runs: 1 }, metadata: { program: 'pair' } }])
  await expect(late?.()).rejects.toMatchObject({ code: 'dspx/run-ended' })
  expect(lm.calls).toHaveLength(2)
})

describe('withoutRun', () => {
  test('lets work go on that a run begins, with none of its options', async () => {
    const { lm } = modelOf()
    const [telemetry, budget] = [collectTelemetry(), createBudget({ calls: 5 })]
    const gate = Promise.withResolvers<void>()
    let audit: Promise<unknown> | undefined
    let around: unknown
    const team = new Team(async ({ step }) => {
      audit = withoutRun(async () => {
        around = currentRunOptions()
        await gate.promise
        return (await step.run({ q: 'quick' }, { lm })).a
      })
      return await step.run({ q: 'quick' })
    })
    const { usage } = await team.run({}, { lm, telemetry, budget })
    gate.resolve()
    expect([await audit, around]).toEqual(['fine', {}])
    expect([usage.calls, budget.spent.calls, telemetry.events]).toEqual([1, 1, []])
  })

  test('refuses what is no function', () => {
    expect(() => withoutRun('x' as never)).toThrow('withoutRun: code: expected a function, got "x"')
  })
})

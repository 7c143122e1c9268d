import { APICallError } from '@ai-sdk/provider'
import { MabeamError } from '@mabeam/foundation'
import { collectTelemetry } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { type FailureReason, modelFailed, modelTimeout, noModelAnswered, streamBroken } from '../models/errors.ts'
import { predict } from '../programs/predictor.ts'
import { messageText, type ScriptedAnswer, scriptedModel } from '../testing/index.ts'
import { bear, withFailed } from './failed-proposal.ts'
import { optimize } from './optimize.ts'
import type { Proposer } from './proposer.ts'
import { extractiveProposer } from './proposers/extractive.ts'
import { modelProposer } from './proposers/model.ts'
import type { Teleprompter } from './teleprompter.ts'
import { beacon } from './teleprompters/beacon.ts'
import { copro } from './teleprompters/copro.ts'
import { gepa } from './teleprompters/gepa.ts'
import { inferRules } from './teleprompters/infer-rules.ts'
import { jointSearch } from './teleprompters/joint-search.ts'
import { miproV2 } from './teleprompters/mipro-v2.ts'
import { simba } from './teleprompters/simba.ts'

const rows = (part: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `${part}:${i}`,
    inputs: { text: `${part} row ${i};` },
    outputs: { team: i % 2 === 0 ? 'a' : 'b' },
  }))

/** Answers "a" to every even row, so that there is something to improve. */
const worker = () =>
  scriptedModel(({ prompt }) => {
    const odd = Number(/row (\d+);/.exec(messageText(prompt.at(-1)))?.[1]) % 2 === 1
    const knows = prompt.some((message) => messageText(message).includes('Odd rows belong to b.'))
    return `[[ ## team ## ]]\n${odd && knows ? 'b' : 'a'}`
  })

const right =
  '[[ ## because ## ]]\nso\n[[ ## instructions ## ]]\nOdd rows belong to b.\n[[ ## rules ## ]]\n["Odd rows belong to b."]'
const refusal = (reason: FailureReason, retryable = false) =>
  modelFailed({ modelId: 'writer', sentence: `it says ${reason}`, reason, retryable })
const writer = (answer: (call: number) => ScriptedAnswer) => scriptedModel((_, call) => answer(call))

const makes: readonly (readonly [string, (proposer: Proposer) => Teleprompter])[] = [
  ['gepa', (proposer) => gepa({ proposer, stepsMax: 6, idleStepsMax: 4 })],
  ['copro', (proposer) => copro({ proposer, breadth: 2, depth: 2 })],
  ['mipro-v2', (proposer) => miproV2({ proposer, trials: 4, minibatch: 4, rowsMax: 4 })],
  ['simba', (proposer) => simba({ proposer, minibatch: 6, candidates: 3, steps: 2 })],
  ['infer-rules', (proposer) => inferRules({ proposer, candidates: 2, rowsMax: 4 })],
  ['beacon', (proposer) => beacon({ proposer, trialsMax: 4, teacherRows: 2, refinementsMax: 3 })],
  ['joint-search', (proposer) => jointSearch({ proposer, teacherRows: 2 })],
]

const tuned = (teleprompter: Teleprompter, more: object = {}) =>
  optimize(predict('text -> team: "a" | "b"'), {
    train: rows('train', 8),
    val: rows('val', 10),
    metric: exactMatch('team'),
    lm: worker(),
    tune: { instructions: true, demos: 2 },
    budget: { calls: 250 },
    teleprompter,
    ...more,
  })

describe('a proposer that its model refuses', () => {
  test.each(makes)('does not end %s: it is counted, an event each, and a line of the report', async (_, make) => {
    const telemetry = collectTelemetry()
    const lm = writer(() => refusal('context-too-long'))
    const better = await tuned(make(modelProposer({ lm, count: 2 })), { telemetry })
    const { failedProposals } = better.report
    expect(failedProposals).toEqual({
      count: lm.calls.length,
      reasons: { 'context-too-long': lm.calls.length },
      last: 'writer: it says context-too-long',
    })
    expect(lm.calls.length).toBeGreaterThan(0)
    const events = telemetry.named('dspx.optimize-proposal-failed')
    expect(events.map(({ measurements }) => measurements.failed)).toEqual(lm.calls.map((__, i) => i + 1))
    expect(events[0]?.metadata).toMatchObject({ code: 'dspx/model-failed', reason: 'context-too-long' })
    expect(better.explain()).toMatch(
      /^\d+ proposals? failed \(context-too-long \d+\); the last: writer: it says context-too-long\.$/m,
    )
    expect(better.report.steps.length).toBeGreaterThan(0)
  })

  test.each(makes)('ends %s where its key is refused', async (_, make) => {
    const running = tuned(make(modelProposer({ lm: writer(() => refusal('authentication')), count: 2 })))
    await expect(running).rejects.toMatchObject({ code: 'dspx/model-failed', data: { reason: 'authentication' } })
  })

  test('may refuse some and write the others', async () => {
    const answers = [refusal('invalid-request'), refusal('server'), right]
    const lm = writer((call) => answers[Math.min(call, 2)] as ScriptedAnswer)
    const better = await tuned(copro({ proposer: modelProposer({ lm }), breadth: 4, depth: 1 }))
    expect(better.best.instructions).toBe('Odd rows belong to b.')
    expect(better.report.failedProposals).toMatchObject({
      count: 2,
      reasons: { 'invalid-request': 1, server: 1 },
    })
  })

  test('may write what cannot be read, such as a refusal in words', async () => {
    const lm = writer(() => 'I would rather not.')
    const better = await tuned(gepa({ proposer: modelProposer({ lm }), stepsMax: 2 }))
    expect(better.report.failedProposals).toMatchObject({ count: 2, reasons: { 'dspx/unparsable-answer': 2 } })
  })

  test('is nothing to tell of where nothing failed', async () => {
    const better = await tuned(copro({ proposer: modelProposer({ lm: writer(() => right) }), breadth: 1, depth: 1 }))
    expect('failedProposals' in better.report).toBe(false)
    expect(better.explain()).not.toContain('failed')
  })

  test.each([
    ['a rate limit that is used up', refusal('rate-limited', true), 'rate-limited'],
    ['a model that is late', modelTimeout('writer', 5), 'dspx/model-timeout'],
    ['a broken stream', streamBroken('writer', { text: '', chars: 0, parts: 0 }, 'gone'), 'dspx/stream-broken'],
    [
      'several models, one of which was only overloaded',
      noModelAnswered('writers', [failedModel('authentication'), failedModel('overloaded')], undefined),
      'dspx/no-model-answered',
    ],
    ['a model of the AI SDK that throws what it likes', new TypeError('down'), 'unreadable'],
  ])('for %s goes on', async (_, error, reason) => {
    const better = await tuned(copro({ proposer: modelProposer({ lm: writer(() => error) }), breadth: 1, depth: 1 }))
    expect(better.report.failedProposals).toMatchObject({ count: 1, reasons: { [reason]: 1 } })
  })

  test.each([
    [
      'several models whose keys are all refused',
      noModelAnswered('writers', [failedModel('authentication')], undefined),
    ],
    [
      'a model of the AI SDK whose key is refused',
      new APICallError({ message: 'no', url: 'x', requestBodyValues: {}, statusCode: 401, isRetryable: false }),
    ],
    ['no model at all', new MabeamError('dspx/unknown-model', 'which?')],
  ])('ends the tuning for %s', async (_, error) => {
    const running = tuned(copro({ proposer: modelProposer({ lm: writer(() => error) }), breadth: 1, depth: 1 }))
    await expect(running).rejects.toThrow()
  })

  test('an abort, with whatever reason, is no failed proposal', async () => {
    const caller = new AbortController()
    const lm = writer(() => {
      caller.abort(refusal('rate-limited'))
      return caller.signal.reason
    })
    const thrown = await tuned(gepa({ proposer: modelProposer({ lm }) }), { signal: caller.signal }).catch((e) => e)
    expect(thrown).toBe(caller.signal.reason)
  })

  test('the end of the budget ends the search, as ever', async () => {
    const proposer = modelProposer({ lm: writer(() => refusal('overloaded', true)), count: 500 })
    const better = await tuned(jointSearch({ proposer, teacherRows: 1 }), { budget: { calls: 60 } })
    expect([better.report.ended, (better.report.failedProposals?.count ?? 0) > 10]).toEqual(['budget', true])
  })
})

function failedModel(reason: FailureReason) {
  return { modelId: 'one', code: 'dspx/model-failed', reason, retries: 0 }
}

describe('a proposer of your own', () => {
  const failing = (thrown: unknown): Proposer => {
    const fail = async () => {
      throw thrown
    }
    return { ...extractiveProposer(), propose: fail, rewrite: fail }
  }

  test.each(makes)('that lets the failure pass, or wraps it, does not end %s', async (_, make) => {
    const better = await tuned(make(failing(new Error('wrapped', { cause: refusal('invalid-request') }))))
    expect(better.report.failedProposals?.reasons).toHaveProperty('invalid-request')
  })

  test.each(makes)('that has a bug ends %s', async (_, make) => {
    await expect(tuned(make(failing(new TypeError('a bug'))))).rejects.toMatchObject({
      code: 'dspx/teleprompter-failed',
    })
  })
})

test('a failure is thrown where nobody is told of it, and behind 16 causes it is none', () => {
  const told: unknown[] = []
  const onFailed = (failure: MabeamError) => told.push(failure)
  const failure = refusal('server', true)
  const wrapped = (depth: number) =>
    Array.from({ length: depth }).reduce<Error>((cause) => new Error('wrapped', { cause }), failure)
  expect(() => bear(failure, {})).toThrow(failure)
  expect(() => bear(undefined, { onFailed })).toThrow()
  bear(wrapped(15), { onFailed })
  expect(told).toEqual([failure])
  expect(() => bear(wrapped(16), { onFailed })).toThrow('wrapped')
  expect(() => bear(failure, { onFailed, signal: AbortSignal.abort(failure) })).toThrow(failure)
  expect(told).toHaveLength(1)
})

test('the last failure is kept in at most 500 characters', () => {
  const failure = modelFailed({ modelId: 'm', sentence: 'x'.repeat(900), reason: 'server', retryable: true })
  expect(withFailed(withFailed(undefined, failure), failure)).toMatchObject({ count: 2, reasons: { server: 2 } })
  expect(withFailed(undefined, failure).last).toHaveLength(500)
})

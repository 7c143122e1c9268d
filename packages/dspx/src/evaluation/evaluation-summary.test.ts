import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { noUsage, type Usage } from '../models/usage.ts'
import { type EvaluatedExample, isFailedCall, summarise } from './evaluation-summary.ts'

const row = (score: number, usage: Partial<Usage> = {}, code?: string): EvaluatedExample => ({
  id: 'rows:1',
  score,
  usage: { ...noUsage, calls: 1, costUsd: 1, latencyMs: 10, ...usage },
  ...(code !== undefined && { error: { code, message: '', retryable: false, data: {} } }),
})
const failed = row(0, { costUsd: 0, latencyMs: 0 }, 'dspx/model-failed')
const unread = row(0, { costUsd: 3, latencyMs: 30 }, 'dspx/unparsable-answer')

describe('summarise', () => {
  test('counts an answer that could not be read as paid for, and a failed call only in the score', () => {
    const summary = summarise([row(1), failed, unread, failed])
    expect(summary).toMatchObject({ accuracy: 0.25, costUsd: 2, latencyMsP50: 20, errors: 3, failedCalls: 2 })
    expect(summary.usage).toMatchObject({ calls: 4, costUsd: 4, latencyMs: 40 })
    expect(summary.intervalMethod).toBe('wilson')
  })

  test('has no cost when one price is unknown, and neither cost nor latency when every call failed', () => {
    expect(summarise([row(1), row(1, { costUsd: null })])).toMatchObject({ costUsd: null, latencyMsP50: 10 })
    expect(summarise([failed, failed])).toMatchObject({
      accuracy: 0,
      costUsd: null,
      latencyMsP50: null,
      failedCalls: 2,
    })
  })

  test('pieces together are the sum of the pieces', () => {
    const pieces = [[row(0.5), failed], [row(0.25)], [unread, failed]]
    const whole = summarise(pieces.flat(), { random: seededRandom(1) })
    const failures = pieces.map((piece) => summarise(piece).failedCalls)
    expect(whole.failedCalls).toBe(failures.reduce((a, b) => a + b))
    expect(whole.scores).toEqual([0.5, 0, 0.25, 0, 0])
    expect(summarise(pieces.flat(), { random: seededRandom(1) })).toEqual(whole)
  })

  test('refuses no rows', () => {
    expect(() => summarise([])).toThrow(expect.objectContaining({ code: 'dspx/no-examples' }))
  })
})

test('isFailedCall tells a call without an answer from an answer that could not be read', () => {
  expect([row(1), unread, failed].map(isFailedCall)).toEqual([false, false, true])
})

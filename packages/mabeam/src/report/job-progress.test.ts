import type { OptimizeProgress } from '@mabeam/dspx'
import { describe, expect, test } from 'vitest'
import type { JobEvent } from '../job/job-event.ts'
import { jobProgress, tuningProgress } from './job-progress.ts'
import type { Progress } from './progress-line.ts'

const none = { calls: null, tokens: null, usd: null, ms: null }
const progress = (more: Partial<OptimizeProgress> = {}): OptimizeProgress => ({
  batch: { done: 3, total: 60 },
  rows: 63,
  candidates: 2,
  budget: { limits: none, spent: { calls: 63, tokens: 900, usd: 0.012345, ms: 4_400 } },
  best: { candidate: 1, values: { accuracy: 0.5 } },
  front: [],
  ...more,
})
const limited = (limits: Partial<OptimizeProgress['budget']['limits']>, more: Partial<OptimizeProgress> = {}) => {
  const { budget } = progress()
  return progress({ budget: { ...budget, limits: { ...none, ...limits } }, ...more })
}

describe('tuningProgress', () => {
  test('goes by the trials where they are counted', () => {
    expect(tuningProgress({ type: 'tuning', progress: progress(), trials: { done: 4, total: 12, perSec: 2 } })).toEqual(
      {
        what: 'candidate',
        done: 4,
        total: 12,
        perSec: 2,
        note: 'best 50.0 % (candidate 1)',
      },
    )
  })

  test('tells the best of a search on the rows that it tries, before any of it was tried on all', () => {
    const trials = { done: 4, total: 12, best: 0.725 }
    expect(tuningProgress({ type: 'tuning', progress: progress(), trials })).toEqual({
      what: 'candidate',
      done: 4,
      total: 12,
      note: 'best so far 72.5 %',
    })
  })

  test('goes by the part of the budget that is used up most', () => {
    const budget = limited({ calls: 100, usd: 0.02, ms: 9_000 })
    expect(tuningProgress({ type: 'tuning', progress: budget })).toMatchObject({
      what: 'calls',
      done: 63,
      total: 100,
      note: '2 candidates tried, best 50.0 % (candidate 1)',
    })
    const dear = { type: 'tuning', progress: limited({ calls: 1_000, usd: 0.013 }) } as const
    expect(tuningProgress(dear)).toMatchObject({ what: 'USD', done: 0.0123, total: 0.013 })
    const slow = { type: 'tuning', progress: limited({ ms: 5_000 }), trials: { done: 1, total: 12 } } as const
    expect(tuningProgress(slow)).toMatchObject({ what: 'seconds', done: 4, total: 5 })
  })

  test('goes by the rows of the batch where there is no end to go by, also with a limit of nothing', () => {
    const first = progress({ candidates: 0, best: undefined })
    expect(tuningProgress({ type: 'tuning', progress: first })).toEqual({
      what: 'row',
      done: 3,
      total: 60,
      note: '0 candidates tried, no candidate tried yet',
    })
    expect(tuningProgress({ type: 'tuning', progress: limited({ calls: 0 }) })).toMatchObject({ what: 'row' })
  })

  test('tells of the teacher or proposer while it is asked, whatever else has an end', () => {
    const asking = { what: 'teacher', done: 16, total: 200 }
    const taught = { ...limited({ calls: 100 }), asking, candidates: 1 }
    expect(tuningProgress({ type: 'tuning', progress: taught, trials: { done: 0, total: 12 } })).toEqual({
      ...asking,
      note: '1 candidate tried, best 50.0 % (candidate 1)',
    })
  })

  test('is never beyond its end', () => {
    expect(tuningProgress({ type: 'tuning', progress: limited({ calls: 60 }) })).toMatchObject({ done: 60, total: 60 })
  })
})

describe('jobProgress', () => {
  const shown = (events: readonly JobEvent[]) => {
    const said: string[] = []
    const line = {
      update: ({ what, done, total }: Progress) => void said.push(`${what} ${done}/${total}`),
      end: () => void said.push('end'),
    }
    const listener = jobProgress(line, (text) => void said.push(text))
    for (const event of events) listener(event)
    return said
  }

  test('tells how a study begins and goes on', () => {
    const began = { type: 'began', study: 'small' } as const
    expect(shown([{ ...began, isResumed: false, trialsBefore: 0 }])).toEqual(['end', 'study small'])
    expect(shown([{ ...began, isResumed: true, trialsBefore: 0 }])[1]).toBe('study small, going on')
    expect(shown([{ ...began, isResumed: true, trialsBefore: 1 }])[1]).toMatch(/after 1 candidate$/)
  })

  test('keeps long work on the line, and says nothing between batches of which nobody knows the end', () => {
    const tuning = { type: 'tuning', progress: progress() } as const
    const between = { type: 'tuning', progress: progress({ batch: { done: 0, total: 0 } }) } as const
    const test = { type: 'phase', what: 'test', done: 9, total: 9 } as const
    expect(shown([tuning, between, test, { type: 'note', text: 'done' }])).toEqual([
      'row 3/60',
      'test 9/9',
      'end',
      'end',
      'done',
    ])
  })
})

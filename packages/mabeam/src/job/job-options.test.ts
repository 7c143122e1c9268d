import { systemClock } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { allowsMore, checkJobOptions, type JobOptions, resumedRequest, settledRequest } from './job-options.ts'
import { offeredTeleprompter, type TeleprompterName, teleprompterNames } from './offered-teleprompters.ts'

const place = { home: '/home', cwd: '/', env: {}, clock: systemClock }
const request = { program: 'program.ts', data: { train: 'rows.jsonl' } }
const check = (more: object) => () => checkJobOptions({ ...place, ...request, ...more } as JobOptions)

describe('checkJobOptions', () => {
  test.each(teleprompterNames)('takes what fits %s and refuses every other option, naming those it is for', (name) => {
    const options = { budget: 3, sampler: 'random', rowsPerTrial: 9, proposer: 'openai/x' } as const
    const flags = {
      budget: 'budget',
      sampler: 'sampler',
      rowsPerTrial: 'rows-per-trial',
      proposer: 'proposer',
    } as const
    for (const option of Object.keys(options) as (keyof typeof options)[]) {
      const given = check({ teleprompter: name, [option]: options[option] })
      if (offeredTeleprompter(name).takes.includes(option)) expect(given).not.toThrow()
      else expect(given).toThrow(`optimize: --${flags[option]} is not for ${name}, which takes none; it is for joint`)
    }
  })

  test.each([
    [{ teleprompter: 'gepo' }, 'gepa'],
    [{ objectives: ['accurracy'] }, 'accuracy'],
    [{ limits: { call: 3 } }, 'calls'],
    [{ limits: { calls: -1 } }, 'limits: calls'],
    [{ limits: { usd: Number.NaN } }, 'limits: usd'],
    [{ budget: 0 }, 'budget'],
    [{ rowsPerTrial: 0 }, 'rowsPerTrial'],
    [{ study: '../up' }, 'study'],
    [{ calls: { retries: -1 } }, 'retries'],
  ])('refuses %j', (more, words) => {
    expect(check(more)).toThrow(words)
  })

  test('lets a resumed study be given a budget, limits, workers, concurrency and patience alone', () => {
    const resume = (more: object) => () => checkJobOptions({ ...place, resume: 'x', ...more } as JobOptions)
    expect(resume({ budget: 9, limits: { calls: 3 }, workers: 2, concurrency: 1, calls: { retries: 1 } })).not.toThrow()
    expect(resume({ seed: 3 })).toThrow('seed')
  })
})

describe('settledRequest', () => {
  test('holds the defaults of every teleprompter, and leaves to each its own', () => {
    expect(settledRequest(request)).toEqual({
      ...request,
      teleprompter: 'joint',
      workers: 4,
      seed: 7,
      objectives: ['accuracy'],
      concurrency: 8,
      limits: {},
    })
    const own = { ...request, seed: 3, budget: 9, limits: { calls: 5 }, home: 'x' }
    expect(settledRequest(own)).toMatchObject({ seed: 3, budget: 9, limits: { calls: 5 } })
    expect(settledRequest(own)).not.toHaveProperty('home')
  })
})

describe('resumedRequest', () => {
  test('keeps how calls of models are made, part by part, and says nothing where nobody did', () => {
    const begun = settledRequest({ ...request, calls: { maxOutputTokens: 50, retries: 2 } })
    expect(resumedRequest(begun, {}).calls).toEqual({ maxOutputTokens: 50, retries: 2 })
    expect(resumedRequest(begun, { calls: { maxOutputTokens: 90 } }).calls).toEqual({ maxOutputTokens: 90, retries: 2 })
    expect(resumedRequest(settledRequest(request), { calls: { retries: 1 } }).calls).toEqual({ retries: 1 })
    expect(resumedRequest(settledRequest(request), {})).not.toHaveProperty('calls')
  })
})

describe('allowsMore', () => {
  const before = settledRequest({ ...request, budget: 12, limits: { calls: 100, usd: 1 } })
  test.each([
    [{}, false],
    [{ budget: 12 }, false],
    [{ budget: 13 }, true],
    [{ budget: 3 }, false],
    [{ limits: { calls: 100 } }, false],
    [{ limits: { calls: 101 } }, true],
    [{ limits: { usd: 2, calls: 1 } }, true],
    [{ limits: { tokens: 5 } }, false],
    [{ calls: { maxOutputTokens: 100 } }, false],
    [{ workers: 9 }, false],
  ])('%j: %s', (now, more) => {
    expect(allowsMore(resumedRequest(before, now), before, 'finished')).toBe(more)
  })

  test('counts a search without a budget as one of 60', () => {
    const unsaid = settledRequest(request)
    expect(allowsMore(resumedRequest(unsaid, { budget: 60 }), unsaid, 'finished')).toBe(false)
    expect(allowsMore(resumedRequest(unsaid, { budget: 61 }), unsaid, 'finished')).toBe(true)
  })

  test('counts shorter answers where a limit of tokens or money ended the work', () => {
    const shorter = (limits: object, now: number, was?: number) => {
      const ended = settledRequest({ ...request, limits, ...(was && { calls: { maxOutputTokens: was } }) })
      return allowsMore(resumedRequest(ended, { calls: { maxOutputTokens: now } }), ended, 'budget')
    }
    expect([shorter({ usd: 1 }, 100), shorter({ tokens: 1 }, 99, 100)]).toEqual([true, true])
    expect([shorter({ usd: 1 }, 100, 100), shorter({ usd: 1 }, 101, 100)]).toEqual([false, false])
    expect(shorter({ calls: 1 }, 100)).toBe(false)
  })
})

test('every teleprompter is made, under the name that its own package gives it', () => {
  const study = () => Promise.reject(new Error('no study is opened before it is tuned'))
  const own = (name: TeleprompterName) => {
    return offeredTeleprompter(name).make({ request: settledRequest({ ...request, teleprompter: name }), study }).name
  }
  expect(Object.fromEntries(teleprompterNames.map((name) => [name, own(name)]))).toMatchObject({
    joint: 'joint-search',
    gepa: 'gepa',
    'nearest-few-shot': 'nearest-few-shot',
    'better-together': 'better-together(gepa, bootstrap-random-search)',
  })
})

import { describe, expect, test } from 'vitest'
import type { AgentRequest } from './agent-request.ts'
import { checkedAnswer, inShort } from './checked-answer.ts'

describe('checkedAnswer', () => {
  test('answers of the right shape are taken without what was not asked for', () => {
    const right: [AgentRequest, object][] = [
      ['vote', { option: 'a', confidence: 0.5, reason: 'why' }],
      ['vote', { option: null }],
      ['ballot', { value: { any: ['thing'] } }],
      ['ballot', { value: null }],
      ['estimate', { value: -1.5 }],
      ['rank', { ranking: ['b', 'a'] }],
      ['refine', { value: 'x' }],
      ['propose', { proposals: [1, 'two'] }],
      ['bid', { bids: [{ items: ['gpu'], price: 10 }] }],
      ['bid', { bids: [] }],
    ]
    for (const [request, answer] of right) {
      expect(checkedAnswer(request, { ...answer, more: 1 }, 1_000)).toMatchObject({ value: answer })
      expect(checkedAnswer(request, { ...answer, more: 1 }, 1_000)).not.toHaveProperty('value.more')
    }
  })

  test('all others are malformed', () => {
    const wrong: [AgentRequest, unknown][] = [
      ['vote', undefined],
      ['vote', null],
      ['vote', 'a'],
      ['vote', {}],
      ['vote', { option: '' }],
      ['vote', { option: 'a', confidence: 1.01 }],
      ['vote', { option: 'a', confidence: Number.NaN }],
      ['ballot', {}],
      ['ballot', { value: undefined }],
      ['ballot', { value: () => 1 }],
      ['refine', {}],
      ['estimate', { value: Number.NaN }],
      ['estimate', { value: Number.POSITIVE_INFINITY }],
      ['estimate', { value: '1' }],
      ['rank', { ranking: 'a' }],
      ['propose', { proposals: {} }],
      ['bid', { bids: [{ items: ['gpu'], price: -1 }] }],
      ['bid', { bids: [{ items: ['gpu'], price: 0.5 }] }],
      ['bid', { bids: [{ items: ['gpu'], price: 2 ** 53 }] }],
      ['bid', { bids: [{ items: [], price: 1 }] }],
    ]
    for (const [request, answer] of wrong) {
      expect(checkedAnswer(request, answer, 1_000), JSON.stringify(answer)).toMatchObject({ absent: 'malformed' })
    }
  })

  test('at the limit it is an answer, one byte past it is too large and costs nothing', () => {
    const answer = { value: 'x'.repeat(100) }
    const whole = checkedAnswer('ballot', answer, 1_000)
    expect(checkedAnswer('ballot', answer, whole.bytes)).toEqual(whole)
    const because = `more than ${whole.bytes - 1} bytes`
    expect(checkedAnswer('ballot', answer, whole.bytes - 1)).toEqual({ absent: 'too-large', because, bytes: 0 })
  })

  test('of what is no answer it is said what is wrong, in no more than 200 characters', () => {
    const becauseOf = (request: AgentRequest, raw: unknown) => {
      const checked = checkedAnswer(request, raw, 10_000)
      return 'absent' in checked ? checked.because : undefined
    }
    expect(becauseOf('vote', { choice: 'a' })).toMatch(/^option: .*expected string/)
    expect(becauseOf('bid', { bids: [{ items: ['gpu'], price: 0.5 }] })).toMatch(/^bids\.0\.price: /)
    expect(becauseOf('vote', 'a')).toMatch(/expected object/)
    expect(becauseOf('ballot', {})).toMatch(/^value: .*received undefined/)
    expect(becauseOf('ballot', { value: () => 1 })).toBe('no data that can be sent')
    expect(inShort('x'.repeat(200))).toHaveLength(200)
    expect(inShort('x'.repeat(201))).toBe(`${'x'.repeat(199)}…`)
  })
})

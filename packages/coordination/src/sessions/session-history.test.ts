import { describe, expect, test } from 'vitest'
import type { SessionReport } from './session.ts'
import { SessionHistory } from './session-history.ts'

function report(id: number, outcome: SessionReport['outcome'] = { type: 'done' }): SessionReport {
  const figures = { rounds: 1, messages: 2, bytes: 3, latencyMs: 4, participation: 1, mode: 'direct' } as const
  return { id: `${id}`, protocol: 'p', status: 'done', participants: ['a'], startedMs: 0, ...figures, outcome }
}

describe('SessionHistory', () => {
  test('keeps the last ones in order, however many there were', () => {
    for (const reportsMax of [0, 1, 3, 4]) {
      const history = new SessionHistory(reportsMax)
      for (let count = 0; count <= 10; count++) {
        const kept = Array.from({ length: count }, (_, id) => `${id}`).slice(Math.max(0, count - reportsMax))
        expect(history.list({}).map(({ id }) => id)).toEqual(kept)
        history.add(report(count))
      }
    }
  })

  test('keeps an outcome of 64 KiB whole, and of a longer one its type', () => {
    const history = new SessionHistory(10)
    const of = (length: number) => ({ type: 'told', text: 'x'.repeat(length) })
    history.add(report(1, of(65_536 - 19)))
    history.add(report(2, of(65_536 - 18)))
    expect(history.list({})[0]?.outcome).toHaveProperty('text')
    expect(history.list({})[1]?.outcome).toEqual({ type: 'told' })
  })

  test('keeps an outcome as it was, whatever is done to it afterwards', () => {
    const history = new SessionHistory(10)
    const outcome = { type: 'told', ranking: ['a', 'b'] }
    history.add(report(1, outcome))
    outcome.ranking.reverse()
    expect(history.list({})[0]?.outcome).toEqual({ type: 'told', ranking: ['a', 'b'] })
  })

  test('remembers 100,000 agents, the oldest go first', () => {
    const history = new SessionHistory(0)
    for (let agent = 0; agent < 100_001; agent++) history.heard({ from: `${agent}`, absent: 'gone', latencyMs: 0 })
    expect(history.participation('0')).toBeUndefined()
    expect(history.participation('1')).toMatchObject({ asked: 1, answered: 0, absences: { gone: 1 }, meanLatencyMs: 0 })
    expect(history.participation('100000')).toMatchObject({ asked: 1 })
  })
})

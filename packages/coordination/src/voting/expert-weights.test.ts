import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { runProtocol } from '../testing/protocol-run.ts'
import { type ExpertState, expertReports, expertStep, expertWeights, newExperts } from './expert-weights.ts'
import type { NamedVote } from './vote-outcome.ts'
import { weighted } from './weighted.ts'

const vote = (from: string, option: string, confidence = 1): NamedVote => ({ from, option, confidence })

/** Experts who are right so often, over so many outcomes. */
function learned(state: ExpertState, rates: { readonly [id: string]: number }, outcomes: number): ExpertState {
  const random = seededRandom('experts')
  let now = state
  for (let at = 0; at < outcomes; at++) {
    const votes = Object.entries(rates).map(([id, rate]) => vote(id, random.next() < rate ? 'x' : 'y'))
    now = expertStep(now, { topic: 'all', truth: 'x', votes })
  }
  return now
}

describe('expert weights', () => {
  test('whoever is right gains and whoever is wrong loses, in that topic alone', () => {
    const before = newExperts()
    const votes = [vote('a', 'x'), vote('b', 'y')]
    const after = expertStep(before, { topic: 'routing', truth: 'x', votes })
    const [right = 0, wrong = 0] = expertWeights(after, 'routing', ['a', 'b'])
    expect(right).toBeGreaterThan(wrong)
    expect(expertWeights(after, 'pricing', ['a', 'b'])).toEqual([1, 1])
    expect(before.topics).toEqual({})
    expect(expertReports(after, 'routing')).toMatchObject([
      { id: 'a', seen: 1, right: 1, brier: 0 },
      { id: 'b', seen: 1, right: 0, brier: 1 },
    ])
  })

  test('being wrong costs less for who was less sure', () => {
    const votes = [vote('sure', 'y', 1), vote('unsure', 'y', 0.55), vote('right', 'x', 0.9)]
    const after = expertStep(newExperts(), { topic: 'all', truth: 'x', votes })
    const [sure = 0, unsure = 0, right = 0] = expertWeights(after, 'all', ['sure', 'unsure', 'right'])
    expect(right).toBeGreaterThan(unsure)
    expect(unsure).toBeGreaterThan(sure)
  })

  test('who does not vote keeps its share, and who is new has an average one', () => {
    const first = expertStep(newExperts(), { topic: 'all', truth: 'x', votes: [vote('a', 'x'), vote('b', 'y')] })
    const shareOf = (state: ExpertState, id: string) => {
      const ids = ['a', 'b']
      const weights = expertWeights(state, 'all', ids)
      return (weights[ids.indexOf(id)] ?? 0) / ((weights[0] ?? 0) + (weights[1] ?? 0))
    }
    const second = expertStep(first, { topic: 'all', truth: 'x', votes: [vote('b', 'y')] })
    expect(shareOf(second, 'a')).toBeCloseTo(shareOf(first, 'a'), 12)
    const [a = 0, b = 0, fresh = 0] = expertWeights(second, 'all', ['a', 'b', 'new'])
    expect(fresh).toBeCloseTo((a + b) / 2, 12)
  })

  test('log-odds draw rates towards the prior, so that one lucky vote makes nobody a dictator', () => {
    const state = learned(newExperts({ method: 'log-odds' }), { good: 0.9, fair: 0.6, bad: 0.2 }, 400)
    const [good = 0, fair = 0, bad = -1, fresh = 0] = expertWeights(state, 'all', ['good', 'fair', 'bad', 'new'])
    expect(good).toBeCloseTo(Math.log(9), 0)
    expect(fair).toBeCloseTo(Math.log(1.5), 0)
    expect(bad).toBe(0)
    expect(fresh).toBeCloseTo(Math.log(1.5), 12)
    const lucky = expertStep(newExperts({ method: 'log-odds' }), { topic: 'all', truth: 'x', votes: [vote('l', 'x')] })
    expect(expertWeights(lucky, 'all', ['l'])[0]).toBeLessThan(1)
  })

  test('where nobody has any weight all have the same', () => {
    const state = learned(newExperts({ method: 'log-odds' }), { a: 0.1, b: 0.1 }, 50)
    expect(expertWeights(state, 'all', ['a', 'b'])).toEqual([1, 1])
  })

  test('with a drift an expert that has turned bad is found out sooner', () => {
    const after = (drift: number) => {
      const good = learned(newExperts({ drift, horizon: 50 }), { turned: 0.95, other: 0.5 }, 200)
      const [turned = 0, other = 0] = expertWeights(learned(good, { turned: 0.05, other: 0.9 }, 20), 'all', [
        'turned',
        'other',
      ])
      return turned / (turned + other)
    }
    expect(after(0.05)).toBeLessThan(0.2)
    expect(after(0)).toBeGreaterThan(0.9)
  })

  test('is plain data, whatever agents and topics are called', () => {
    const votes = [vote('__proto__', 'x'), vote('constructor', 'y')]
    let state = newExperts()
    for (const topic of ['__proto__', 'toString']) state = expertStep(state, { topic, truth: 'x', votes })
    const again: ExpertState = JSON.parse(JSON.stringify(state))
    expect(again).toEqual(state)
    const [first = 0, second = 0] = expertWeights(again, '__proto__', ['__proto__', 'constructor'])
    expect(first).toBeGreaterThan(second)
    expect(expertWeights(again, 'valueOf', ['a'])).toEqual([1])
  })

  test('weighs a vote by the topic', async () => {
    const experts = learned(newExperts(), { good: 0.95, bad: 0.3, poor: 0.3 }, 60)
    const run = async (topic?: string) => {
      const { outcome } = await runProtocol(weighted, {
        spec: { options: ['x', 'y'], experts, topic },
        participants: ['good', 'bad', 'poor'],
        answer: (from) => ({ value: { option: from === 'good' ? 'x' : 'y' } }),
      })
      return outcome?.type === 'decided' && outcome.value
    }
    expect(await run()).toBe('x')
    expect(await run('something else')).toBe('y')
  })

  test('holds as many topics and agents as it may and not one more', () => {
    const about = (topic: string, ...ids: string[]) => ({ topic, truth: 'x', votes: ids.map((id) => vote(id, 'x')) })
    const full = expertStep(newExperts({ topicsMax: 1, expertsMax: 2 }), about('t', 'a', 'b'))
    expect(() => expertStep(full, about('t', 'c'))).toThrow('at most 2 agents in a topic, got 3')
    expect(() => expertStep(full, about('u', 'a'))).toThrow('at most 1 topics')
    expect(expertStep(full, about('t', 'a', 'a')).topics.t?.a).toMatchObject({ seen: 2 })
  })

  test.each([
    undefined,
    {},
    { version: 2 },
    { version: 1, options: {} },
    { version: 1, options: {}, topics: { all: { a: {} } } },
  ])('refuses what is no state: %#', (state) => {
    expect(() => expertWeights(state as unknown as ExpertState, 'all', ['a'])).toThrow('expected')
  })

  test('refuses options and votes that can not be', () => {
    expect(() => newExperts({ horizon: 0 })).toThrow('horizon: expected an integer from 1')
    expect(() => newExperts({ drift: Number.NaN })).toThrow('drift: expected a number from 0 to 1')
    expect(() => newExperts({ priorRate: 1 })).toThrow('priorRate')
    expect(() => newExperts({ mehtod: 'hedge' } as object)).toThrow('did you mean "method"?')
    const votes = [vote('a', 'x', Number.NaN)]
    expect(() => expertStep(newExperts(), { topic: 'all', truth: 'x', votes })).toThrow(
      'confidence: expected a number from 0 to 1',
    )
  })
})

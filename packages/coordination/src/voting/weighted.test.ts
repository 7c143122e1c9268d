import { describe, expect, test } from 'vitest'
import { runProtocol } from '../testing/protocol-run.ts'
import { late, saying } from './scripted-votes.fixture.ts'
import { weighted } from './weighted.ts'

describe('weighted', () => {
  const options = ['x', 'y']
  const codeOf = async (spec: object) => {
    try {
      await runProtocol(weighted, { spec: { options, ...spec }, ...saying({ a: 'x', b: 'y' }) })
    } catch (thrown) {
      return (thrown as { readonly code?: string }).code
    }
    return 'nothing thrown'
  }

  test('votes weigh what was given, and ends as soon as the rest weighs too little', async () => {
    const votes = saying({ chief: 'x', a: 'y', b: late('y', 500), c: late('y', 600) })
    const run = await runProtocol(weighted, {
      spec: { options, weights: { chief: 2.5, a: 0.5, b: 1, c: 0.5 } },
      ...votes,
    })
    expect(run.outcome).toMatchObject({
      type: 'decided',
      option: 'x',
      early: true,
      support: 2.5 / 3,
      soundAgainst: 0.9,
    })
    expect(run.tookMs).toBe(0)
  })

  test('tenths are tenths: what is a tie on paper is a tie', async () => {
    const run = await runProtocol(weighted, {
      spec: { options, weights: { a: 0.1, b: 0.2, c: 0.3 } },
      ...saying({ a: 'x', b: 'x', c: 'y' }),
    })
    expect(run.outcome).toMatchObject({ type: 'undecided', reason: 'tie' })
  })

  test('weights may change while it runs: all votes are weighed anew, and it ends when that settles it', async () => {
    const votes = saying({ a: 'x', b: 'x', c: 'y', d: late('y', 4_000) })
    const run = await runProtocol(weighted, {
      spec: { options },
      ...votes,
      feedback: [{ atMs: 100, feedback: { type: 'weights', weights: { c: 5 } } }],
    })
    expect(run.outcome).toMatchObject({ type: 'decided', option: 'y', early: true, support: 5 / 7 })
    expect(run.tookMs).toBe(100)
  })

  test.each([
    [{ nobody: 1 }, 'nobody is called "nobody"'],
    [{ a: -1 }, 'the weight of "a" is no finite number from 0'],
    [{ a: Number.NaN }, 'the weight of "a" is no finite number from 0'],
    [{ a: 0, b: 0 }, 'all weights are 0'],
  ])('weights that can not be are refused, and the vote goes on: %#', async (weights, why) => {
    const run = await runProtocol(weighted, {
      spec: { options },
      ...saying({ a: 'x', b: late('x', 50) }),
      feedback: [{ atMs: 10, feedback: { type: 'weights', weights } }],
    })
    expect(run.commands).toContainEqual({ type: 'progress', progress: { type: 'feedback-refused', why } })
    expect(run.outcome).toMatchObject({ type: 'decided', option: 'x' })
  })

  test('who has no weight is not waited for', async () => {
    const run = await runProtocol(weighted, {
      spec: { options, weights: { a: 1, b: 0 } },
      ...saying({ a: 'x', b: late('y', 4_000) }),
    })
    expect(run).toMatchObject({ tookMs: 0, outcome: { type: 'decided', option: 'x', early: true } })
  })

  test('with traitors it waits until they can change nothing either', async () => {
    const votes = saying({ a: 'x', b: 'x', c: 'x', d: 'x', e: late('x', 100), f: late('y', 200), g: late('y', 300) })
    const took = async (spec: object) => (await runProtocol(weighted, { spec: { options, ...spec }, ...votes })).tookMs
    expect(await took({})).toBe(0)
    expect(await took({ traitorWeight: 1, traitorsCan: 'be-voided' })).toBe(100)
    expect(await took({ traitorWeight: 1, traitorsCan: 'switch' })).toBe(100)
    expect(await took({ traitorWeight: 2, traitorsCan: 'switch' })).toBe(300)
    // 0.07 are 7 hundredths, and not more, as floating point has it: traitors of 8 it would wait for.
    const weights = { a: 0.07, b: 0.07, c: 0.03, d: 0.01, e: 0.01, f: 0.01, g: 0.01 }
    expect(await took({ weights, traitorWeight: 0.07 })).toBe(0)
    expect(await took({ weights, traitorWeight: 0.071 })).toBe(100)
  })

  test('a vote counts by its confidence where that is asked for, and abstains with the rest', async () => {
    const votes = saying({
      a: { value: { option: 'x', confidence: 0.25 } },
      b: { value: { option: 'y', confidence: 0.5 } },
      c: { value: { option: 'x', confidence: 0 } },
    })
    const spec = { options, weights: { a: 100, b: 100, c: 100 } }
    const scaled = await runProtocol(weighted, { spec: { ...spec, confidence: 'scale' }, ...votes })
    expect(scaled.outcome).toMatchObject({
      type: 'decided',
      option: 'y',
      turnout: 1,
      tally: { counts: [{ weight: 25 }, { weight: 50 }], abstained: { votes: 0, weight: 225 } },
    })
    expect((await runProtocol(weighted, { spec, ...votes })).outcome).toMatchObject({ option: 'x', support: 2 / 3 })
  })

  test('weights next to nothing are weights', async () => {
    const weights = { a: 3e-310, b: 1e-310, c: 1e-310 }
    const votes = saying({ a: 'x', b: 'y', c: { value: { option: 'y' }, afterMs: 100 } })
    const run = await runProtocol(weighted, { spec: { options, weights }, ...votes })
    expect(run).toMatchObject({ outcome: { type: 'decided', option: 'x', early: true }, tookMs: 0 })
  })

  test('families that err together and caps take weight away', async () => {
    const votes = saying({ a: 'x', b: 'x', c: 'x', d: 'y', e: 'y' })
    const families = { a: 'm', b: 'm', c: 'm' }
    const spec = { options, families, correlation: 1 }
    expect((await runProtocol(weighted, { spec, ...votes })).outcome).toMatchObject({ option: 'y' })
    const capped = { options, weights: { a: 90, b: 3, c: 3, d: 3, e: 3 }, shareMax: 0.2 }
    expect((await runProtocol(weighted, { spec: capped, ...votes })).outcome).toMatchObject({ support: 3 / 5 })
  })

  test('refuses weights that can not be, with a code for each', async () => {
    for (const bad of [Number.NaN, -1, Number.POSITIVE_INFINITY, '1' as unknown as number]) {
      expect(await codeOf({ weights: { a: bad, b: 1 } })).toBe('coordination/invalid-weight')
    }
    expect(await codeOf({ weights: { a: 0, b: 0 } })).toBe('coordination/no-weight')
    expect(await codeOf({ weights: { a: 1 } })).toBe('coordination/weight-missing')
    expect(await codeOf({ weights: { a: 1, b: 1, bb: 1 } })).toBe('foundation/unknown-name')
    expect(await codeOf({ weights: JSON.parse('{"a": 1, "b": 1, "__proto__": 1}') })).toBe('foundation/unknown-name')
    expect(await codeOf({ families: { c: 'm' } })).toBe('foundation/unknown-name')
    expect(await codeOf({ families: { a: 7 } })).toBe('foundation/invalid-option')
    expect(await codeOf({ shareMax: 0 })).toBe('foundation/invalid-option')
    expect(await codeOf({ correlation: Number.NaN })).toBe('foundation/invalid-option')
    expect(await codeOf({ traitorWeight: -1 })).toBe('foundation/invalid-option')
    expect(await codeOf({ weights: { a: 1, b: 1 }, experts: {} })).toBe('foundation/invalid-option')
    expect(await codeOf({ experts: {} })).toBe('foundation/invalid-option')
    expect(await codeOf({ weights: { a: 1e308, b: 1e308 } })).toBe('nothing thrown')
  })

  test('participants of odd names have their own weight', async () => {
    const votes = { constructor: 'x', ['__proto__']: 'y', toString: 'x' }
    const spec = { options, weights: { constructor: 1, ['__proto__']: 5, toString: 1 } }
    const run = await runProtocol(weighted, { spec, ...saying(votes) })
    expect(run.outcome).toMatchObject({ type: 'decided', option: 'y', support: 5 / 7 })
  })
})

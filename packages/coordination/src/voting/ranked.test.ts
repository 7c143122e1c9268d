import { hasCode } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { runProtocol, type ScriptedAnswer } from '../testing/protocol-run.ts'
import { ranked } from './ranked.ts'

type Said = readonly string[] | { readonly absent: 'late' } | ScriptedAnswer

function ranking(said: { readonly [id: string]: Said }) {
  return {
    participants: Object.keys(said),
    answer: (from: string): ScriptedAnswer => {
      const one = said[from] ?? { absent: 'gone' }
      return 'absent' in one || 'value' in one ? one : { value: { ranking: [...one] } }
    },
  }
}

/** Tennessee: each city is what so many percent live next to. */
const capital = {
  ...Object.fromEntries(
    Array.from({ length: 42 }, (_, at) => [`m${at}`, ['memphis', 'nashville', 'chattanooga', 'knoxville']]),
  ),
  ...Object.fromEntries(
    Array.from({ length: 26 }, (_, at) => [`n${at}`, ['nashville', 'chattanooga', 'knoxville', 'memphis']]),
  ),
  ...Object.fromEntries(
    Array.from({ length: 15 }, (_, at) => [`c${at}`, ['chattanooga', 'knoxville', 'nashville', 'memphis']]),
  ),
  ...Object.fromEntries(
    Array.from({ length: 17 }, (_, at) => [`k${at}`, ['knoxville', 'chattanooga', 'nashville', 'memphis']]),
  ),
}

describe('ranked', () => {
  const options = ['memphis', 'nashville', 'chattanooga', 'knoxville']

  test('the methods differ as they do in books', async () => {
    const by = async (method: 'instant-runoff' | 'schulze' | 'borda') => {
      return (await runProtocol(ranked, { spec: { options, method }, ...ranking(capital) })).outcome
    }
    expect(await by('instant-runoff')).toMatchObject({
      type: 'decided',
      value: 'knoxville',
      support: 0.58,
      margin: 0.16,
      turnout: 1,
      tally: {
        ballots: 100,
        steps: {
          rounds: [
            { counts: [42, 26, 15, 17], eliminated: 2 },
            { counts: [42, 26, 0, 32], eliminated: 1 },
            { counts: [42, 0, 0, 58] },
          ],
        },
      },
    })
    expect(await by('schulze')).toMatchObject({ value: 'nashville', support: 0.58 })
    expect(await by('borda')).toMatchObject({
      value: 'nashville',
      tally: { steps: { doublePoints: [252, 388, 346, 214] } },
    })
  })

  test('says what the steps came to where a runoff can not go on, and an order decides it', async () => {
    const said = ranking({ a: ['nashville'], b: ['memphis'] })
    const { outcome } = await runProtocol(ranked, { spec: { options }, ...said })
    expect(outcome).toMatchObject({ type: 'undecided', reason: 'tie', tied: ['memphis', 'nashville'] })
    expect((await runProtocol(ranked, { spec: { options, tie: 'first' }, ...said })).outcome).toMatchObject({
      type: 'decided',
      value: 'memphis',
    })
    const seeds = await Promise.all(
      Array.from({ length: 20 }, async (_, seed) => {
        const { outcome: drawn } = await runProtocol(ranked, { spec: { options, tie: 'random' }, ...said, seed })
        return drawn?.type === 'decided' && drawn.value
      }),
    )
    expect(new Set(seeds)).toEqual(new Set(['memphis', 'nashville']))
  })

  test('to rank nothing is to abstain; what is no option, or ranked twice, spoils a ballot', async () => {
    const { outcome } = await runProtocol(ranked, {
      spec: { options },
      ...ranking({
        a: ['memphis'],
        b: [],
        c: ['memphs'],
        d: ['memphis', 'memphis'],
        e: { absent: 'late' },
        f: ['memphis', 'knoxville'],
      }),
    })
    expect(outcome).toMatchObject({ type: 'undecided', reason: 'no-quorum', turnout: 1 / 2 })
    expect(outcome?.tally).toMatchObject({ ballots: 2, abstained: 1, absent: 1, spoiled: 2 })
  })

  test('ballots of nobody decide nothing', async () => {
    for (const method of ['instant-runoff', 'schulze', 'borda'] as const) {
      const spec = { options, method, tie: 'first' } as const
      const { outcome } = await runProtocol(ranked, { spec, ...ranking({ a: [], b: [] }) })
      expect(outcome).toMatchObject({ type: 'undecided', reason: 'below-threshold', support: 0, margin: 0 })
    }
  })

  test('one option alone wins as soon as somebody ranks it', async () => {
    for (const method of ['instant-runoff', 'schulze', 'borda'] as const) {
      const { outcome } = await runProtocol(ranked, { spec: { options: ['x'], method }, ...ranking({ a: ['x'] }) })
      expect(outcome).toMatchObject({ type: 'decided', value: 'x' })
    }
  })

  test('when time is up it counts what is there, and says so where that is not enough', async () => {
    const late = (...names: string[]): ScriptedAnswer => ({ value: { ranking: names }, afterMs: 4_000 })
    const spec = { options }
    const enough = ranking({ a: ['memphis'], b: ['memphis'], c: late('knoxville') })
    expect((await runProtocol(ranked, { spec, ...enough, deadlineMs: 100 })).outcome).toMatchObject({
      value: 'memphis',
    })
    const few = ranking({ a: ['memphis'], b: late('memphis'), c: late('memphis') })
    expect((await runProtocol(ranked, { spec, ...few, deadlineMs: 100 })).outcome).toMatchObject({
      type: 'undecided',
      reason: 'deadline',
      tally: { absent: 2 },
    })
  })

  test.each([
    [{ options: [] }, 'an array of 1 to 10000 options'],
    [{}, 'options: expected an array'],
    [{ options: Array.from({ length: 129 }, (_, at) => at) }, 'options: expected at most 128 options, got 129'],
    [{ options: ['a'], method: 'approval' }, 'method: expected one of instant-runoff, schulze, borda'],
    [{ options: ['a'], quorum: -1 }, 'quorum: expected a share'],
    [{ options: ['a'], proposal: 'b' }, 'unknown option "proposal"'],
  ] as const)('refuses what can not be ranked: %#', async (spec, sentence) => {
    await expect(runProtocol(ranked, { spec: spec as never, ...ranking({ a: ['a'] }) })).rejects.toThrow(sentence)
  })

  test('takes as many options as it may, by each method', async () => {
    const many = Array.from({ length: 128 }, (_, at) => String(at))
    for (const method of ['instant-runoff', 'schulze', 'borda'] as const) {
      const said = ranking({ a: many.toReversed(), b: many.toReversed(), c: many })
      const { outcome } = await runProtocol(ranked, { spec: { options: many, method }, ...said })
      expect(outcome).toMatchObject({ type: 'decided', value: '127' })
    }
  })

  test('refuses a choice of nobody', async () => {
    const running = runProtocol(ranked, { spec: { options }, ...ranking({}) })
    await expect(running).rejects.toSatisfy((thrown) => hasCode(thrown, 'coordination/no-voters'))
  })
})

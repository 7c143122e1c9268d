import { hasCode } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { runProtocol } from '../testing/protocol-run.ts'
import { majority } from './majority.ts'
import { late, saying } from './scripted-votes.fixture.ts'

describe('majority', () => {
  const options = ['ship', 'wait']

  test('decides what more than half of the votes were cast for', async () => {
    const { outcome, asks } = await runProtocol(majority, {
      spec: { options },
      ...saying({ north: 'ship', south: 'ship', east: 'wait' }),
    })
    expect(outcome).toEqual({
      type: 'decided',
      option: 'ship',
      value: 'ship',
      support: 2 / 3,
      margin: 1 / 3,
      turnout: 1,
      early: false,
      soundAgainst: 0,
      tally: {
        counts: [
          { option: 'ship', votes: 2, weight: 2 },
          { option: 'wait', votes: 1, weight: 1 },
        ],
        abstained: { votes: 0, weight: 0 },
        absent: { votes: 0, weight: 0 },
        spoiled: { votes: 0, weight: 0 },
        totalWeight: 3,
      },
      votes: [
        { from: 'north', option: 'ship', confidence: 1 },
        { from: 'south', option: 'ship', confidence: 1 },
        { from: 'east', option: 'wait', confidence: 1 },
      ],
    })
    expect(asks).toMatchObject([{ request: 'vote', question: { question: 'Which option?', options } }])
  })

  test('a tie stays undecided, unless an order was asked for', async () => {
    const votes = saying({ north: 'ship', south: 'wait' })
    const half = { options, threshold: 1 / 2 }
    expect((await runProtocol(majority, { spec: half, ...votes })).outcome).toMatchObject({ reason: 'tie' })
    const first = await runProtocol(majority, { spec: { ...half, tie: 'first' }, ...votes })
    expect(first.outcome).toMatchObject({ type: 'decided', option: 'ship' })
    const drawn = new Set<unknown>()
    for (let seed = 0; seed < 20; seed++) {
      const run = await runProtocol(majority, { spec: { ...half, tie: 'random' }, ...votes, seed })
      expect(await runProtocol(majority, { spec: { ...half, tie: 'random' }, ...votes, seed })).toEqual(run)
      drawn.add(run.outcome?.type === 'decided' && run.outcome.option)
    }
    expect(drawn).toEqual(new Set(options))
  })

  test('abstaining counts for the quorum and not for the threshold; absence and spoilt votes for neither', async () => {
    const abstaining = await runProtocol(majority, {
      spec: { options },
      ...saying({ a: 'ship', b: null, c: null, d: { absent: 'late' }, e: 'shp' }),
    })
    expect(abstaining.outcome).toMatchObject({
      type: 'decided',
      option: 'ship',
      turnout: 3 / 5,
      tally: { abstained: { votes: 2 }, absent: { votes: 1 }, spoiled: { votes: 1, weight: 1 } },
    })
    const absent = await runProtocol(majority, {
      spec: { options },
      ...saying({ a: 'ship', b: 'ship', c: { absent: 'malformed' }, d: { absent: 'late' }, e: 'shp' }),
    })
    expect(absent.outcome).toMatchObject({ type: 'undecided', reason: 'no-quorum', turnout: 2 / 5 })
    const ofAll = await runProtocol(majority, {
      spec: { options, of: 'all' },
      ...saying({ a: 'ship', b: null, c: null }),
    })
    expect(ofAll.outcome).toMatchObject({ type: 'undecided', reason: 'below-threshold' })
  })

  test('nobody who votes decides nothing', async () => {
    const spec = { options, quorum: 'none', threshold: 'plurality' } as const
    expect((await runProtocol(majority, { spec, ...saying({ a: null, b: null }) })).outcome).toMatchObject({
      type: 'undecided',
      reason: 'below-threshold',
      support: 0,
    })
    const gone = await runProtocol(majority, { spec: { options }, ...saying({ a: { absent: 'gone' } }) })
    expect(gone.outcome).toMatchObject({ type: 'undecided', reason: 'no-quorum' })
  })

  test('ends without the slow ones once they can change nothing, and waits for them where told to', async () => {
    const votes = saying({ a: 'ship', b: 'ship', c: 'ship', d: late('wait', 3_000), e: late('wait', 4_000) })
    const run = await runProtocol(majority, { spec: { options }, ...votes })
    expect(run.outcome).toMatchObject({ type: 'decided', option: 'ship', early: true, soundAgainst: 0 })
    expect(run.tookMs).toBe(0)
    expect(run.commands.map(({ type }) => type)).toEqual(['ask', 'close-ask', 'done'])
    const all = await runProtocol(majority, { spec: { options, earlyStop: false }, ...votes })
    expect(all.outcome).toMatchObject({ type: 'decided', early: false, support: 3 / 5 })
    expect(all.tookMs).toBe(4_000)
  })

  test('when time is up it decides by what is there, or says that time was up', async () => {
    const spec = { options, earlyStop: false }
    const enough = saying({ a: 'ship', b: 'ship', c: late('wait', 4_000) })
    expect((await runProtocol(majority, { spec, ...enough, deadlineMs: 1_000 })).outcome).toMatchObject({
      type: 'decided',
      option: 'ship',
      early: false,
    })
    const few = saying({ a: 'ship', b: late('ship', 4_000), c: late('wait', 4_000) })
    expect((await runProtocol(majority, { spec, ...few, deadlineMs: 1_000 })).outcome).toMatchObject({
      type: 'undecided',
      reason: 'deadline',
    })
  })

  test('a proposal is accepted, or put down', async () => {
    const proposal = { steps: 3 }
    const yes = await runProtocol(majority, { spec: { proposal }, ...saying({ a: 'accept', b: 'accept' }) })
    expect(yes.outcome).toMatchObject({ type: 'decided', value: proposal, option: 'accept' })
    expect(yes.asks).toMatchObject([{ question: { options: ['accept', 'reject'], context: proposal } }])
    const no = await runProtocol(majority, { spec: { proposal }, ...saying({ a: 'reject', b: 'reject' }) })
    expect(no.outcome).toMatchObject({ type: 'rejected', proposal, option: 'reject' })
  })

  test('options may be any values: agents say names, and are told the values', async () => {
    const plans = [{ id: 'fast', cost: 9 }, { cost: 1 }, 7]
    const run = await runProtocol(majority, { spec: { options: plans }, ...saying({ a: '2', b: '2', c: 'fast' }) })
    expect(run.outcome).toMatchObject({ type: 'decided', option: '2', value: { cost: 1 } })
    expect(run.asks).toMatchObject([
      { question: { options: ['fast', '2', '7'], context: { fast: plans[0], 2: plans[1], 7: 7 } } },
    ])
  })

  test.each([
    [{ options: [] }, 'options: expected an array of 1 to 10000 options, got 0'],
    [{ options: ['a', 'a'] }, 'options: expected options of different names, got "a"'],
    [{ options: [1, '1'] }, 'options: expected options of different names'],
    [{ options: [''] }, 'options: expected names of 1 to 1024 characters'],
    [{ options: ['x'.repeat(1_025)] }, 'options: expected names of 1 to 1024 characters'],
    [{ options: Array.from({ length: 10_001 }, (_, at) => at) }, 'got 10001'],
    [{}, 'options: expected options or a proposal, one of the two, got nothing'],
    [{ options: ['a'], proposal: 'b' }, 'options or a proposal, one of the two, got "both"'],
    [{ options: ['a'], threshold: 0 }, 'threshold: expected a share above 0 up to 1'],
    [{ options: ['a'], threshold: Number.NaN }, 'threshold: expected a share'],
    [{ options: ['a'], threshold: { moreThan: 1 } }, 'threshold: expected a share'],
    [{ options: ['a'], threshold: { about: 1 } }, 'threshold: expected a share'],
    [{ options: ['a'], quorum: 1.1 }, 'quorum: expected a share'],
    [{ options: ['a'], tie: 'coin' }, 'tie: expected one of undecided, first, random, got "coin"'],
    [{ options: ['a'], quorm: 1 }, 'unknown option "quorm"; did you mean "quorum"?'],
    [{ options: ['a'], question: 'x'.repeat(65_537) }, 'question: expected a text of at most 65536 characters'],
  ] as const)('refuses what can not be voted on: %#', async (spec, sentence) => {
    const running = runProtocol(majority, { spec: spec as object, ...saying({ a: 'a' }) })
    await expect(running).rejects.toThrow(sentence)
  })

  test('takes as many options as a request holds, and names as long', async () => {
    const many = ['x'.repeat(1_024), ...Array.from({ length: 9_999 }, (_, at) => at)]
    const run = await runProtocol(majority, { spec: { options: many }, ...saying({ a: '9998' }) })
    expect(run.outcome).toMatchObject({ type: 'decided', value: 9_998 })
  })

  test('refuses a vote of nobody', async () => {
    const running = runProtocol(majority, { spec: { options }, ...saying({}) })
    await expect(running).rejects.toSatisfy((thrown) => hasCode(thrown, 'coordination/no-voters'))
  })

  test('says that it takes no weights', async () => {
    const run = await runProtocol(majority, {
      spec: { options },
      ...saying({ a: 'ship', b: late('ship', 100) }),
      feedback: [{ atMs: 10, feedback: { type: 'weights', weights: { a: 3 } } }],
    })
    expect(run.commands).toContainEqual({
      type: 'progress',
      progress: { type: 'feedback-refused', why: 'in this vote all weigh the same' },
    })
    expect(run.outcome).toMatchObject({ type: 'decided', support: 1 })
  })
})

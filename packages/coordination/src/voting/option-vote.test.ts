import { hasCode } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { runProtocol, type ScriptedAnswer } from '../testing/protocol-run.ts'
import { byzantineVote } from './byzantine-vote.ts'
import { majority } from './majority.ts'
import { quorum } from './quorum.ts'
import { weighted } from './weighted.ts'

type Said = string | null | { readonly absent: 'late' | 'gone' | 'malformed' } | ScriptedAnswer

/** Each participant says what stands beside its name. */
function saying(votes: { readonly [id: string]: Said }) {
  return {
    participants: Object.keys(votes),
    answer: (from: string): ScriptedAnswer => {
      const said = votes[from]
      if (said === undefined) return { absent: 'gone' }
      return typeof said === 'string' || said === null ? { value: { option: said } } : said
    },
  }
}

const late = (option: string, afterMs: number): ScriptedAnswer => ({ value: { option }, afterMs })

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

describe('quorum', () => {
  test('is there as soon as so many say the same', async () => {
    const votes = saying({ a: 'v2', b: 'v1', c: late('v2', 10), d: late('v2', 20), e: late('v1', 9_000) })
    const run = await runProtocol(quorum, { spec: { options: ['v1', 'v2'] }, ...votes })
    expect(run.outcome).toMatchObject({ type: 'decided', option: 'v2', early: true })
    expect(run.tookMs).toBe(20)
    const five = await runProtocol(quorum, { spec: { options: ['v1', 'v2'], agree: 5 }, ...votes })
    expect(five.outcome).toMatchObject({ type: 'undecided', reason: 'below-threshold', early: true })
  })

  test('needs more than half, so that no two options can have one, and at most all', async () => {
    const votes = saying({ a: 'x', b: 'x', c: 'x', d: 'x' })
    for (const agree of [3, 4]) {
      const run = await runProtocol(quorum, { spec: { options: ['x', 'y'], agree }, ...votes })
      expect(run.outcome).toMatchObject({ type: 'decided', option: 'x' })
    }
    for (const agree of [2, 5]) {
      await expect(runProtocol(quorum, { spec: { options: ['x', 'y'], agree }, ...votes })).rejects.toThrow('so 3 to 4')
    }
  })

  test('exactly so many are enough, for each number of participants', async () => {
    for (let participants = 1; participants <= 40; participants++) {
      for (let agree = Math.floor(participants / 2) + 1; agree <= participants; agree++) {
        for (const [agreeing, type] of [
          [agree, 'decided'],
          [agree - 1, 'undecided'],
        ] as const) {
          const said = Array.from({ length: participants }, (_, at) => [`p${at}`, at < agreeing ? 'x' : null] as const)
          const run = await runProtocol(quorum, {
            spec: { options: ['x'], agree },
            ...saying(Object.fromEntries(said)),
          })
          expect(run.outcome?.type, `${agreeing} of ${participants}, ${agree} needed`).toBe(type)
        }
      }
    }
  })
})

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

describe('byzantine', () => {
  test('decides by the answers agreed on, and says how many liars could not have turned it', async () => {
    const votes = saying({ a: 'accept', b: 'accept', c: 'accept', d: 'reject' })
    const run = await runProtocol(byzantineVote, { spec: { proposal: 'plan' }, ...votes })
    expect(run.outcome).toMatchObject({ type: 'decided', value: 'plan', margin: 1 / 2, soundAgainst: 0 })
    const firm = saying({ a: 'accept', b: 'accept', c: 'accept', d: 'accept' })
    expect((await runProtocol(byzantineVote, { spec: { proposal: 'plan' }, ...firm })).outcome).toMatchObject({
      soundAgainst: 1,
    })
  })

  test('what all honest want wins, though liars vote otherwise or are void, and though f answers are left out', async () => {
    for (let members = 4; members <= 31; members++) {
      const f = Math.floor((members - 1) / 3)
      for (const lie of ['reject', { absent: 'gone' }] as const) {
        const said = Array.from({ length: members }, (_, at): readonly [string, Said] => {
          return [`m${at}`, at < f ? { absent: 'late' } : at < 2 * f ? lie : 'accept']
        })
        const run = await runProtocol(byzantineVote, { spec: { proposal: 'p' }, ...saying(Object.fromEntries(said)) })
        expect(run.outcome, `${members} members`).toMatchObject({ type: 'decided', option: 'accept' })
      }
    }
  })

  test('needs 3 f + 1 participants for f traitors', async () => {
    const three = saying({ a: 'accept', b: 'accept', c: 'accept' })
    const codes = async (spec: object, votes: typeof three) => {
      try {
        await runProtocol(byzantineVote, { spec: { proposal: 'p', ...spec }, ...votes })
      } catch (thrown) {
        return (thrown as { readonly code?: string }).code
      }
      return 'nothing thrown'
    }
    expect(await codes({}, three)).toBe('coordination/too-few-members')
    const six = saying({ a: 'accept', b: 'accept', c: 'accept', d: 'accept', e: 'accept', f: 'accept' })
    expect(await codes({ traitors: 2 }, six)).toBe('coordination/too-few-members')
    expect(await codes({ traitors: 1 }, six)).toBe('nothing thrown')
    expect(await codes({ traitors: 0 }, six)).toBe('foundation/invalid-option')
  })
})

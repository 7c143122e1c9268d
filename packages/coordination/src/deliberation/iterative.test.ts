import { hasCode } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { runProtocol, type ScriptedAnswer } from '../testing/protocol-run.ts'
import { refiningPopulation } from '../testing/refining-population.ts'
import { reasonsMax, standingMax } from './ballot-contest.ts'
import { iterativeProtocol } from './iterative.ts'
import { type IterativeSpec, refinementRoundsMax, textParticipantsMax } from './iterative-spec.ts'
import { names } from './participants.fixture.ts'

const numeric: IterativeSpec = { question: 'how many?', values: 'numeric', spreadMax: 1 }
const saying = (value: unknown, afterMs = 0): ScriptedAnswer => ({ value: { value }, afterMs })

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (thrown) {
    return (thrown as { code: string }).code
  }
  return 'nothing was thrown'
}

describe('iterative', () => {
  test('asks for estimates, shows what is contested, and ends with the median once they are close', async () => {
    const first: { [id: string]: number } = { p0: 10, p1: 14, p2: 18, p3: 40 }
    const shown: unknown[] = []
    const { outcome, asks } = await runProtocol(iterativeProtocol, {
      spec: { ...numeric, unit: 'people' },
      participants: names(4),
      answer: (from, ask) => {
        if (ask.request !== 'refine') return { value: { value: first[from] ?? 0, reason: `${from} counted` } }
        shown.push(ask.question.own, ...ask.question.standing)
        return saying(15)
      },
    })
    expect(outcome).toMatchObject({
      type: 'decided',
      value: 15,
      status: 'converged',
      spread: 0,
      refinements: 1,
      turnout: 1,
    })
    expect(asks.map(({ request }) => request)).toEqual(['estimate', 'refine'])
    // The outermost are trimmed, and nobody is shown them.
    expect(shown.slice(0, 3)).toEqual([
      10,
      { value: 14, share: 0.5, reasons: ['p1 counted'] },
      { value: 18, share: 0.5, reasons: ['p2 counted'] },
    ])
  })

  test('asks for votes where there are options, and refines nothing that is not contested', async () => {
    const { outcome, asks } = await runProtocol(iterativeProtocol, {
      spec: { question: 'which?', values: 'discrete', options: ['ship', 'wait'] },
      participants: names(5),
      answer: (from) => ({ value: { option: from === 'p0' ? 'wait' : 'ship' } }),
    })
    expect(asks.map(({ request }) => request)).toEqual(['vote'])
    expect(outcome).toMatchObject({ type: 'decided', value: 'ship', status: 'converged', agreement: 0.8 })
  })

  test('counts texts that share most of their words as one', async () => {
    const texts = ['ship the release on Monday', 'Ship the release on Monday!', 'wait for the tests']
    const { outcome } = await runProtocol(iterativeProtocol, {
      spec: { question: 'what to do?', values: 'text', agreementMin: 0.66 },
      participants: names(3),
      answer: (from) => saying(texts[Number(from.slice(1))]),
    })
    expect(outcome).toMatchObject({ type: 'decided', status: 'converged', agreement: 2 / 3 })
  })

  test('takes likeness from a function of the user, also one that says nonsense', async () => {
    for (const [likeness, type] of [
      [1, 'decided'],
      [Number.NaN, 'undecided'],
    ] as const) {
      const { outcome } = await runProtocol(iterativeProtocol, {
        spec: { question: 'what?', values: 'text', similarity: () => likeness },
        participants: names(3),
        answer: (from) => saying(from),
      })
      expect(outcome?.type).toBe(type)
    }
  })

  test('says that it is contested where no value has more than half of the weight', async () => {
    const { outcome } = await runProtocol(iterativeProtocol, {
      spec: { question: 'which?', values: 'discrete' },
      participants: names(4),
      answer: (from) => saying({ half: Number(from.slice(1)) % 2 }),
    })
    expect(outcome).toMatchObject({ type: 'undecided', reason: 'contested', status: 'stable', agreement: 0.5 })
  })

  test('ends at once where there is nobody to refine', async () => {
    const { outcome, rounds } = await runProtocol(iterativeProtocol, {
      spec: numeric,
      participants: names(4),
      answer: () => ({ absent: 'gone' }),
    })
    expect(outcome).toMatchObject({ type: 'undecided', reason: 'too-few-ballots', status: 'no-gain', turnout: 0 })
    expect(rounds).toBe(1)
  })

  test('keeps the ballot of who does not answer any more, and counts answers that are no values', async () => {
    const { outcome } = await runProtocol(iterativeProtocol, {
      spec: { ...numeric, traitors: 0 },
      participants: names(3),
      answer: (from, { round }) => {
        if (round === 1) return saying(Number(from.slice(1)) * 10)
        return from === 'p1' ? { absent: 'late' } : from === 'p2' ? saying('ten') : saying(10)
      },
    })
    expect(outcome).toMatchObject({ type: 'decided', value: 10, status: 'stable', spread: 10, turnout: 1, refused: 2 })
  })

  test('ends as no gain when they move and come no closer', async () => {
    const { outcome } = await runProtocol(iterativeProtocol, {
      spec: { ...numeric, traitors: 0, patience: 2, roundsMax: 50 },
      participants: names(2),
      answer: (from, { round }) => saying(round + (from === 'p0' ? 0 : 100)),
    })
    expect(outcome).toMatchObject({ type: 'decided', status: 'no-gain', spread: 100, refinements: 2 })
  })

  test('spends what it may on requests and not one more', async () => {
    const run = async (requestsMax: number) =>
      await runProtocol(iterativeProtocol, {
        spec: { ...numeric, traitors: 0, requestsMax, gainMin: 0 },
        participants: names(2),
        answer: (from, { round }) => saying((from === 'p0' ? 0 : 100) / round),
      })
    expect((await run(4)).outcome).toMatchObject({ status: 'budget', refinements: 1 })
    expect((await run(5)).outcome).toMatchObject({ status: 'budget', refinements: 1 })
    expect((await run(6)).outcome).toMatchObject({ status: 'budget', refinements: 2 })
  })

  test('says what it has when time is up in the middle of a round', async () => {
    const { outcome } = await runProtocol(iterativeProtocol, {
      spec: { question: 'which?', values: 'discrete' },
      participants: names(3),
      answer: (from) => saying('ship', from === 'p2' ? 4_000 : 10),
      deadlineMs: 1_000,
    })
    expect(outcome).toMatchObject({ type: 'decided', value: 'ship', status: 'budget', limit: 'deadline' })
    expect(outcome?.turnout).toBeCloseTo(2 / 3)
  })

  test('counts weights, and those that are changed while it runs', async () => {
    const run = async (feedback: { readonly [id: string]: number }) =>
      await runProtocol(iterativeProtocol, {
        spec: { question: 'which?', values: 'discrete', weights: { p0: 3, p1: 1, p2: 1 }, agreementMin: 1 },
        participants: names(3),
        answer: (from) => saying(from === 'p0' ? 'a' : 'b', 10),
        feedback: [{ atMs: 5, feedback: { type: 'weights', weights: feedback } }],
      })
    expect((await run({})).outcome).toMatchObject({ value: 'a', agreement: 0.6 })
    expect((await run({ p1: 7 })).outcome).toMatchObject({ value: 'b', agreement: 8 / 11 })
    // What is no weight, or nobody's, changes nothing; nor does what would leave nobody with any.
    expect((await run({ p1: Number.NaN, p2: -1, stranger: 9 })).outcome).toMatchObject({ value: 'a', agreement: 0.6 })
    expect((await run({ p0: 0, p1: 0, p2: 0 })).outcome).toMatchObject({ value: 'a', agreement: 0.6 })
  })

  test('shows no more values and reasons than it may', async () => {
    let shown = 0
    let reasons = 0
    await runProtocol(iterativeProtocol, {
      spec: { ...numeric, traitors: 0, roundsMax: 2 },
      participants: names(standingMax * 5 + 1),
      answer: (from, ask) => {
        if (ask.request === 'refine') {
          shown = ask.question.standing.length
          reasons = Math.max(...ask.question.standing.map((one) => one.reasons.length))
        }
        return { value: { value: Number(from.slice(1)) ** 2, reason: 'because' } }
      },
    })
    expect(shown).toBeLessThanOrEqual(standingMax)
    expect(shown).toBeGreaterThan(standingMax / 2)
    expect(reasons).toBe(reasonsMax)
  })

  test('tells who watches how each round ended', async () => {
    const { commands } = await runProtocol(iterativeProtocol, {
      spec: numeric,
      participants: names(4),
      answer: (_, { round }) => saying(round),
    })
    const told = commands.filter(({ type }) => type === 'progress')
    expect(told).toEqual([
      { type: 'progress', progress: { type: 'round-ended', round: 1, agreement: 1, spread: 0, change: 1 } },
    ])
  })

  test('converges within 5 rounds in nine of ten populations of the model', async () => {
    let within = 0
    for (let seed = 0; seed < 200; seed++) {
      const population = refiningPopulation({ seed, agents: [3, 8, 12, 20][seed % 4] ?? 3 })
      const { outcome, rounds } = await runProtocol(iterativeProtocol, {
        spec: { ...numeric, spreadMax: 5 },
        participants: population.map(({ id }) => id),
        answer: (from, ask) => {
          const agent = population.find(({ id }) => id === from)
          return saying(
            ask.request === 'refine' ? agent?.refine(ask.question.own, ask.question.standing) : agent?.estimate(),
          )
        },
      })
      if (outcome?.status === 'converged' && rounds <= 5) within++
    }
    expect(within).toBeGreaterThanOrEqual(180)
  })
})

describe('checking a refinement', () => {
  const check = (change: object, count = 4) =>
    codeOf(() =>
      iterativeProtocol.check(
        { ...numeric, ...change } as IterativeSpec,
        names(count).map((id) => ({ id, capabilities: [] })),
      ),
    )

  test('refuses what it can make nothing of', () => {
    for (const change of [
      { question: '' },
      { values: 'colour' },
      { spreadMax: undefined },
      { spreadMax: Number.NaN },
      { spreadMax: -1 },
      { agreementMin: 0.9 },
      { values: 'discrete', spreadMax: undefined, agreementMin: 0.5 },
      { values: 'discrete', spreadMax: undefined, options: [] },
      { values: 'discrete', spreadMax: undefined, options: ['a', 'a'] },
      { values: 'discrete', spreadMax: undefined, options: [1] },
      { values: 'text', spreadMax: undefined, similarity: 'cosine' },
      { roundsMax: 0 },
      { roundsMax: refinementRoundsMax + 1 },
      { patience: 0 },
      { traitors: 0.5 },
    ]) {
      expect([change, check(change)]).toEqual([change, 'foundation/invalid-option'])
    }
    expect(check({ roundMax: 3 })).toBe('foundation/unknown-name')
    expect(check({ weights: { nobody: 1 } })).toBe('foundation/unknown-name')
    const weights = { p0: 0, p1: 0, p2: 0, p3: 0 }
    expect(check({ weights: { p0: 1 } })).toBe('coordination/weight-missing')
    expect(check({ weights: { ...weights, p0: Number.NaN } })).toBe('coordination/invalid-weight')
    expect(check({ weights: { ...weights, p0: -1 } })).toBe('coordination/invalid-weight')
    expect(check({ weights })).toBe('coordination/no-weight')
    expect(check({ roundsMax: refinementRoundsMax, traitors: 1 })).toBe('nothing was thrown')
  })

  test('refuses fewer than 2 f + 1 who give numbers, nobody at all, and more texts than it can compare', () => {
    expect(check({ traitors: 2 }, 5)).toBe('nothing was thrown')
    expect(check({ traitors: 2 }, 4)).toBe('coordination/too-few-participants')
    expect(check({}, 0)).toBe('coordination/too-few-participants')
    const text = { values: 'text', spreadMax: undefined }
    expect(check(text, textParticipantsMax)).toBe('nothing was thrown')
    expect(check(text, textParticipantsMax + 1)).toBe('foundation/invalid-option')
  })

  test('says which option was meant', () => {
    let thrown: unknown
    try {
      iterativeProtocol.check({ ...numeric, spredMax: 1 } as IterativeSpec, [])
    } catch (error) {
      thrown = error
    }
    expect(hasCode(thrown, 'foundation/unknown-name') && thrown.message).toContain('did you mean "spreadMax"?')
  })
})

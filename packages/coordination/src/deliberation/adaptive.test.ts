import { describe, expect, test } from 'vitest'
import { type ProtocolRunOptions, runProtocol } from '../testing/protocol-run.ts'
import { adaptive } from './adaptive-laws.fixture.ts'
import { type AdaptiveSpec, modesMax } from './adaptive-spec.ts'
import { names, refusalOf } from './participants.fixture.ts'

const options = ['ship', 'wait']
const policy = ['byzantine', 'weighted', 'majority']
type Run = Partial<ProtocolRunOptions<AdaptiveSpec>>

async function decided(
  change: Partial<AdaptiveSpec>,
  answer: ProtocolRunOptions<AdaptiveSpec>['answer'],
  more: Run = {},
) {
  return await runProtocol(adaptive, { spec: { options, policy, ...change }, participants: names(10), answer, ...more })
}

const said = (option: string | null, afterMs = 0) => ({ value: { option }, afterMs })

describe('an adaptive decision', () => {
  test('stands by its first mode where that does', async () => {
    const { outcome, asks } = await decided({}, () => said('ship'))
    expect(outcome).toMatchObject({ type: 'decided', value: 'ship', modeUsed: 'byzantine', quality: 1, downgrades: [] })
    expect(outcome?.outcome).toMatchObject({ support: 1, option: 'ship' })
    expect(outcome).not.toHaveProperty('provisional')
    expect(asks).toMatchObject([{ ask: 'ask-1', request: 'vote', round: 1 }])
  })

  test('steps down when a tenth has failed, and not when fewer have', async () => {
    const run = async (failures: number) =>
      await decided(
        {},
        (from) => {
          return Number(from.slice(1)) < failures ? { absent: 'failed', afterMs: 5 } : said('ship', 10)
        },
        { participants: names(20) },
      )
    expect((await run(1)).outcome).toMatchObject({ modeUsed: 'byzantine', downgrades: [] })
    const { outcome, asks } = await run(2)
    expect(outcome).toMatchObject({
      type: 'decided',
      modeUsed: 'weighted',
      downgrades: [{ from: 'byzantine', to: 'weighted', trigger: 'failures', atMs: 5 }],
      // Those who were agreeing were left in the middle of it.
      provisional: true,
      attempts: [
        { mode: 'byzantine', isAgreed: true, isLeftOpen: true },
        { mode: 'weighted', isAgreed: false },
      ],
    })
    expect(asks.map(({ integrity }) => integrity)).toEqual([undefined, 'direct'])
  })

  test('steps down when four fifths of the time are used, and takes what is there', async () => {
    const { outcome, asks } = await decided(
      { policy: ['weighted', 'majority'], quality: () => 1 },
      (from) => said(from === 'p9' ? 'wait' : 'ship', from < 'p5' ? 10 : 4_000),
      { deadlineMs: 1_000 },
    )
    expect(outcome).toMatchObject({ downgrades: [{ trigger: 'time', atMs: 800, from: 'weighted', to: 'majority' }] })
    // Half have answered; the majority waits for one more of those who were asked before, and has until the end.
    expect(asks).toHaveLength(1)
    expect(outcome).toMatchObject({ type: 'undecided', reason: 'deadline', modeUsed: 'majority' })
  })

  test('has for each later mode four fifths of what is left', async () => {
    const { outcome } = await decided({ policy: ['weighted', 'quorum', 'majority'] }, () => said('ship', 4_000), {
      deadlineMs: 1_000,
    })
    expect(outcome?.downgrades.map(({ atMs }) => atMs)).toEqual([800, 960])
  })

  test('steps down from a decision that is not as good as it must be, and back where no later one is better', async () => {
    const spec = {
      policy: ['weighted', { kind: 'majority', threshold: { moreThan: 0.9 } }],
      triggers: { qualityMin: 0.5 },
    }
    const votes = (from: string) => said(from === 'p0' ? 'wait' : from === 'p1' ? 'ship' : null)
    const { outcome } = await decided({ ...spec, quality: () => 0.3 }, (from) =>
      from === 'p2' ? said('ship') : votes(from),
    )
    expect(outcome).toMatchObject({
      type: 'decided',
      value: 'ship',
      modeUsed: 'weighted',
      quality: 0.3,
      downgrades: [{ from: 'weighted', to: 'majority', trigger: 'quality' }],
      returned: { from: 'majority', to: 'weighted' },
    })
  })

  test('steps down from what is undecided, without asking anybody again', async () => {
    const { outcome, asks } = await decided(
      { policy: [{ kind: 'majority', threshold: { atLeast: 0.9 } }, 'majority'] },
      (from) => said(from < 'p4' ? 'ship' : from < 'p7' ? 'wait' : 'ship'),
    )
    expect(outcome).toMatchObject({ type: 'decided', value: 'ship', downgrades: [{ trigger: 'undecided' }] })
    expect(asks).toHaveLength(1)
  })

  test('is provisional where the mode that was agreed on had come to something else', async () => {
    const weights = Object.fromEntries(names(10).map((id, place) => [id, place === 0 ? 100 : 1]))
    const { outcome } = await decided(
      {
        policy: ['byzantine', { kind: 'weighted', weights }],
        quality: (one) => ('early' in one && one.early ? 0 : 0.5),
        triggers: { qualityMin: 0.8 },
      },
      (from) => said(from === 'p0' ? 'wait' : 'ship'),
    )
    expect(outcome).toMatchObject({ attempts: [{ outcome: { value: 'ship' } }, { outcome: { value: 'wait' } }] })
    expect(outcome?.provisional).toBe(outcome?.modeUsed === 'weighted' ? true : undefined)
  })

  test('is final where those who agree could be brought to agree that there is nothing', async () => {
    const { outcome } = await decided({ triggers: { failedShare: 1 } }, (_, { integrity }) =>
      integrity === 'direct' ? said('ship') : { absent: 'late', afterMs: 10 },
    )
    expect(outcome).toMatchObject({ type: 'decided', modeUsed: 'weighted', attempts: [{ isLeftOpen: false }, {}] })
    expect(outcome).not.toHaveProperty('provisional')
  })

  test('is provisional where they could not', () => {
    const participants = names(4).map((id) => ({ id, capabilities: [] }))
    const spec = adaptive.check({ options, policy }, participants)
    const random = {
      next: () => 0,
      int: () => 0,
      normal: () => 0,
      shuffle: <T>(those: readonly T[]) => [...those],
      fork: () => random,
    }
    const [begun] = adaptive.begin({ spec, participants, random, atMs: 0, endsAtMs: 1_000 })
    const late = participants.map(({ id }) => ({ from: id, absent: 'late', latencyMs: 9 }) as const)
    const [stepped] = adaptive.step(begun, {
      type: 'answers',
      ask: 'ask-1',
      answers: late,
      pending: 0,
      provisional: true,
      atMs: 9,
    })
    const answers = participants.map(({ id }) => ({ from: id, value: { option: 'ship' }, latencyMs: 1 }))
    const [, commands] = adaptive.step(stepped, { type: 'answers', ask: 'ask-2', answers, pending: 0, atMs: 10 })
    expect(commands.at(-1)).toMatchObject({ outcome: { type: 'decided', modeUsed: 'weighted', provisional: true } })
  })

  test('tells modes to come what the session was told before', async () => {
    const feedback = [
      { atMs: 1, feedback: { type: 'weights', weights: { p0: 5 } } as const },
      { atMs: 2, feedback: { type: 'weights', weights: { p0: 100 } } as const },
    ]
    const { outcome } = await decided(
      { policy: ['quorum', 'weighted'], triggers: { timeShare: 0.1 } },
      (from) => said(from === 'p0' ? 'wait' : 'ship', from === 'p0' ? 200 : 150),
      { deadlineMs: 1_000, feedback },
    )
    expect(outcome).toMatchObject({ type: 'decided', value: 'wait', modeUsed: 'weighted' })
  })

  test('tells who watches of each step down', async () => {
    const { commands } = await decided({ policy: ['weighted', 'majority'] }, () => ({ absent: 'gone', afterMs: 3 }))
    const progress = commands.flatMap((one) => (one.type === 'progress' ? [one.progress] : []))
    expect(progress).toContainEqual({
      type: 'downgraded',
      from: 'weighted',
      to: 'majority',
      trigger: 'undecided',
      atMs: 3,
    })
  })
})

describe('checking an adaptive decision', () => {
  const code = (change: object, count = 4) => refusalOf(adaptive, { options, policy, ...change }, count)

  test('refuses what it can make nothing of', () => {
    expect(code({})).toBe('fine')
    expect(code({}, 0)).toBe('coordination/too-few-participants')
    // Three can't be Byzantine: known before anybody is asked.
    expect(code({}, 3)).toBe('coordination/too-few-members')
    expect(code({ policy: ['majority'] }, 3)).toBe('fine')
    expect(code({ policy: undefined })).toBe('foundation/invalid-option')
    expect(code({ policy: [] })).toBe('foundation/invalid-option')
    expect(code({ policy: ['dice'] })).toBe('foundation/unknown-name')
    expect(code({ policy: ['constructor'] })).toBe('foundation/unknown-name')
    expect(code({ policy: [null] })).toBe('foundation/invalid-option')
    expect(code({ policy: [{ quorum: 1 }] })).toBe('foundation/unknown-name')
    expect(code({ policy: Array.from({ length: modesMax }, () => 'majority') })).toBe('fine')
    expect(code({ policy: Array.from({ length: modesMax + 1 }, () => 'majority') })).toBe('foundation/invalid-option')
    expect(code({ triggers: { failedShare: 0 } })).toBe('foundation/invalid-option')
    expect(code({ triggers: { timeShare: 1.1 } })).toBe('foundation/invalid-option')
    expect(code({ triggers: { qualityMin: Number.NaN } })).toBe('foundation/invalid-option')
    expect(code({ triggers: { speed: 1 } })).toBe('foundation/unknown-name')
    expect(code({ quality: 0.9 })).toBe('foundation/invalid-option')
  })
})

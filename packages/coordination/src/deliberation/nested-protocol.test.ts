import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Answer, AskCommand, Beginning, Outcome, Protocol, ProtocolEvent } from '../sessions/protocol.ts'
import { beginNested, closeNested, nestedTasks, stepNested } from './nested-protocol.ts'
import { closeUnwanted, forgetListener, noSharedAsks, shareAnswers, wantAnswers } from './shared-asks.ts'

const participants = ['north', 'south', 'east'].map((id) => ({ id, capabilities: [] }))
const beginning: Beginning<unknown> = { spec: {}, participants, random: seededRandom(1), atMs: 0, endsAtMs: 1_000 }
const answer = (from: string): Answer => ({ from, value: { option: 'a' }, latencyMs: 0 })

/** Asks, sets a timer and a task, and is done with the name of the first event. */
const busy: Protocol<unknown, unknown, number, Outcome> = {
  name: 'busy',
  version: 1,
  check: (spec) => spec,
  begin: ({ random }) => [
    random.int(1_000_000),
    [
      { type: 'ask', ask: 'vote', round: 1, request: 'vote', question: { question: 'which?', options: ['a'] } },
      { type: 'timer', timer: 'soon', delayMs: 5 },
      { type: 'task', task: 'work', id: 'one', input: 1 },
      { type: 'progress', progress: 'begun' },
    ],
  ],
  step: (state, event) => [state, [{ type: 'done', outcome: { type: JSON.stringify(event) } }]],
  tasks: { work: async (input) => input },
}

describe('a protocol inside of another', () => {
  test('has names of its own for all it does, and asks its own participants', () => {
    const [nested, commands] = beginNested({ protocol: busy, prefix: 'east', roundsBefore: 3, beginning })
    expect(commands).toMatchObject([
      { type: 'ask', ask: 'east/vote', round: 4, to: ['north', 'south', 'east'] },
      { type: 'timer', timer: 'east/soon' },
      { type: 'task', task: 'busy/work', id: 'east/one' },
      { type: 'progress', progress: { type: 'nested', of: 'east', progress: 'begun' } },
    ])
    expect(nested).toMatchObject({ round: 4, prefix: 'east' })
    expect(Object.keys(nestedTasks([busy, { ...busy, name: 'lazy', tasks: undefined as never }]))).toEqual([
      'busy/work',
    ])
  })

  test('hears what is for it, in its own names, and nothing else', () => {
    const [nested] = beginNested({ protocol: busy, prefix: 'east', beginning })
    const atMs = 7
    const heard = (event: ProtocolEvent) => {
      const [next] = stepNested(nested, event)
      return next.outcome === undefined ? undefined : JSON.parse(next.outcome.type)
    }
    const answers = { type: 'answers', answers: [answer('north')], pending: 2, atMs } as const
    expect(heard({ ...answers, ask: 'east/vote' })).toMatchObject({ ask: 'vote' })
    expect(heard({ ...answers, ask: 'west/vote' })).toBeUndefined()
    expect(heard({ ...answers, ask: 'vote' })).toBeUndefined()
    expect(heard({ type: 'timer', timer: 'east/soon', atMs })).toMatchObject({ timer: 'soon' })
    expect(heard({ type: 'timer', timer: 'soon', atMs })).toBeUndefined()
    const done = { type: 'task-done', task: 'busy/work', result: 1, atMs } as const
    expect(heard({ ...done, id: 'east/one' })).toMatchObject({ task: 'work', id: 'one' })
    expect(heard({ ...done, id: 'eastern/one' })).toBeUndefined()
    expect(heard({ type: 'ended', reason: 'deadline', atMs })).toMatchObject({ reason: 'deadline' })
  })

  test('leaves nothing open when it is done or closed, and hears nothing more', () => {
    const [nested] = beginNested({ protocol: busy, prefix: 'east', beginning })
    const left = [
      { type: 'close-ask', ask: 'east/vote' },
      { type: 'cancel-timer', timer: 'east/soon' },
    ]
    expect(closeNested(nested)[1]).toEqual(left)
    const event: ProtocolEvent = { type: 'feedback', feedback: { type: 'weights', weights: {} }, atMs: 1 }
    const [done, commands] = stepNested(nested, event)
    expect(commands).toEqual(left)
    expect(stepNested(done, event)).toEqual([done, []])
  })

  test('draws by its prefix', () => {
    const drawn = (prefix: string) => beginNested({ protocol: busy, prefix, beginning })[0].state
    expect(drawn('east')).toBe(drawn('east'))
    expect(drawn('east')).not.toBe(drawn('west'))
  })
})

describe('asks that are shared', () => {
  const vote = (ask: string, change: Partial<AskCommand> = {}) =>
    ({
      type: 'ask',
      ask,
      round: 1,
      request: 'vote',
      question: { question: 'which?', options: ['a', 'b'] },
      to: ['north', 'south', 'east'],
      ...change,
    }) as AskCommand
  const heard = (ask: string, ...from: string[]) =>
    ({ type: 'answers', ask, answers: from.map(answer), pending: 3 - from.length, atMs: 1 }) as const

  test('serve a second who wants the same: what is there at once, what is under way when it comes', () => {
    const first = wantAnswers(noSharedAsks, vote('1/vote'), 0)
    expect(first.commands).toMatchObject([{ ask: 'ask-1', to: ['north', 'south', 'east'] }])
    const [shared] = shareAnswers(first.shared, heard('ask-1', 'north'))
    const second = wantAnswers(forgetListener(shared, '1/vote'), vote('2/vote'), 2)
    expect(second.commands).toEqual([])
    expect(second.event).toMatchObject({ ask: '2/vote', answers: [answer('north')], pending: 2 })
    const [after, events] = shareAnswers(second.shared, heard('ask-1', 'south', 'east'))
    expect(events).toMatchObject([{ ask: '2/vote', pending: 0 }])
    expect(closeUnwanted(after)[1]).toEqual([])
  })

  test('ask anew for another question, and close what nobody wants any more', () => {
    const first = wantAnswers(noSharedAsks, vote('1/vote'), 0)
    const other = vote('2/vote', { question: { question: 'which?', options: ['a', 'c'] } } as Partial<AskCommand>)
    const second = wantAnswers(forgetListener(first.shared, '1/vote'), other, 0)
    expect(second.commands).toMatchObject([{ ask: 'ask-2' }])
    const [closed, commands] = closeUnwanted(second.shared)
    expect(commands).toEqual([{ type: 'close-ask', ask: 'ask-1' }])
    expect(closeUnwanted(closed)[1]).toEqual([])
  })

  test('take what was agreed on for a direct answer, and not the other way round; absence counts one way only', () => {
    const direct = { integrity: 'direct' } as const
    const agreed = wantAnswers(noSharedAsks, vote('1/vote'), 0)
    const [shared] = shareAnswers(agreed.shared, {
      ...heard('ask-1', 'north'),
      answers: [answer('north'), { from: 'south', absent: 'late', latencyMs: 0 }],
    })
    const second = wantAnswers(shared, vote('2/vote', direct), 0)
    expect(second.event?.answers).toEqual([answer('north')])
    expect(second.commands).toMatchObject([{ ask: 'ask-2', to: ['south', 'east'], ...direct }])
    const third = wantAnswers(wantAnswers(noSharedAsks, vote('1/vote', direct), 0).shared, vote('2/vote'), 0)
    expect(third.commands).toMatchObject([{ ask: 'ask-2', to: ['north', 'south', 'east'] }])
    const [, events] = shareAnswers(third.shared, heard('ask-1', 'north'))
    expect(events.map(({ ask }) => ask)).toEqual(['1/vote'])
  })

  test('to nobody are answered at once', () => {
    expect(wantAnswers(noSharedAsks, vote('1/vote', { to: [] }), 3)).toMatchObject({
      commands: [],
      event: { answers: [], pending: 0, atMs: 3 },
    })
  })
})

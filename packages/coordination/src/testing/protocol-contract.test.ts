import { failingCases } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type BarrierSpec, barrier } from '../sessions/barrier.ts'
import type { Protocol, ProtocolCommand } from '../sessions/protocol.ts'
import { type ProtocolContractOptions, protocolContract } from './protocol-contract.ts'

const participants = ['north', 'south', 'east', 'west']

const options: ProtocolContractOptions<BarrierSpec, { readonly type: string }> = {
  cases: [
    { spec: { label: 'x' }, participants, answer: () => ({ value: { value: 1 } }) },
    {
      spec: { label: 'x', needed: 2, context: { a: 1 }, timeoutMs: 20 },
      participants,
      answer: (_, __, random) => (random.next() < 0.5 ? { absent: 'gone' } : { value: { value: 1 } }),
    },
  ],
  wrong: [
    {},
    { label: '' },
    { label: 'x', needed: 5 },
    { label: 'x', needed: 0 },
    { label: 'x', timeoutMs: Number.NaN },
  ],
  inAnyOrder: ({ type }) => type,
}

describe('the contract of protocols', () => {
  for (const { name, run } of protocolContract(barrier, { ...options, cases: options.cases.slice(0, 1) })) {
    test(`of a barrier: ${name}`, run)
  }

  type Planted = Protocol<BarrierSpec, BarrierSpec, { n: number; seen: Map<string, number> }, { readonly type: string }>
  const [done, progress]: ProtocolCommand<{ readonly type: string }>[] = [
    { type: 'done', outcome: { type: 'passed' } },
    { type: 'progress', progress: 1 },
  ]
  const asking = (ask: string) =>
    ({ type: 'ask', ask, round: 1, request: 'ballot', question: { question: 'x' } }) as const
  /** Asks once and is done when all have come. */
  const planted: Planted = {
    name: 'planted',
    version: 1,
    check: (spec, who) => barrier.check(spec, who),
    begin: () => [{ n: 0, seen: new Map() }, [asking('a')]],
    step: (state, event) =>
      event.type === 'ended' || (event.type === 'answers' && event.pending === 0)
        ? [state, [done as never]]
        : [state, []],
    tasks: { solve: async () => 1 },
  }
  const laws = protocolContract(planted, options).map(({ name }) => name)
  let calls = 0

  test('holds for a protocol that keeps it', async () => {
    expect(await failingCases(protocolContract(planted, options))).toEqual([])
  })

  const bugs: [string, Partial<Planted>, number][] = [
    ['takes any specification', { check: (spec) => spec }, 0],
    ['throws what has no code', { check: (spec) => ({ label: spec.label.trim() }) }, 0],
    ['draws from elsewhere than its random', { begin: () => [{ n: 0, seen: new Map() }, [asking(`a${calls++}`)]] }, 1],
    [
      'asks again and again those who do not answer',
      {
        step: (state, event) =>
          event.type === 'answers' && event.answers.some((one) => 'absent' in one)
            ? [{ ...state, n: state.n + 1 }, [asking(`${state.n}`)]]
            : planted.step(state, event),
      },
      2,
    ],
    [
      'asks when its time is up',
      { step: (state, event) => (event.type === 'ended' ? [state, [asking('late')]] : planted.step(state, event)) },
      4,
    ],
    [
      'goes on after done',
      {
        step: (state, event) =>
          event.type === 'ended' ? [state, [done, progress] as never] : planted.step(state, event),
      },
      4,
    ],
    [
      'believes every expert',
      {
        step(state, event) {
          if (event.type !== 'feedback' || event.feedback.type !== 'expert') return planted.step(state, event)
          const { verdict } = event.feedback.opinion as { verdict: string }
          return [{ ...state, n: verdict.length }, []]
        },
      },
      5,
    ],
    [
      'takes the end of a task for its result',
      {
        begin: () => [{ n: 0, seen: new Map() }, [{ type: 'task', task: 'solve', id: '1', input: 0 }]],
        step(state, event) {
          if (event.type === 'task-failed') throw event.error
          return [state, [done as never]]
        },
      },
      6,
    ],
    [
      'lets the first who comes decide',
      {
        step: (state, event) =>
          event.type === 'answers' && event.answers[0] !== undefined
            ? [state, [{ type: 'done', outcome: { type: event.answers.length > 1 ? 'many' : event.answers[0].from } }]]
            : planted.step(state, event),
      },
      7,
    ],
  ]

  test.each(bugs)('catches one that %s', async (_, bug, law) => {
    expect(await failingCases(protocolContract({ ...planted, ...bug }, options))).toContain(laws[law])
  })

  const everywhere: [string, Partial<Planted>][] = [
    [
      'changes its state',
      {
        step(state, event) {
          state.n++
          return planted.step(state, event)
        },
      },
    ],
    [
      'changes a map in its state',
      {
        step(state, event) {
          state.seen.set(event.type, 1)
          return planted.step(state, event)
        },
      },
    ],
    [
      'changes what it is told',
      {
        step(state, event) {
          if (event.type === 'answers') (event.answers as unknown[]).length = 0
          return planted.step(state, event)
        },
      },
    ],
    [
      'asks a question of no shape',
      { begin: () => [{ n: 0, seen: new Map() }, [{ ...asking('a'), question: {} } as never]] },
    ],
    [
      'has an outcome that is no data',
      { step: (state) => [state, [{ type: 'done', outcome: { type: 'x', run: () => 1 } as never }]] },
    ],
  ]

  test.each(everywhere)('catches one that %s, whatever is asked of it', async (_, bug) => {
    const failing = await failingCases(protocolContract({ ...planted, ...bug }, { ...options, seeds: 3 }))
    expect(failing).toEqual(expect.arrayContaining([laws[2], laws[3]]))
  })
})

import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { type ContractCase, failingCases } from '../testing/index.ts'
import { type CheckEvent, type CheckState, type CheckStep, checkStep, newCheck } from './check-step.ts'

const rules = { intervalMs: 100, timeoutMs: 20, failuresMax: 2 }

/** A check as its runtime would run it: one timer, and how many of it run. */
class World {
  readonly #step: CheckStep
  state: CheckState = newCheck
  nowMs = 0
  running = 0
  begun = 0
  aborted = 0
  timer: { readonly atMs: number; readonly type: 'due' | 'timeout' } | undefined

  constructor(step: CheckStep) {
    this.#step = step
  }

  send(event: CheckEvent): void {
    const [state, commands] = this.#step(this.state, event, rules)
    this.state = state
    for (const command of commands) {
      if (command.type === 'run') {
        this.running++
        this.begun++
        this.timer = { atMs: this.nowMs + command.timeoutMs, type: 'timeout' }
      } else if (command.type === 'wait') this.timer = { atMs: this.nowMs + command.delayMs, type: 'due' }
      else if (command.type === 'abort') this.aborted++
      else this.timer = undefined
    }
  }

  pass(ms: number): void {
    this.nowMs += ms
    const { timer } = this
    if (timer === undefined || timer.atMs > this.nowMs) return
    this.timer = undefined
    this.send({ type: timer.type, atMs: this.nowMs })
  }

  end(failure?: string): void {
    if (this.running === 0) return
    this.running--
    this.send(
      failure === undefined ? { type: 'ended', atMs: this.nowMs } : { type: 'ended', atMs: this.nowMs, failure },
    )
  }
}

function lawsOf(step: CheckStep): readonly ContractCase[] {
  const world = () => {
    const made = new World(step)
    made.send({ type: 'due', atMs: 0 })
    return made
  }
  const law = (name: string, check: () => void): ContractCase => ({ name, run: async () => check() })
  return [
    law('it never runs twice at the same time, and always goes on once it has ended', () => {
      for (let seed = 0; seed < 200; seed++) {
        const random = seededRandom(seed)
        const one = world()
        for (let i = 0; i < 60; i++) {
          const choice = random.int(4)
          if (choice === 0) one.end(random.int(2) === 0 ? 'no' : undefined)
          else if (choice === 1) one.send({ type: 'due', atMs: one.nowMs })
          else one.pass(random.int(120))
          assert.ok(one.running <= 1, `seed ${seed}: ${one.running} at once`)
          if (one.running === 0) assert.equal(one.timer?.type, 'due', `seed ${seed}: it does not go on`)
        }
      }
    }),
    law('the first answer decides at once', () => {
      const bad = world()
      bad.end('no')
      assert.deepEqual([bad.state.status, bad.state.failure], ['failing', 'no'])
      const good = world()
      assert.equal(good.state.status, 'unknown')
      good.end()
      assert.equal(good.state.status, 'passing')
    }),
    law(
      'one that passed fails with failuresMax failures in a row, not before, and passes with the next that is well',
      () => {
        const one = world()
        const answers: (string | undefined)[] = [undefined, 'no', undefined, 'no', 'no', 'no', undefined]
        const said = answers.map((failure) => {
          one.end(failure)
          one.pass(100)
          return one.state.status
        })
        assert.deepEqual(said, ['passing', 'passing', 'passing', 'passing', 'failing', 'failing', 'passing'])
      },
    ),
    law('what takes too long is aborted, has failed, and is not helped by what it says later', () => {
      const one = world()
      one.pass(20)
      assert.deepEqual([one.state.phase, one.state.status, one.aborted], ['overdue', 'failing', 1])
      assert.equal(one.state.failure, 'no answer within 20 ms')
      one.pass(1_000)
      assert.equal(one.begun, 1)
      one.end()
      assert.deepEqual([one.state.phase, one.state.status], ['idle', 'failing'])
      one.pass(99)
      assert.equal(one.begun, 1)
      one.pass(1)
      assert.equal(one.begun, 2)
    }),
    law('an answer in time leaves no deadline behind', () => {
      const one = world()
      one.pass(19)
      one.end()
      assert.equal(one.timer?.atMs, 119)
      assert.equal(one.state.durationMs, 19)
    }),
    law('after a stop nothing is begun, and what runs is aborted', () => {
      const one = world()
      one.send({ type: 'stop', atMs: 0 })
      assert.deepEqual([one.timer, one.aborted], [undefined, 1])
      one.end('no')
      one.send({ type: 'due', atMs: 1 })
      one.send({ type: 'stop', atMs: 1 })
      assert.deepEqual([one.begun, one.timer, one.aborted, one.state.status], [1, undefined, 1, 'unknown'])
    }),
  ]
}

const mutants: readonly (readonly [string, CheckStep])[] = [
  [
    'an overdue check is begun again',
    (s, e, r) => checkStep(s.phase === 'overdue' && e.type === 'due' ? { ...s, phase: 'idle' } : s, e, r),
  ],
  [
    'the next one is waited for from the timeout on',
    (s, e, r) => {
      const [next, commands] = checkStep(s, e, r)
      return e.type === 'timeout' && next.phase === 'overdue'
        ? [{ ...next, phase: 'idle' }, [...commands, { type: 'wait', delayMs: r.intervalMs }]]
        : [next, commands]
    },
  ],
  [
    'a late answer counts',
    (s, e, r) => checkStep(e.type === 'ended' && s.phase === 'overdue' ? { ...s, phase: 'running' } : s, e, r),
  ],
  [
    'the first failure is forgiven',
    (s, e, r) => checkStep(s.status === 'unknown' ? { ...s, status: 'passing' } : s, e, r),
  ],
  ['one failure is enough', (s, e, r) => checkStep(s, e, { ...r, failuresMax: 1 })],
  [
    'failures are never forgotten',
    (s, e, r) => {
      const [next, commands] = checkStep(s, e, r)
      return [{ ...next, failures: Math.max(s.failures, next.failures) }, commands]
    },
  ],
  [
    'a deadline stays',
    (s, e, r) => {
      const [next, commands] = checkStep(s, e, r)
      return [next, e.type === 'ended' ? commands.filter((one) => one.type !== 'wait') : commands]
    },
  ],
  [
    'a late one is not aborted',
    (s, e, r) => {
      const [next, commands] = checkStep(s, e, r)
      return [next, e.type === 'timeout' ? commands.filter((one) => one.type !== 'abort') : commands]
    },
  ],
  [
    'a timer goes on after the stop',
    (s, e, r) => {
      const [next, commands] = checkStep(s, e, r)
      return [next, e.type === 'stop' ? commands.filter((one) => one.type !== 'timer-cancel') : commands]
    },
  ],
  ['a stopped check goes on', (s, e, r) => checkStep(s.phase === 'stopped' ? { ...s, phase: 'idle' } : s, e, r)],
]

describe('checkStep', () => {
  for (const { name, run } of lawsOf(checkStep)) test(name, run)

  test.each(mutants)('a step where %s is caught', async (_, mutant) => {
    expect(await failingCases(lawsOf(mutant))).not.toEqual([])
  })
})

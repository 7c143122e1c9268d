import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { type ContractCase, failingCases, settled, virtualClock } from '../testing/index.ts'
import { type BulkheadStep, bulkheadStep, newBulkhead } from './bulkhead.ts'
import { ServiceGate, serviceLimitsDefaults } from './service-limits.ts'
import { type BucketStep, bucketStep, newBucket } from './token-bucket.ts'

const limits = { concurrencyMax: 3, waitingMax: 4 }

/** Random histories of a bulkhead, with a model beside it. */
function bulkheadLaws(step: BulkheadStep): readonly ContractCase[] {
  return [
    {
      name: 'at most so many run and so many wait, first come first run, nobody waits while there is room',
      async run() {
        for (let seed = 0; seed < 100; seed++) live(step, seed)
      },
    },
    {
      name: 'at both bounds all are taken, one past them is refused',
      async run() {
        let state = newBulkhead
        const said: (string | undefined)[] = []
        for (let id = 0; id < 8; id++) {
          const [next, command] = step(state, { type: 'ask', id }, limits)
          state = next
          said.push(command?.type)
        }
        const waits = Array.from({ length: 4 }, () => undefined)
        assert.deepEqual(said, ['run', 'run', 'run', ...waits, 'refuse'])
      },
    },
  ]
}

function live(step: BulkheadStep, seed: number): void {
  const random = seededRandom(seed)
  let state = newBulkhead
  let waiting: number[] = []
  let running = 0
  const take = (event: Parameters<BulkheadStep>[1]) => {
    const [next, command] = step(state, event, limits)
    state = next
    return command
  }
  for (let id = 0; id < 200; id++) {
    const choice = random.int(3)
    if (choice === 0 && running > 0) {
      const command = take({ type: 'ended' })
      running--
      assert.equal(command?.id, waiting[0])
      if (command !== undefined) running++
      waiting = waiting.slice(1)
    } else if (choice === 1 && waiting.length > 0) {
      const gone = waiting[random.int(waiting.length)] as number
      assert.equal(take({ type: 'given-up', id: gone }), undefined)
      waiting = waiting.filter((one) => one !== gone)
    } else {
      const command = take({ type: 'ask', id })
      const expected = running < 3 ? 'run' : waiting.length < 4 ? undefined : 'refuse'
      assert.equal(command?.type, expected)
      if (expected === 'run') running++
      else if (expected === undefined) waiting.push(id)
    }
    assert.ok(running <= 3 && waiting.length <= 4)
    assert.deepEqual([state.running, state.waiting], [running, waiting])
  }
}

const bucket = { ratePerSec: 20, burst: 5 }

function bucketLaws(step: BucketStep): readonly ContractCase[] {
  return [
    {
      name: 'in any time at most burst and what the rate gives are allowed, and all of that when asked for',
      async run() {
        for (let seed = 0; seed < 30; seed++) {
          const random = seededRandom(seed)
          let state = newBucket(bucket, 0)
          const allowed: number[] = []
          for (let atMs = 0; atMs < 20_000; atMs += random.int(30)) {
            const [next, decision] = step(state, atMs, bucket)
            state = next
            if (decision.type === 'allow') allowed.push(atMs)
          }
          for (const [i, fromMs] of allowed.entries()) {
            for (const [j, toMs] of allowed.slice(i).entries()) {
              const most = bucket.burst + ((toMs - fromMs) * bucket.ratePerSec) / 1_000
              assert.ok(j + 1 <= most + 1e-6, `${j + 1} in ${toMs - fromMs} ms`)
            }
          }
          assert.ok(allowed.length >= 20 * 20 * 0.9, `only ${allowed.length}`)
        }
      },
    },
    {
      name: 'burst are allowed at once, one more is refused, and allowed after the time it was told, not before',
      async run() {
        let state = newBucket(bucket, 0)
        const take = (atMs: number) => {
          const [next, decision] = step(state, atMs, bucket)
          state = next
          return decision
        }
        for (let i = 0; i < 5; i++) assert.equal(take(0).type, 'allow')
        const refused = take(0)
        assert.ok(refused.type === 'refuse')
        assert.equal(take(refused.retryAfterMs - 1).type, 'refuse')
        assert.equal(take(refused.retryAfterMs).type, 'allow')
        assert.equal(take(refused.retryAfterMs).type, 'refuse')
      },
    },
    {
      name: 'a long pause fills it to burst and no further; a clock that steps back gives nothing',
      async run() {
        let state = newBucket(bucket, 0)
        let allowed = 0
        for (let i = 0; i < 20; i++) {
          const [next, decision] = step(state, 1e9 - i, bucket)
          state = next
          if (decision.type === 'allow') allowed++
        }
        assert.equal(allowed, 5)
      },
    },
  ]
}

describe('the bulkhead keeps the laws', () => {
  for (const { name, run } of bulkheadLaws(bulkheadStep)) test(name, run)
})

describe('the bucket keeps the laws', () => {
  for (const { name, run } of bucketLaws(bucketStep)) test(name, run)
})

describe('the laws notice', () => {
  const bulkheads: Record<string, BulkheadStep> = {
    'one call too many at once': (state, event, given) =>
      bulkheadStep(state, event, { ...given, concurrencyMax: given.concurrencyMax + 1 }),
    'one too many waiting': (state, event, given) =>
      bulkheadStep(state, event, { ...given, waitingMax: given.waitingMax + 1 }),
    'last come, first run': (state, event, given) =>
      bulkheadStep(event.type === 'ended' ? { ...state, waiting: [...state.waiting].reverse() } : state, event, given),
    'one that was given up and runs': (state, event, given) =>
      event.type === 'given-up' ? [state, undefined] : bulkheadStep(state, event, given),
    'an end that makes no room': (state, event, given) =>
      event.type === 'ended' ? [state, undefined] : bulkheadStep(state, event, given),
    'an end that wakes nobody': (state, event, given) =>
      event.type === 'ended'
        ? [{ ...state, running: state.running - 1 }, undefined]
        : bulkheadStep(state, event, given),
  }
  for (const [name, mutant] of Object.entries(bulkheads)) {
    test(name, async () => {
      expect(await failingCases(bulkheadLaws(mutant))).not.toEqual([])
    })
  }
  const buckets: Record<string, BucketStep> = {
    'a bucket without a bottom': (state, atMs, given) => [bucketStep(state, atMs, given)[0], { type: 'allow' }],
    'a bucket that overflows': (state, atMs, given) => bucketStep(state, atMs, { ...given, burst: given.burst + 1 }),
    'a rate that is too high': (state, atMs, given) =>
      bucketStep(state, atMs, { ...given, ratePerSec: given.ratePerSec * 1.2 }),
    'a rate that is too low': (state, atMs, given) =>
      bucketStep(state, atMs, { ...given, ratePerSec: given.ratePerSec * 0.8 }),
    'a token that is not taken': (state, atMs, given) => {
      const [next, decision] = bucketStep(state, atMs, given)
      return [decision.type === 'allow' ? { ...next, tokens: next.tokens + 0.1 } : next, decision]
    },
    'time that counts twice': (state, atMs, given) => {
      const [next, decision] = bucketStep(state, atMs, given)
      return [decision.type === 'refuse' ? { ...next, atMs: state.atMs } : next, decision]
    },
  }
  for (const [name, mutant] of Object.entries(buckets)) {
    test(name, async () => {
      expect(await failingCases(bucketLaws(mutant))).not.toEqual([])
    })
  }
})

describe('ServiceGate', () => {
  test('a waiting call that is given up makes room, and never runs', async () => {
    const gate = new ServiceGate('s', virtualClock(), { ...serviceLimitsDefaults, concurrencyMax: 1, waitingMax: 1 })
    const first = Promise.withResolvers<void>()
    const never = new AbortController()
    const ran: string[] = []
    const a = gate.pass(() => first.promise, never.signal)
    const giveUp = new AbortController()
    const b = gate.pass(async () => void ran.push('b'), giveUp.signal)
    await expect(gate.pass(async () => {}, never.signal)).rejects.toMatchObject({ code: 'foundation/bulkhead-full' })
    giveUp.abort(new Error('enough'))
    await expect(b).rejects.toThrow('enough')
    const c = gate.pass(async () => void ran.push('c'), never.signal)
    await settled()
    expect(ran).toEqual([])
    first.resolve()
    await Promise.all([a, c])
    expect(ran).toEqual(['c'])
    expect(gate.isIdle).toBe(true)
  })

  test('past its rate a call is told when to come again', async () => {
    const clock = virtualClock()
    const gate = new ServiceGate('s', clock, { ...serviceLimitsDefaults, ratePerSec: 10, burst: 1 })
    const { signal } = new AbortController()
    await gate.pass(async () => {}, signal)
    await expect(gate.pass(async () => {}, signal)).rejects.toMatchObject({
      code: 'foundation/rate-limited',
      retryable: true,
      data: { retryAfterMs: 100 },
    })
    await clock.advance(100)
    await gate.pass(async () => {}, signal)
  })
})

import { MabeamError } from '@mabeam/foundation'
import { settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { scriptedModel } from '../../testing/index.ts'
import type { ModelCall } from '../language-model.ts'
import { rateLimitMiddleware } from '../middleware/rate-limit.ts'
import { createModels } from '../models.ts'
import { createRateLimiter } from './rate-limiter.ts'

const call: ModelCall = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }

describe('createRateLimiter', () => {
  test('first come, first served, a burst at once and the rest at the rate', async () => {
    const clock = virtualClock()
    const limiter = createRateLimiter({ requestsPerMinute: 60, burstShare: 0.05, clock })
    const begun: [number, number][] = []
    for (let i = 0; i < 6; i++) void limiter.begin(1).then(() => begun.push([i, clock.monotonicMs()]))
    await settled()
    expect(limiter.waiting).toBe(3)
    await clock.advance(3_000)
    expect(begun).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 1_000],
      [4, 2_000],
      [5, 3_000],
    ])
    expect(clock.pendingTimers).toBe(0)
  })

  test('a big call is not passed by small ones behind it', async () => {
    const clock = virtualClock()
    const limiter = createRateLimiter({ tokensPerMinute: 600, clock })
    const order: string[] = []
    await limiter.begin(600)
    void limiter.begin(500).then(() => order.push('big'))
    void limiter.begin(1).then(() => order.push('small'))
    await clock.advance(49_000)
    expect(order).toEqual([])
    await clock.advance(1_100)
    expect(order).toEqual(['big', 'small'])
  })

  test('one more than may wait is refused, and who gives up makes room and leaves no timer', async () => {
    const clock = virtualClock()
    const limiter = createRateLimiter({ concurrencyMax: 1, requestsPerMinute: 60, waitingMax: 1, clock })
    const turn = await limiter.begin(1)
    const stop = new AbortController()
    const waiting = limiter.begin(1, stop.signal)
    await expect(limiter.begin(1)).rejects.toMatchObject({ code: 'dspx/too-many-waiting', data: { waitingMax: 1 } })
    const outcome = expect(waiting).rejects.toThrow('enough')
    stop.abort(new Error('enough'))
    await outcome
    expect(limiter.waiting).toBe(0)
    const next = limiter.begin(1)
    turn.end(1)
    turn.end(1)
    await next
    expect(limiter.running).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  test('a thousand who wait and are cancelled are gone, and leave no timer and no turn', async () => {
    const clock = virtualClock()
    const limiter = createRateLimiter({ requestsPerMinute: 60, burstShare: 0, clock })
    await limiter.begin(1)
    const stop = new AbortController()
    const waiting = Array.from({ length: 1_000 }, () =>
      limiter.begin(1, stop.signal).catch((thrown: unknown) => thrown),
    )
    const last = limiter.begin(1)
    expect(limiter.waiting).toBe(1_001)
    stop.abort('enough')
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['enough']))
    expect([limiter.waiting, limiter.running]).toEqual([1, 1])
    await clock.advance(1_000)
    await last
    expect([limiter.waiting, clock.pendingTimers]).toEqual([0, 0])
  })

  test('one at once is one after the other, whoever fails', async () => {
    const limiter = createRateLimiter({ concurrencyMax: 1 })
    const order: number[] = []
    const work = async (n: number) => {
      const turn = await limiter.begin(1)
      order.push(n)
      await Promise.resolve()
      turn.end(1)
      if (n % 2 === 0) throw new Error('even')
    }
    await Promise.allSettled(Array.from({ length: 100 }, (_, n) => work(n)))
    expect(order).toEqual(Array.from({ length: 100 }, (_, n) => n))
    expect([limiter.running, limiter.waiting]).toEqual([0, 0])
  })

  test('a wish of the provider counts up to the limit and no longer', async () => {
    const clock = virtualClock()
    const limiter = createRateLimiter({ pauseMaxMs: 5_000, clock })
    limiter.pause(86_400_000)
    let begun = false
    void limiter.begin(1).then(() => {
      begun = true
    })
    await clock.advance(4_999)
    expect(begun).toBe(false)
    await clock.advance(1)
    expect(begun).toBe(true)
  })

  test.each([
    { pauseMaxMs: -1 },
    { requestsPerMinute: 0 },
    { tokensPerMinute: Number.NaN },
    { concurrencyMax: 0 },
    { burstShare: 2 },
    { rpm: 1 },
  ])('%j is no limit', (options) => {
    expect(() => createRateLimiter(options as object)).toThrow('createRateLimiter')
  })
})

describe('rateLimitMiddleware', () => {
  test('never more at once than allowed, a stream until its end, and all are answered', async () => {
    let running = 0
    let most = 0
    const model = scriptedModel(async () => {
      running += 1
      most = Math.max(most, running)
      await settled()
      running -= 1
      return 'fine'
    })
    const limiter = createRateLimiter({ concurrencyMax: 3 })
    const asked = rateLimitMiddleware({ limiter })(model)
    await Promise.all(Array.from({ length: 20 }, () => asked.doGenerate(call)))
    expect(most).toBe(3)
    const { stream } = await asked.doStream(call)
    expect(limiter.running).toBe(1)
    await stream.cancel()
    expect(limiter.running).toBe(0)
  })

  test('when the provider asks for a wait, everybody waits', async () => {
    const clock = virtualClock()
    const busy = new MabeamError('dspx/model-failed', 'busy', {
      retryable: true,
      data: { status: 429, retryAfterMs: 5_000 },
    })
    const model = scriptedModel([busy, 'fine'])
    const asked = rateLimitMiddleware({ limiter: createRateLimiter({ clock }) })(model)
    await expect(asked.doGenerate(call)).rejects.toThrow('busy')
    const next = asked.doGenerate(call)
    await clock.advance(4_999)
    expect(model.calls).toHaveLength(1)
    await clock.advance(1)
    await next
  })

  test('createModels counts the models of a provider together, and one that is named by itself', async () => {
    const clock = virtualClock()
    const custom = { 'my/a': scriptedModel(['a']), 'my/b': scriptedModel(['b']), 'my/c': scriptedModel(['c']) }
    const rateLimits = { my: { requestsPerMinute: 1 }, 'my/c': { requestsPerMinute: 1 } }
    const models = createModels({ env: {}, clock, custom, rateLimits })
    await models.get('my/a').doGenerate(call)
    const second = models.get('my/b').doGenerate(call)
    await models.get('my/c').doGenerate(call)
    expect(custom['my/b'].calls).toHaveLength(0)
    await clock.advance(60_000)
    await second
    expect(clock.pendingTimers).toBe(0)
  })
})

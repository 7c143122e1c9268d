import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { currentContext, withContext } from '../context/context.ts'
import type { QueueOptions } from '../engine/durable-queue.ts'
import type { Engine } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { taskRejected } from '../errors/queue-errors.ts'
import type { NodePort } from '../node-port.ts'
import { collectTelemetry, settled, testPort, virtualClock } from '../testing/index.ts'
import type { Task } from './task.ts'
import { openWorkQueue } from './work-queue.ts'
import { optimalWorkerCount } from './worker-count.ts'

function world() {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const port = testPort({ engine: memoryEngine({ clock }), clock, telemetry })
  return { clock, port, telemetry }
}

describe('WorkQueue', () => {
  test('each task is done once by one of the workers, at most so many at a time', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<number>(port, 'numbers')
    for (let i = 0; i < 100; i++) await queue.push(i)
    const done: number[] = []
    let together = 0
    let most = 0
    const handler = async ({ value, signal }: Task<number>) => {
      most = Math.max(most, ++together)
      await new Promise<void>((resolve) => void clock.setTimer(10, resolve, { unref: signal.aborted }))
      together--
      done.push(value)
    }
    const workers = [1, 2].map(() => queue.work(handler, { concurrency: 3 }))
    await clock.advance(1_000)
    expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(most).toBe(6)
    expect(await queue.stats()).toEqual({ waiting: 0, underWay: 0, dead: 0 })
    expect(workers[0]?.stats.done).toBeGreaterThan(0)
  })

  test('what fails is tried again after a growing delay, and is a dead task with its reason in the end', async () => {
    const { port, clock, telemetry } = world()
    await using queue = await openWorkQueue<string>(port, 'failing', { deliveriesMax: 3 })
    const attemptsMs: number[] = []
    queue.work(
      () => {
        attemptsMs.push(clock.monotonicMs())
        throw new Error('no such page')
      },
      { backoff: { delayMinMs: 100, factor: 4, jitter: 0 } },
    )
    await queue.push('page', { id: 'p1' })
    await clock.advance(10_000)
    expect(attemptsMs).toEqual([0, 100, 500])
    expect(await queue.deadTasks()).toEqual([{ id: 'p1', value: 'page', attempts: 3, reason: 'no such page' }])
    const failed = telemetry.named('foundation.task-failed')
    expect(failed.map(({ measurements }) => measurements.attempt)).toEqual([1, 2, 3])
    expect(failed[0]?.metadata).toEqual({ node: port.name, queue: 'failing', task: 'p1', message: 'no such page' })
    expect(await queue.redrive('p1')).toBe(true)
    await clock.advance(10_000)
    expect(attemptsMs).toHaveLength(6)
  })

  test('a task that is rejected is dead at once', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<string>(port, 'rejecting')
    const worker = queue.work(() => {
      throw taskRejected('not ours')
    })
    await queue.push('x', { id: 'x' })
    await clock.advance(100)
    expect(worker.stats).toMatchObject({ rejected: 1, failed: 0 })
    expect((await queue.deadTasks())[0]).toMatchObject({ attempts: 1, reason: 'the task was rejected: not ours' })
  })

  test('a long task is kept for its worker, and given to another one when that dies', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<string>(port, 'long', { ackWaitMs: 3_000 })
    const seen: string[] = []
    const hanging = queue.work(({ attempt }) => {
      seen.push(`first ${attempt}`)
      return new Promise<void>(() => {})
    })
    await queue.push('task')
    await clock.advance(30_000)
    expect(seen).toEqual(['first 1'])
    await hanging.stop({ abort: true })
    queue.work(({ attempt }) => void seen.push(`second ${attempt}`))
    await clock.advance(3_000)
    expect(seen).toEqual(['first 1', 'second 2'])
  })

  test('a task past its limit is ended and tried again', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<string>(port, 'limit', { deliveriesMax: 2 })
    const reasons: string[] = []
    queue.work(
      ({ signal }) =>
        new Promise<void>((_, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push((signal.reason as { code: string }).code)
            reject(signal.reason)
          })
        }),
      { taskTimeoutMs: 500, backoff: { delayMinMs: 10, jitter: 0 } },
    )
    await queue.push('task')
    await clock.advance(5_000)
    expect(reasons).toEqual(['foundation/task-timeout', 'foundation/task-timeout'])
    expect((await queue.stats()).dead).toBe(1)
  })

  test('tasks are checked when pushed, and a bad one in the queue is dead at once', async () => {
    const { port, clock } = world()
    const schema = z.object({ to: z.string() })
    await using queue = await openWorkQueue(port, 'checked', { schema })
    await expect(queue.push({ to: 3 } as never)).rejects.toMatchObject({ code: 'foundation/invalid-task' })
    await (await port.engine.queue('test-queue-checked')).push(port.codec.encode([1, { to: 4 }, '']), { id: 'bad' })
    queue.work(() => {})
    await clock.advance(100)
    expect((await queue.deadTasks())[0]).toMatchObject({ id: 'bad', attempts: 1 })
    await expect(openWorkQueue(port, 'x', { ackWait: 1 } as never)).rejects.toThrow('did you mean "ackWaitMs"?')
  })

  test('a task is worked on in the context of whoever pushed it, whose deadline is not its own', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<string>(port, 'contexts')
    const seen: unknown[] = []
    queue.work(() => {
      const context = currentContext()
      seen.push([context?.user, context?.deadline])
    })
    await withContext({ user: { id: 'ann' }, deadlineMs: 10, clock }, () => queue.push('task'))
    await queue.push('other')
    await clock.advance(100)
    expect(seen).toEqual([
      [{ id: 'ann' }, undefined],
      [undefined, undefined],
    ])
  })

  test('closing ends a handler that hangs, and its task waits for another worker', async () => {
    const { port, clock } = world()
    const queue = await openWorkQueue<string>(port, 'hanging', { closeMs: 2_000 })
    queue.work(() => new Promise<void>(() => {}))
    await queue.push('task')
    await settled()
    let closed = false
    const closing = queue[Symbol.asyncDispose]().then(() => {
      closed = true
    })
    await clock.advance(1_999)
    expect(closed).toBe(false)
    await clock.advance(1)
    await closing
    expect(await queue.stats()).toMatchObject({ dead: 0 })
    await using again = await openWorkQueue<string>(port, 'hanging')
    const seen: string[] = []
    again.work(({ value }) => void seen.push(value))
    await clock.advance(1_000)
    expect(seen).toEqual(['task'])
  })

  test('is drained when nothing waits or is under way', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<number>(port, 'draining')
    for (let i = 0; i < 3; i++) await queue.push(i)
    const drained = queue.drained()
    const giving = new AbortController()
    const given = expect(queue.drained({ signal: giving.signal })).rejects.toThrow('enough')
    giving.abort(new Error('enough'))
    await given
    const worker = queue.work(() => new Promise<void>((resolve) => void clock.setTimer(1_000, resolve)))
    await clock.advance(3_200)
    await drained
    expect(worker.stats.done).toBe(3)
  })

  test('progress reaches whoever listens', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<string>(port, 'pages')
    const heard: string[] = []
    await queue.onProgress(({ id, fraction, note, node }) => void heard.push(`${id} ${fraction} ${note} ${node}`))
    queue.work((task) => task.progress(0.5, 'half'))
    await queue.push('page', { id: 'p' })
    await clock.advance(100)
    expect(heard).toEqual(['p 0.5 half n1'])
  })

  test('a worker that stops finishes what it has and takes nothing more; no timer is left', async () => {
    const { port, clock } = world()
    const queue = await openWorkQueue<number>(port, 'stopping')
    const { promise, resolve: finish } = Promise.withResolvers<void>()
    const worker = queue.work(() => promise)
    await queue.push(1)
    await queue.push(2)
    await settled()
    const stopping = worker.stop()
    await queue.push(3)
    await settled()
    finish()
    await stopping
    expect(worker.stats).toMatchObject({ done: 1, underWay: 0 })
    expect((await queue.stats()).waiting).toBe(2)
    await queue[Symbol.asyncDispose]()
    await port.engine.close()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('distribute', () => {
  test('gives one result for each task, also when workers die in the middle', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<number>(port, 'squares', { ackWaitMs: 1_000 })
    const handler = async ({ value }: Task<number>) => {
      await new Promise<void>((resolve) => void clock.setTimer(20, resolve))
      return value * value
    }
    const workers = Array.from({ length: 10 }, () => queue.work(handler, { concurrency: 5 }))
    const results = new Map<number, number>()
    const collecting = (async () => {
      const tasks = Array.from({ length: 2_000 }, (_, i) => i)
      for await (const one of queue.distribute<number>(tasks, { aheadMax: 300 })) {
        if (one.type === 'done') {
          expect(results.has(one.index)).toBe(false)
          results.set(one.index, one.result)
        }
      }
    })()
    await clock.advance(100)
    await Promise.all(workers.slice(0, 3).map((one) => one.stop({ abort: true })))
    await clock.advance(60_000)
    await collecting
    expect(results.size).toBe(2_000)
    for (const [index, result] of results) expect(result).toBe(index * index)
  })

  test('tells of tasks that were given up', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<number>(port, 'odd', { deliveriesMax: 1 })
    queue.work(({ value }) => {
      if (value % 2 === 1) throw new Error('odd')
      return value
    })
    const outcomes: string[] = []
    const collecting = (async () => {
      for await (const one of queue.distribute<number>([0, 1, 2, 3])) {
        outcomes.push(`${one.index} ${one.type === 'done' ? one.result : one.reason}`)
      }
    })()
    await clock.advance(5_000)
    await collecting
    expect(outcomes.toSorted()).toEqual(['0 0', '1 odd', '2 2', '3 odd'])
  })
})

describe('optimalWorkerCount', () => {
  test('follows the ratio of waiting to computing, within memory and the limit', () => {
    expect(optimalWorkerCount({ cores: 4, cpuMs: 10, waitMs: 90 })).toBe(32)
    expect(optimalWorkerCount({ cores: 2, cpuMs: 10, utilisation: 1 })).toBe(2)
    expect(optimalWorkerCount({ cores: 8, cpuMs: 1, waitMs: 999, memoryBytes: 100, memoryPerTaskBytes: 10 })).toBe(10)
    expect(optimalWorkerCount({ cores: 8, cpuMs: 0, workersMax: 50 })).toBe(50)
    expect(optimalWorkerCount({ cores: 0.1, cpuMs: 10 })).toBe(1)
    expect(() => optimalWorkerCount({ cores: -1, cpuMs: 1 })).toThrow('cores: expected a number from 0')
  })
})

describe('a queue whose engine is away for a while', () => {
  test('delivers results all the same when it is back', async () => {
    const { port, clock } = world()
    let isAway = true
    const engine = {
      name: 'away',
      native: undefined,
      publish: port.engine.publish.bind(port.engine),
      queue: async (name: string, options?: QueueOptions) => {
        if (name.startsWith('test-results') && isAway) throw new Error('no connection')
        return await port.engine.queue(name, options)
      },
    } as unknown as Engine
    await using there = await openWorkQueue<number>({ ...port, engine }, 'numbers')
    await using here = await openWorkQueue<number>(port, 'numbers')
    there.work(({ value }) => value * 2, { backoff: { delayMinMs: 100, jitter: 0 } })
    const results = here.distribute<number>([21])[Symbol.asyncIterator]()
    const first = results.next()
    await clock.advance(50)
    isAway = false
    await clock.advance(5_000)
    expect(await first).toMatchObject({ value: { type: 'done', result: 42 } })
  })
})

describe('a queue that was closed', () => {
  test('takes no more workers', async () => {
    const { port, clock } = world()
    const queue = await openWorkQueue<number>(port, 'numbers')
    await queue[Symbol.asyncDispose]()
    expect(() => queue.work(() => 1)).toThrow('closed')
    await clock.advance(60_000)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('distribute', () => {
  test('hears of a dead task behind more dead ones than are looked at in one go', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<number>(port, 'numbers', { deliveriesMax: 1 })
    queue.work(() => Promise.reject(taskRejected('no')), { concurrency: 500 })
    for (let i = 0; i < 1_001; i++) await queue.push(i)
    await clock.advance(1_000)
    expect((await queue.stats()).dead).toBe(1_001)
    const outcomes: string[] = []
    const running = (async () => {
      for await (const one of queue.distribute([1])) outcomes.push(one.type)
    })()
    await clock.advance(10_000)
    expect(outcomes).toEqual(['dead'])
    await running
  })
})

describe('what a run of distribute leaves', () => {
  const resultStores = async (port: NodePort) =>
    (await port.engine.stores()).filter(({ name }) => name.startsWith('test-results')).map(({ name }) => name)

  test('is nothing once every task is concluded', async () => {
    const { port, clock } = world()
    await using queue = await openWorkQueue<number>(port, 'numbers', { deliveriesMax: 1 })
    queue.work(({ value }) => (value < 3 ? value : Promise.reject(taskRejected('no'))), { concurrency: 4 })
    const outcomes: string[] = []
    const running = (async () => {
      for await (const one of queue.distribute([1, 2, 3, 4])) {
        outcomes.push(one.type)
        expect(await resultStores(port)).toHaveLength(1)
      }
    })()
    await clock.advance(10_000)
    await running
    expect(outcomes.toSorted()).toEqual(['dead', 'dead', 'done', 'done'])
    expect(await resultStores(port)).toEqual([])
  })

  test('is nothing after it was given up and the tasks under way have ended, each done once', async () => {
    for (const how of ['abort', 'break', 'throw']) {
      const { port, clock } = world()
      await using queue = await openWorkQueue<number>(port, 'numbers')
      const done: number[] = []
      const handler = async ({ value }: Task<number>) => {
        await new Promise<void>((resolve) => void clock.setTimer(value * 1_000, resolve))
        done.push(value)
        return value
      }
      queue.work(handler, { concurrency: 10 })
      const giving = new AbortController()
      const running = (async () => {
        for await (const _ of queue.distribute([1, 5, 9], { signal: giving.signal })) {
          if (how === 'break') break
          if (how === 'throw') throw new Error('enough')
        }
      })()
      running.catch(() => {})
      await clock.advance(2_000)
      giving.abort(new Error('enough'))
      if (how === 'break') await running
      else await expect(running).rejects.toThrow('enough')
      // Those who still work on it must be able to say what came out.
      expect(await resultStores(port)).toHaveLength(1)
      await clock.advance(20_000)
      expect([how, done.toSorted(), (await queue.stats()).dead]).toEqual([how, [1, 5, 9], 0])
      expect(await resultStores(port)).toEqual([])
      await queue[Symbol.asyncDispose]()
      await port.engine.close()
      expect(clock.pendingTimers).toBe(0)
    }
  })

  test('is its queue of results where it is closed before tasks are concluded, so that others can end them', async () => {
    const { port, clock } = world()
    const queue = await openWorkQueue<number>(port, 'numbers')
    const giving = new AbortController()
    const running = queue.distribute([1], { signal: giving.signal })[Symbol.asyncIterator]()
    const first = running.next()
    first.catch(() => {})
    await clock.advance(100)
    await queue[Symbol.asyncDispose]()
    giving.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    await clock.advance(5_000)
    expect(await resultStores(port)).toHaveLength(1)
    expect(clock.pendingTimers).toBe(0)
  })
})

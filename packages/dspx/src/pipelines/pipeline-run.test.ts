import { getEventListeners } from 'node:events'
import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { predict } from '../programs/predictor.ts'
import { scriptedModel } from '../testing/index.ts'
import type { ItemContext } from './item-call.ts'
import { pipeline } from './pipeline.ts'

describe('the end of a run', () => {
  const forever = (closed: string[]) =>
    async function* () {
      try {
        for (let n = 0; ; n++) yield n
      } finally {
        closed.push('source')
      }
    }

  test('a loop that is left closes the source and inner iterables, and tells functions under way', async () => {
    const closed: string[] = []
    function* inner(n: number) {
      try {
        for (;;) yield n
      } finally {
        closed.push('inner')
      }
    }
    const nested = pipeline(forever(closed))
      .tap((n, { signal }) => (n > 3 ? new Promise((resolve) => signal.addEventListener('abort', resolve)) : n))
      .flatMap(inner)
    for await (const n of nested) if (n === 0) break
    expect(closed.toSorted()).toEqual(['inner', 'source'])
  })

  test('the signal rejects at once, also before the first item', async () => {
    const closed: string[] = []
    const stop = new AbortController()
    const clock = virtualClock()
    const stuck = pipeline(forever(closed), { signal: stop.signal, clock }).map(() => new Promise(() => {}))
    const running = stuck.collect()
    await settled()
    const rejected = expect(running).rejects.toThrow('enough')
    stop.abort(new Error('enough'))
    await rejected
    await expect(stuck.collect()).rejects.toThrow('enough')
    expect(closed).toEqual(['source'])
  })

  test('the signal of an item aborts with the run while it is at work, and not for those that have ended', async () => {
    const contexts: ItemContext[] = []
    const stop = new AbortController()
    const work = (n: number, context: ItemContext) => {
      contexts.push(context)
      const { signal } = context
      if (n === 1) return n
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    const run = pipeline([0, 1, 2], { signal: stop.signal }).map(work, { concurrency: 2, ordered: false }).start()
    expect((await run.next()).value).toBe(1)
    await settled()
    expect(contexts).toHaveLength(3)
    stop.abort(new Error('enough'))
    await run.return()
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, false, true])
    expect(contexts[2]?.signal.reason).toMatchObject({ message: 'enough' })
    expect(run.stages).toMatchObject([{ in: 3, out: 1, failed: 0, inFlight: 0, waiting: 0 }])
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  })

  test('a program at work is told by the signal of its run', async () => {
    const reasons: unknown[] = []
    const lm = scriptedModel(({ abortSignal }) => {
      return new Promise((_, reject) => {
        abortSignal?.addEventListener('abort', () => {
          reasons.push(abortSignal.reason)
          reject(abortSignal.reason)
        })
      })
    })
    const stop = new AbortController()
    const asked = pipeline([{ question: 'a' }], { signal: stop.signal }).map(predict('question -> answer'), {
      run: { lm },
    })
    const rejected = expect(asked.collect()).rejects.toThrow('enough')
    await settled()
    stop.abort(new Error('enough'))
    await rejected
    expect(reasons).toEqual([stop.signal.reason])
  })

  test('a batch that waits leaves no timer', async () => {
    const clock = virtualClock()
    const run = pipeline([1, 2], { clock }).batch(1, { withinMs: 1e6 }).start()
    await run.next()
    await settled()
    expect(clock.pendingTimers).toBe(1)
    expect(run.stages).toMatchObject([{ in: 2, out: 1, waiting: 1 }])
    await run.return()
    expect(clock.pendingTimers).toBe(0)
  })

  test('waits for a source that does not close as long as it was told, and says so', async () => {
    const clock = virtualClock()
    const telemetry = collectTelemetry()
    async function* hanging() {
      yield 1
      await new Promise(() => {})
    }
    const run = pipeline(hanging(), { clock, telemetry, closeTimeoutMs: 500 })
      .map((n) => n)
      .start()
    expect(await run.next()).toEqual({ done: false, value: 1 })
    let over = false
    const left = run.return().then(() => {
      over = true
    })
    await clock.advance(499)
    expect(over).toBe(false)
    await clock.advance(1)
    await left
    expect(telemetry.events.at(-1)).toMatchObject({
      name: 'dspx.pipeline-ended',
      measurements: { abandoned: 1 },
      metadata: { outcome: 'left' },
    })
  })

  test('a source may be woken by the signal it is given', async () => {
    async function* waiting(signal: AbortSignal) {
      yield 1
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    for await (const _ of pipeline(waiting, { clock: virtualClock() }).map((n) => n)) break
  })

  test('a source that throws, opening, reading or closing, is told as its error', async () => {
    const opening = pipeline(() => {
      throw new Error('no file')
    })
    await expect(opening.collect()).rejects.toMatchObject({
      code: 'dspx/pipeline-source-failed',
      message: 'pipeline pipeline: source: no file',
    })
    const reading = pipeline([1, Promise.reject(new Error('torn'))]).map((n) => n)
    await expect(reading.collect()).rejects.toThrow('source: torn')
    const none = pipeline(() => 7 as unknown as number[])
    await expect(none.collect()).rejects.toThrow('source: expected an iterable that is no text')
    function* closing() {
      try {
        yield 1
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: a source that throws while it closes
        throw new Error('stuck')
      }
    }
    const leaving = (async () => {
      for await (const _ of pipeline(closing())) break
    })()
    await expect(leaving).rejects.toThrow('source: stuck')
  })

  test('a sink that throws ends the run with its error', async () => {
    const closed: string[] = []
    const sunk = pipeline(forever(closed)).run((n) => {
      if (n === 3) throw new Error('full')
    })
    await expect(sunk).rejects.toThrow('full')
    expect(closed).toEqual(['source'])
  })

  test('collect keeps as many as it may and no more', async () => {
    const three = pipeline([1, 2, 3])
    expect(await three.collect({ max: 3 })).toEqual([1, 2, 3])
    await expect(three.collect({ max: 2 })).rejects.toMatchObject({
      code: 'dspx/pipeline-too-many-items',
      data: { max: 2 },
    })
  })

  test('calls of next at once are answered in turn, and returning twice is no harm', async () => {
    const run = pipeline([1, 2]).start()
    const all = await Promise.all([run.next(), run.next(), run.next(), run.next()])
    expect(all.map(({ value }) => value)).toEqual([1, 2, undefined, undefined])
    await run.return()
    await run[Symbol.asyncDispose]()
  })

  test('leaves the thread its turns while nothing waits', async () => {
    const stop = new AbortController()
    setImmediate(() => stop.abort(new Error('enough')))
    const endless = pipeline(forever([]), { signal: stop.signal }).map((n) => n)
    await expect(endless.run()).rejects.toThrow('enough')
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Batch, type BatchLimits, batchesOf, runBatches } from './embedding-batches.ts'

type Split = (texts: readonly string[], limits: BatchLimits) => Batch[]

/** What is wrong with a split; nothing where it is right. */
function faultOf(split: Split, texts: readonly string[], limits: BatchLimits): string | undefined {
  const batches = split(texts, limits)
  let next = 0
  for (const { from, to } of batches) {
    if (from !== next || to <= from) return 'not every text in order in one batch'
    next = to
    if (to - from > limits.textsMax) return 'too many texts'
    const bytes = texts.slice(from, to).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    if (bytes > limits.bytesMax && to - from > 1) return 'too many bytes'
  }
  if (next !== texts.length) return 'texts are left out'
  for (const [at, { from, to }] of batches.entries()) {
    const after = batches[at + 1]
    if (after === undefined) continue
    const bytes = texts.slice(from, to + 1).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    if (to - from < limits.textsMax && bytes <= limits.bytesMax) return 'a batch is not full'
  }
  return undefined
}

const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 40 })
const limits = fc.record({ textsMax: fc.integer({ min: 1, max: 9 }), bytesMax: fc.integer({ min: 1, max: 40 }) })

describe('batchesOf', () => {
  test('puts every text into one batch, in order, each as full as the limits allow', () => {
    fc.assert(fc.property(texts, limits, (some, bounds) => faultOf(batchesOf, some, bounds) === undefined))
  })

  test.each<[string, Split]>([
    ['one text too many', (some, { textsMax, bytesMax }) => batchesOf(some, { textsMax: textsMax + 1, bytesMax })],
    ['bytes that are not counted', (some, { textsMax }) => batchesOf(some, { textsMax, bytesMax: 1e9 })],
    ['a last batch that is lost', (some, bounds) => batchesOf(some, bounds).slice(0, -1)],
    ['half empty batches', (some, { bytesMax }) => batchesOf(some, { textsMax: 1, bytesMax })],
    [
      'characters in place of bytes',
      (some, bounds) =>
        batchesOf(
          some.map((text) => 'x'.repeat(text.length)),
          bounds,
        ),
    ],
  ])('a planted bug is caught: %s', (_, planted) => {
    const caught = fc.check(fc.property(texts, limits, (some, bounds) => faultOf(planted, some, bounds) === undefined))
    expect(caught.failed).toBe(true)
  })
})

describe('runBatches', () => {
  const batches = batchesOf(Array.from({ length: 20 }, String), { textsMax: 1, bytesMax: 100 })

  test('makes no more requests at once than allowed, and all of them', async () => {
    let [now, most, done] = [0, 0, 0]
    const ask = async () => {
      most = Math.max(most, ++now)
      await Promise.resolve()
      await Promise.resolve()
      now -= 1
      done += 1
    }
    await runBatches(batches, { lanes: 3, signal: undefined, ask })
    expect([most, done]).toEqual([3, 20])
  })

  test('the first failure ends those under way, begins no other, and is the one that is thrown', async () => {
    const asked: number[] = []
    const ended: unknown[] = []
    const ask = async ({ from }: Batch, signal: AbortSignal) => {
      asked.push(from)
      if (from === 1) throw new Error('number one')
      const { promise, reject } = Promise.withResolvers<never>()
      signal.addEventListener('abort', () => {
        ended.push(signal.reason)
        reject(new Error('and another'))
      })
      return promise
    }
    await expect(runBatches(batches, { lanes: 3, signal: undefined, ask })).rejects.toThrow('number one')
    expect(asked).toEqual([0, 1, 2])
    expect(ended).toHaveLength(2)
  })

  test('a signal ends it with its reason, also before the beginning', async () => {
    const stop = new AbortController()
    const ask = () =>
      new Promise<void>((_, reject) => stop.signal.addEventListener('abort', () => reject(new Error('x'))))
    const running = runBatches(batches, { lanes: 2, signal: stop.signal, ask })
    stop.abort('enough')
    await expect(running).rejects.toBe('enough')
    await expect(runBatches(batches, { lanes: 2, signal: stop.signal, ask })).rejects.toBe('enough')
    await runBatches([], { lanes: 2, signal: undefined, ask })
  })
})

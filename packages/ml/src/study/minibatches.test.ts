import { describe, expect, test } from 'vitest'
import { wilcoxonPruner } from '../pruners/wilcoxon.ts'
import { space } from '../space/space.ts'
import { choice } from '../space/variable.ts'
import { createStudy } from './open-study.ts'

const options = { space: space({ model: choice(['a', 'b', 'c', 'd']) }), objectives: { accuracy: 'max' } } as const
const examples = Array.from({ length: 30 }, (_, i) => `example ${i}`)

describe('minibatches', () => {
  test('have each example once, in an order that the seed of the study alone decides', () => {
    const batches = createStudy({ ...options, seed: 5 }).minibatches(examples, 8)
    expect(batches.map(({ length }) => length)).toEqual([8, 8, 8, 6])
    const order = batches.flat()
    expect(order.every(({ index, example }) => examples[index] === example)).toBe(true)
    expect(order.map(({ index }) => index).sort((a, b) => a - b)).toEqual([...examples.keys()])
    expect(
      createStudy({ ...options, seed: 5 })
        .minibatches(examples, 3)
        .flat(),
    ).toEqual(order)
    expect(
      createStudy({ ...options, seed: 6 })
        .minibatches(examples, 8)
        .flat(),
    ).not.toEqual(order)
  })

  test('are none of no examples, and refuse sizes that can not be', () => {
    const study = createStudy(options)
    expect(study.minibatches([], 4)).toEqual([])
    expect(study.minibatches(['a'], 4)).toEqual([[{ index: 0, example: 'a' }]])
    expect(() => study.minibatches(examples, 0)).toThrow('minibatches: size: expected an integer from 1')
    expect(() => study.minibatches(examples, Number.NaN)).toThrow('minibatches: size')
    expect(() => study.minibatches('abc' as never, 1)).toThrow('minibatches: examples: expected an array')
  })

  test('let a paired test prune what is worse example by example, after few of them', async () => {
    const study = createStudy({
      ...options,
      pruner: wilcoxonPruner(),
      enqueue: ['a', 'b', 'c', 'd'].map((model) => ({ model })) as never,
    })
    const worse = { a: 0, b: 0.3, c: 0.3, d: 0 }
    const measured: number[] = []
    await study.run(
      ({ config }, signal, report) => {
        const scores: number[] = []
        for (const { index } of study.minibatches(examples, 5).flat()) {
          const score = (index % 10) / 10 + 0.01 * (index % 3) - worse[config.model] - (config.model === 'd' ? -0.1 : 0)
          scores.push(score)
          if (report(index, score).prune) break
        }
        measured.push(scores.length)
        signal.throwIfAborted()
        return scores.reduce((sum, score) => sum + score, 0) / scores.length
      },
      { budget: 4 },
    )
    expect(study.finished.map(({ state }) => state)).toEqual(['complete', 'pruned', 'pruned', 'complete'])
    expect(measured[0]).toBe(30)
    expect(Math.max(measured[1] as number, measured[2] as number)).toBeLessThan(15)
  })
})

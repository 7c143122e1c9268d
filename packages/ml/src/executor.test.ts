import { failingCases } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type Executor, inlineExecutor } from './executor.ts'
import { executorContract } from './testing/index.ts'

describe.each([1, 3])('inlineExecutor with %d slots keeps the contract', (slots) => {
  for (const { name, run } of executorContract((objective) => inlineExecutor(objective, { slots }))) test(name, run)
})

describe('the contract of executors', () => {
  const wrapped = (change: (inner: Executor) => Executor['run']) =>
    executorContract((objective) => {
      const inner = inlineExecutor(objective, { slots: 2 })
      return { slots: 2, run: change(inner) }
    })

  test.each([
    [
      'swallows the kind of an error',
      wrapped((inner) => async (trial, signal, report) => {
        try {
          return await inner.run(trial, signal, report)
        } catch (thrown) {
          throw signal.aborted ? signal.reason : new Error(String(thrown))
        }
      }),
      'code',
    ],
    [
      'loses reports',
      wrapped((inner) => (trial, signal) => inner.run(trial, signal, () => ({ prune: false, because: '' }))),
      'reports',
    ],
    [
      'loses the seed',
      wrapped((inner) => (trial, signal, report) => inner.run({ ...trial, seed: 0 }, signal, report)),
      'seed',
    ],
  ])('notices an executor that %s', async (_, cases, law) => {
    const failing = await failingCases(cases)
    expect(failing.some((name) => name.includes(law))).toBe(true)
  })
})

test('inlineExecutor lets the event loop turn before each trial', async () => {
  const executor = inlineExecutor(() => ({ values: {} }))
  let turned = false
  setImmediate(() => {
    turned = true
  })
  await executor.run({ number: 0, config: {}, seed: 0 }, new AbortController().signal, () => ({
    prune: false,
    because: '',
  }))
  expect(turned).toBe(true)
})

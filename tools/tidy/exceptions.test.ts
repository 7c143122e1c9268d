import { describe, expect, test } from 'vitest'
import { applyExceptions, exceptionsMax } from './exceptions.ts'

const finding = { rule: 'file-lines', at: 'packages/ml/src/x.ts', sentence: 'too long', measured: 600 }
const exception = { rule: 'file-lines', at: 'packages/ml/src/x.ts', max: 600, why: 'a table from a paper' }
const sentences = (...given: Parameters<typeof applyExceptions>) =>
  applyExceptions(...given)
    .map((one) => one.sentence)
    .filter((one) => !one.startsWith(`expected at most ${exceptionsMax} exceptions`))

describe('applyExceptions', () => {
  test('takes off what is listed at its size, and nothing else', () => {
    expect(sentences([finding], [exception])).toEqual([])
    expect(sentences([{ ...finding, measured: 601 }], [exception])).toEqual(['too long'])
    expect(sentences([finding, { ...finding, at: 'packages/ml/src/y.ts' }], [exception])).toEqual(['too long'])
  })

  test('asks to lower a size that has shrunk, and to strike out one that is no longer needed', () => {
    expect(sentences([{ ...finding, measured: 550 }], [exception])).toEqual([
      expect.stringContaining('expected max 550'),
    ])
    expect(sentences([], [exception])).toEqual([expect.stringContaining('strike it out')])
  })

  test('asks for a reason', () => {
    expect(sentences([finding], [{ ...exception, why: '' }])).toEqual([expect.stringContaining('expected a reason')])
  })

  test('never excuses what has no size', () => {
    const { measured: _, ...unmeasured } = finding
    expect(sentences([unmeasured], [exception])).toContain('too long')
  })

  test('refuses a longer list than there may be', () => {
    const many = Array.from({ length: exceptionsMax + 1 }, () => exception)
    expect(applyExceptions([finding], many).map((one) => one.sentence)).toContain(
      `expected at most ${exceptionsMax} exceptions, got ${exceptionsMax + 1}`,
    )
  })
})

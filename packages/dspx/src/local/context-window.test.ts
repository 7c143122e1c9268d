import { describe, expect, test } from 'vitest'
import { demonstrationsMax, fitContext } from './context-window.ts'

const demonstrations = (count: number, tokens: number) =>
  Array.from({ length: count }, () => ({
    input: '',
    outputs: new Map<string, string>(),
    names: [],
    style: 'bare' as const,
    tokens,
  }))

describe('fitContext', () => {
  test('keeps everything that fits', () => {
    const fit = fitContext(demonstrations(10, 100), { prompt: 1_100, context: 2_048 })
    expect(fit).toEqual({ kept: 10, tokensIn: 1_100, tokensOver: 0 })
  })

  test('drops as few demonstrations as needed, keeping room for the answer', () => {
    const at = fitContext(demonstrations(10, 100), { prompt: 1_792, context: 2_048 })
    const past = fitContext(demonstrations(10, 100), { prompt: 1_793, context: 2_048 })
    expect(at).toMatchObject({ kept: 10, tokensIn: 1_792 })
    expect(past).toMatchObject({ kept: 9, tokensIn: 1_693 })
  })

  test('says by how much instruction and input alone are too long', () => {
    expect(fitContext(demonstrations(1, 50), { prompt: 1_900, context: 2_048 })).toMatchObject({
      kept: 0,
      tokensOver: 58,
    })
  })

  test('learns from no more demonstrations than the limit', () => {
    const fitting = { prompt: 5_000, context: 32_768 }
    expect(fitContext(demonstrations(demonstrationsMax, 1), fitting).kept).toBe(demonstrationsMax)
    expect(fitContext(demonstrations(demonstrationsMax + 1, 1), fitting).kept).toBe(demonstrationsMax)
  })
})

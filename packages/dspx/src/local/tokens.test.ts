import { describe, expect, test } from 'vitest'
import { countTokens, tokenPieces } from './tokens.ts'

describe('countTokens', () => {
  test('cuts letters into pieces of six and digits into pieces of three', () => {
    expect(countTokens('refund')).toBe(1)
    expect(countTokens('refunds')).toBe(2)
    expect(countTokens('1234')).toBe(2)
    expect(countTokens('I was charged twice.')).toBe(6)
  })

  test('counts marks one by one and blanks not at all', () => {
    expect(countTokens('[[ ## x ## ]]')).toBe(9)
    expect(countTokens(' \n\t ')).toBe(0)
  })

  test('agrees with the pieces that are streamed', () => {
    for (const text of [
      'technical',
      'The words "a", "b" point to c.',
      '{"level":12345}',
      '[[ ## team ## ]]\nbilling',
    ]) {
      expect(tokenPieces(text)).toHaveLength(countTokens(text))
      expect(tokenPieces(text).join('')).toBe(text)
    }
  })
})

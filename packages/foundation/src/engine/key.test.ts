import { describe, expect, test } from 'vitest'
import { checkKey, checkKeyPattern, checkStoreName } from './key.ts'

describe('keys', () => {
  test('words of letters, digits, - _ = and / joined by dots are keys, up to 512 characters', () => {
    for (const key of ['a', 'A.b-c_d.0=/', 'x'.repeat(512)]) expect(() => checkKey(key)).not.toThrow()
    for (const key of ['', '.', 'a.', 'a..b', 'a*', '*', '>', 'a b', 'a\n', 'é', 'x'.repeat(513)]) {
      expect(() => checkKey(key), key).toThrow(expect.objectContaining({ code: 'foundation/invalid-key' }))
    }
  })

  test('a pattern has * for a word and > as its last word', () => {
    for (const pattern of ['a', '*', '>', 'a.*.b', 'a.>', '*.*']) expect(() => checkKeyPattern(pattern)).not.toThrow()
    for (const pattern of ['', 'a*', 'a.>.b', '>>', 'a. ', 'x'.repeat(513)]) {
      expect(() => checkKeyPattern(pattern), pattern).toThrow(
        expect.objectContaining({ code: 'foundation/invalid-key' }),
      )
    }
  })

  test('a store is named by one word of letters, digits, - and _, up to 200 characters', () => {
    for (const name of ['a', 'mabeam-directory_1', 'x'.repeat(200)])
      expect(() => checkStoreName('s', name)).not.toThrow()
    for (const name of ['', 'a.b', 'a/b', 'a=b', 'x'.repeat(201), undefined, 7]) {
      expect(() => checkStoreName('s', name)).toThrow('letters, digits')
    }
  })
})

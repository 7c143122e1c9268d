import { describe, expect, test } from 'vitest'
import { behindMaxMs, KnownStream } from './known-stream.ts'

describe('KnownStream', () => {
  test('takes whoever has all that is known', () => {
    const known = new KnownStream()
    expect(known.isBehind(0, 0)).toBe(false)
    known.see(7)
    known.see(3)
    expect([known.newest, known.isBehind(7, 0), known.isBehind(9, 0)]).toEqual([7, false, false])
  })

  test('refuses whoever has less, for as long as servers may not know who leads', () => {
    const known = new KnownStream()
    known.see(7)
    expect(known.isBehind(6, 1_000)).toBe(true)
    expect(known.isBehind(6, 1_000 + behindMaxMs - 1)).toBe(true)
    expect(known.isBehind(6, 1_000 + behindMaxMs)).toBe(false)
    expect([known.newest, known.isBehind(6, 1_000 + behindMaxMs + 1)]).toEqual([6, false])
  })

  test('knows nothing of a stream that was made anew', () => {
    const known = new KnownStream()
    known.see(7)
    known.made('today')
    known.made('today')
    expect([known.newest, known.isBehind(6, 0)]).toEqual([7, true])
    known.made('tomorrow')
    expect([known.newest, known.isBehind(1, 0)]).toEqual([0, false])
  })

  test('counts that time anew after an answer of one that has all', () => {
    const known = new KnownStream()
    known.see(7)
    known.isBehind(6, 0)
    known.isBehind(7, behindMaxMs - 1)
    expect(known.isBehind(6, behindMaxMs)).toBe(true)
    expect(known.isBehind(6, 2 * behindMaxMs - 1)).toBe(true)
  })
})

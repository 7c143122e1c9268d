import { createCodec } from '@mabeam/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sizedCopy } from './sized-copy.ts'

function copyOf(value: unknown): unknown {
  const copy = sizedCopy(value, 1_000_000)
  if (typeof copy === 'string') throw new Error(copy)
  return copy.value
}

describe('sizedCopy', () => {
  test('data comes out as it went in, frozen, and is not what went in', () => {
    const given = { a: [1, 'two', null, undefined, true, 3n], b: { c: -1.5 } }
    const copy = copyOf(given) as typeof given
    expect(copy).toEqual(given)
    expect(copy.b).not.toBe(given.b)
    expect(Object.isFrozen(copy) && Object.isFrozen(copy.a) && Object.isFrozen(copy.b)).toBe(true)
  })

  test('maps, sets, dates, bytes and errors are copied as what they are', () => {
    const bytes = Buffer.from('hello world').subarray(2, 5)
    const given = {
      map: new Map([['a', { n: 1 }]]),
      set: new Set([1]),
      date: new Date(5),
      bytes,
      error: new Error('no'),
    }
    const copy = copyOf(given) as typeof given
    expect(copy.map).toEqual(given.map)
    expect(copy.map.get('a')).not.toBe(given.map.get('a'))
    expect(copy.set).toEqual(given.set)
    expect(copy.date.getTime()).toBe(5)
    expect(Buffer.from(copy.bytes).toString()).toBe('llo')
    expect(copy.bytes.buffer.byteLength).toBe(3)
    expect(copy.error.message).toBe('no')
    expect(copyOf(new Float64Array([1.5, 2]))).toEqual(new Float64Array([1.5, 2]))
    expect(copyOf(new Uint8Array([7]).buffer)).toEqual(new Uint8Array([7]).buffer)
  })

  test('takes what is as long as the limit, and refuses what is one byte longer', () => {
    for (const value of [
      'x'.repeat(40),
      [1, 2, 3, 4],
      { a: 1, b: { c: 'd' } },
      new Uint8Array(10),
      new Map([[1, 2]]),
    ]) {
      const whole = sizedCopy(value, 1_000)
      if (typeof whole === 'string') throw new Error(whole)
      expect(sizedCopy(value, whole.bytes)).toMatchObject({ bytes: whole.bytes })
      expect(sizedCopy(value, whole.bytes - 1)).toBe('too-large')
    }
  })

  test('does not walk or copy what is far too long', () => {
    const reads: string[] = []
    const array = new Proxy(new Array(50_000_000), {
      get(target, key) {
        reads.push(String(key))
        return Reflect.get(target, key)
      },
    })
    expect(sizedCopy(array, 1_000)).toBe('too-large')
    expect(reads).toEqual(['length'])
    expect(sizedCopy('x'.repeat(100_000_000), 1_000)).toBe('too-large')
    expect(sizedCopy(new Uint8Array(100_000_000), 1_000)).toBe('too-large')
  })

  test('refuses what can not be sent, what never ends, and what throws when it is looked at', () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    const thrower = {
      get value() {
        throw new Error('no')
      },
    }
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const sly = JSON.parse('{ "__proto__": { "admin": true } }')
    const refused = [
      circle,
      thrower,
      revoked.proxy,
      sly,
      () => 1,
      Symbol('a'),
      Promise.resolve(),
      new WeakMap(),
      [[() => 1]],
    ]
    for (const value of refused) expect(sizedCopy(value, 1_000_000)).toBe('unsendable')
  })

  test('goes as deep as messages may be and no deeper', () => {
    const nested = (depth: number) => {
      let value: unknown = 1
      for (let i = 0; i < depth; i++) value = [value]
      return value
    }
    expect(sizedCopy(nested(64), 1_000)).toMatchObject({ bytes: 65 })
    expect(sizedCopy(nested(65), 1_000)).toBe('unsendable')
    expect(sizedCopy(nested(5_000), 100_000)).toBe('unsendable')
  })

  test('what a getter says is read once: it can not pass as short and be long', () => {
    let reads = 0
    const sly = {
      get value() {
        return ++reads === 1 ? 'short' : 'x'.repeat(1_000)
      },
    }
    expect(copyOf(sly)).toEqual({ value: 'short' })
    expect(reads).toBe(1)
  })

  test('of data it says within a tenth, and two bytes, how long the codec makes it', () => {
    const codec = createCodec()
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const copy = sizedCopy(value, 1_000_000)
        if (typeof copy === 'string') return /__proto__/.test(JSON.stringify(value))
        expect(copy.value).toEqual(value)
        const encoded = codec.encode(value).length - 2
        return Math.abs(copy.bytes - encoded) <= 2 + encoded / 10
      }),
      { numRuns: 300, seed: 5 },
    )
  })
})

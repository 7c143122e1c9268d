import { describe, expect, test } from 'vitest'
import { MabeamError } from '../errors.ts'
import { codecDefaults, createCodec } from './codec.ts'
import type { Extension } from './codec-extension.ts'

const codec = createCodec()
const copy = (value: unknown) => createCodec().decode(codec.encode(value))

describe('codec refuses what can not be sent, by its path', () => {
  const refusals: readonly (readonly [string, unknown])[] = [
    ["message: a function can't be sent", () => 1],
    ["message.items[3].run: a function can't be sent", { items: [0, 1, 2, { run: () => 1 }] }],
    ['message["a b"]: a symbol can\'t be sent', { 'a b': Symbol('x') }],
    ["message.wait: a Promise can't be sent", { wait: Promise.resolve() }],
    ["message[0]: a WeakMap can't be sent", [new WeakMap()]],
    ["message.signal: a AbortSignal can't be sent", { signal: new AbortController().signal }],
    ["message.bytes: shared memory can't be sent", { bytes: new Uint8Array(new SharedArrayBuffer(1)) }],
    ['message.a: a key "__proto__" can\'t be sent', { a: JSON.parse('{"__proto__":1}') }],
    ['message: a key "\\u0000mabeam" can\'t be sent', { '\u0000mabeam': 'error' }],
    ["message[1]: a function can't be sent", new Set([1, () => 1])],
    ["message.key.f: a function can't be sent", new Map([['key', { f: () => 1 }]])],
    [
      "message.f: a function can't be sent",
      new (class Holder {
        f = () => 1
      })(),
    ],
  ]
  for (const [sentence, value] of refusals) {
    test(sentence, () => {
      expect(() => codec.encode(value)).toThrow(sentence)
      expect(() => codec.copy(value)).toThrow(expect.objectContaining({ code: 'foundation/unsendable' }))
    })
  }

  test('the label names what was sent', () => {
    expect(() => codec.encode({ f() {} }, 'counter.add')).toThrow("counter.add.f: a function can't be sent")
  })
})

describe('codec', () => {
  test('errors keep code, retryable and data; others keep their name', () => {
    const error = new MabeamError('dspx/rate-limited', 'too many', { retryable: true, data: { retryAfterMs: 5 } })
    const wide = { name: 'CustomError', message: 'odd' }
    const custom = Object.assign(new Error('odd'), { name: 'CustomError' })
    const [first, second, third] = copy([error, new RangeError('far'), custom]) as Error[]
    expect(first).toBeInstanceOf(MabeamError)
    expect(first).toMatchObject({ code: 'dspx/rate-limited', retryable: true, data: { retryAfterMs: 5 } })
    expect(second).toBeInstanceOf(RangeError)
    expect(third).toMatchObject(wide)
  })

  test('cycles and shared references stay, through special values too', () => {
    const shared = { n: 1 }
    const map = new Map<unknown, unknown>([['shared', shared]])
    map.set(map, map)
    const node: Record<string, unknown> = {
      map,
      shared,
      again: shared,
      error: new Error('x'),
      bytes: Buffer.from('ab'),
    }
    node.self = node
    node.list = [node]
    const out = copy(node) as typeof node
    expect(out.self).toBe(out)
    expect((out.list as unknown[])[0]).toBe(out)
    const outMap = out.map as Map<unknown, unknown>
    expect(outMap.get(outMap)).toBe(outMap)
    expect(outMap.get('shared')).toBe(out.shared)
    expect(out.shared).toBe(out.again)
    expect(out.bytes).toEqual(new Uint8Array([97, 98]))
  })

  test('an instance of a class arrives as its own fields', () => {
    class Point {
      x = 1
      #secret = 2
      get sum() {
        return this.x + this.#secret
      }
      toJSON() {
        return 'never asked'
      }
    }
    expect(copy({ at: new Point() })).toEqual({ at: { x: 1 } })
    expect(copy(Object.create(null))).toEqual({})
  })

  test('messages up to the limit pass, one byte past it is refused both ways', () => {
    const small = createCodec({ bytesMax: 100 })
    const length = (n: number) => codec.encode('x'.repeat(n)).length
    const fits = Array.from({ length: 120 }, (_, n) => n).filter((n) => length(n) <= 100)
    const most = fits.at(-1) as number
    expect(length(most)).toBe(100)
    expect(small.decode(small.encode('x'.repeat(most)))).toBe('x'.repeat(most))
    for (const act of [
      () => small.encode('x'.repeat(most + 1)),
      () => small.copy('x'.repeat(most + 1)),
      () => small.decode(codec.encode('x'.repeat(most + 1))),
    ]) {
      expect(act).toThrow(expect.objectContaining({ code: 'foundation/payload-too-large' }))
    }
  })

  test('depth up to the limit passes, one level past it is refused both ways', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    const deep = createCodec({ depthMax: 2000 })
    expect(copy(nested(codecDefaults.depthMax))).toEqual(nested(codecDefaults.depthMax))
    expect(() => codec.encode(nested(codecDefaults.depthMax + 1))).toThrow('nested deeper than 64 levels')
    expect(() => codec.decode(deep.encode(nested(codecDefaults.depthMax + 2)))).toThrow('nested too deep')
    const cyclic = [nested(2 * codecDefaults.depthMax + 1)]
    cyclic.push(cyclic)
    expect(() => codec.decode(deep.encode(cyclic))).toThrow('nested too deep')
  })

  test('bytes of another version, and bytes that end early, are refused', () => {
    const bytes = codec.encode({ a: [1, 2, 3] })
    expect(() => codec.decode(Uint8Array.from([9, ...bytes.subarray(1)]))).toThrow('expected format version 1, got 9')
    expect(() => codec.decode(bytes.subarray(0, -1))).toThrow(
      expect.objectContaining({ code: 'foundation/unreadable-message' }),
    )
    expect(() => codec.decode(new Uint8Array())).toThrow('an unreadable message')
  })

  test('a message of format version 1 is read, whatever writes them now', () => {
    const fixture =
      '010183a46c6973749301a374776f82a7006d616265616da36d6170a4646174619203d30000000000000004a56572726f7282a7006d6162' +
      '65616da56572726f72a46461746183a46e616d65ab4d616265616d4572726f72a76d657373616765a163a47769726584a4636f6465a361' +
      '2f62a76d657373616765a163a9726574727961626c65c2a46461746181a16401a26174d6ff684ee180'
    const value = codec.decode(Buffer.from(fixture, 'hex')) as { error: MabeamError }
    expect(value).toMatchObject({ list: [1, 'two', new Map([[3, 4n]])], at: new Date(1_750_000_000_000) })
    expect(value.error).toMatchObject({ code: 'a/b', message: 'c', data: { d: 1 } })
  })

  test('extensions keep the identity of a class', () => {
    class Money {
      readonly cents: number
      constructor(cents: number) {
        this.cents = cents
      }
    }
    const money: Extension = {
      tag: 'money',
      accepts: (value) => value instanceof Money,
      toPlain: (value) => (value as Money).cents,
      fromPlain: (plain) => new Money(plain as number),
    }
    const extended = createCodec({ extensions: [money] })
    const bytes = extended.encode({ pay: new Money(5) })
    expect((extended.decode(bytes) as { pay: Money }).pay).toBeInstanceOf(Money)
    expect(() => codec.decode(bytes)).toThrow('unknown kind of value "money"')
  })
})

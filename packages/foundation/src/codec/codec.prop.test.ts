import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isMabeamError } from '../errors.ts'
import { createCodec } from './codec.ts'

/** Values that structured clone allows, less what the codec says it changes. */
const text = fc.string({ unit: 'grapheme' })
const key = text.filter((one) => one !== '__proto__')
const leaf = fc.oneof(
  fc.double().map((value) => (Object.is(value, -0) ? 0 : value)),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.boolean(),
  text,
  fc.constantFrom(null, undefined),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array(),
  fc.float64Array(),
  text.map((message) => new TypeError(message)),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('array'), tie('record'), tie('map'), tie('set')),
  array: fc.array(tie('value'), { maxLength: 5 }),
  record: fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  map: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  set: fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
}))

const sender = createCodec({ depthMax: 500 })
const receiver = createCodec({ depthMax: 500 })

describe('codec', () => {
  test('what structured clone gives is what another node gets', () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(receiver.decode(sender.encode(one))).toEqual(structuredClone(one))
      }),
      { numRuns: 500 },
    )
  })

  test('cycles and shared references arrive as they were', () => {
    const edges = fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.constantFrom('item', 'field', 'key', 'member')), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(edges, (links) => {
        const nodes = Array.from({ length: 6 }, (_, id) => ({
          id,
          items: [] as unknown[],
          map: new Map(),
          set: new Set(),
        }))
        for (const [from, to, how] of links) {
          const [source, target] = [nodes[from] as (typeof nodes)[0], nodes[to] as (typeof nodes)[0]]
          if (how === 'item') source.items.push(target)
          else if (how === 'field') Object.assign(source, { [`to${to}`]: target })
          else if (how === 'key') source.map.set(target, to)
          else source.set.add(target)
        }
        const out = receiver.decode(sender.encode(nodes)) as typeof nodes
        for (const [from, to, how] of links) {
          const [source, target] = [out[from] as (typeof nodes)[0], out[to] as (typeof nodes)[0]]
          if (how === 'item') expect(source.items.includes(target)).toBe(true)
          else if (how === 'field') expect((source as Record<string, unknown>)[`to${to}`] === target).toBe(true)
          else if (how === 'key') expect(source.map.get(target)).toBe(to)
          else expect(source.set.has(target)).toBe(true)
        }
      }),
    )
  })

  test('encoding leaves the value as it was', () => {
    fc.assert(
      fc.property(value, (one) => {
        const before = structuredClone(one)
        sender.encode(one)
        expect(one).toEqual(before)
      }),
    )
  })

  test('any bytes are either read or refused with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, headed) => {
        try {
          receiver.decode(headed ? Uint8Array.from([1, 1, ...bytes]) : bytes)
        } catch (thrown) {
          expect(isMabeamError(thrown) && thrown.code).toBe('foundation/unreadable-message')
        }
      }),
      { numRuns: 2000 },
    )
  })
})

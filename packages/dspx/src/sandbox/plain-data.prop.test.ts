import type { Json } from '@mabeam/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PlainData, plainData } from './plain-data.ts'

const options = { depthMax: 10, partsMax: 1_000 }
type Copy = (value: unknown) => PlainData
const copy: Copy = (value) => plainData(value, options)

const circular: { a: unknown[] } = { a: [] }
circular.a.push(circular)
const shared = { b: 1 }
const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown

/** What must hold of whatever copies values across the border; the law that does not. */
function broken(copied: Copy): string | undefined {
  const jsonOf = (value: unknown): Json | undefined => {
    const made = copied(value)
    return made.type === 'data' ? made.json : undefined
  }
  const isRefused = (value: unknown) => copied(value).type === 'refused'
  const same = (value: unknown) => JSON.stringify(jsonOf(value)) === JSON.stringify(value)
  for (const value of fc.sample(fc.jsonValue({ maxDepth: 3 }), {
    numRuns: 200,
    seed: 3,
  })) {
    const text = JSON.stringify(value)
    if (!text.includes('__proto__') && !same(value)) return 'JSON stays as it is'
  }
  const poisoned = jsonOf(
    JSON.parse('{"__proto__":{"x":1},"a":{"constructor":{"prototype":{"x":1}}},"constructor":"plain"}'),
  )
  if (JSON.stringify(poisoned) !== '{"a":{},"constructor":"plain"}') return 'nothing leads to shared prototypes'
  if (!isRefused(circular)) return 'what is circular is refused'
  if (!same([shared, shared])) return 'what stands twice is no circle'
  if (isRefused(nested(10)) || !isRefused(nested(11))) return 'no deeper than allowed'
  if (isRefused(new Array(999).fill(0)) || !isRefused(new Array(1_000).fill(0))) return 'no more parts than allowed'
  const given = { a: 1 }
  if (jsonOf(given) === (given as unknown)) return 'it is a copy'
  return undefined
}

describe('plainData', () => {
  test('keeps its laws', () => {
    expect(broken(copy)).toBeUndefined()
  })

  test.each<[string, Copy]>([
    [
      'nothing leads to shared prototypes',
      (value) => {
        const made = copy(value)
        if (made.type === 'refused') return made
        try {
          return { type: 'data', json: JSON.parse(JSON.stringify(value)) as Json }
        } catch {
          return made
        }
      },
    ],
    ['what is circular is refused', (value) => (value === circular ? { type: 'data', json: {} } : copy(value))],
    ['no deeper than allowed', (value) => plainData(value, { ...options, depthMax: 11 })],
    ['no more parts than allowed', (value) => plainData(value, { ...options, partsMax: 1_001 })],
    [
      'it is a copy',
      (value) => {
        const made = copy(value)
        return made.type === 'data' && JSON.stringify(value) === '{"a":1}'
          ? { type: 'data', json: value as Json }
          : made
      },
    ],
    ['JSON stays as it is', (value) => (value === null ? { type: 'data', json: undefined } : copy(value))],
    [
      'what stands twice is no circle',
      (value) => (Array.isArray(value) && value[0] === shared ? { type: 'refused', reason: '' } : copy(value)),
    ],
  ])('a planted bug breaks the law: %s', (law, mutant) => {
    expect(broken(mutant)).toBe(law)
  })

  test('getters that throw, and other strange things, are refusals or data', () => {
    const getter = {
      get a() {
        throw new Error('gotten')
      },
    }
    expect(copy(getter)).toEqual({ type: 'refused', reason: 'reading it threw: gotten' })
    expect(copy([Symbol('a'), () => 1, undefined, Number.NaN, 1n, 2n ** 64n, new Date(Number.NaN)])).toEqual({
      type: 'data',
      json: [null, null, null, null, 1, String(2n ** 64n), null],
    })
    expect(copy(undefined)).toEqual({ type: 'data', json: undefined })
  })
})

import { headers } from '@nats-io/nats-core'
import { describe, expect, test } from 'vitest'
import { endOf, endRevisionOf, goneHeader, revisionOf, sequenceOf } from './stored-value.ts'

describe('revisions of a stream', () => {
  test('grow with its messages, and those of ends are no values', () => {
    const all = [1, 2, 3].flatMap((sequence) => [revisionOf(sequence), endRevisionOf(sequence)])
    expect(all).toEqual([...all].sort((a, b) => a - b))
    expect([1, 2, 3].map((sequence) => sequenceOf(revisionOf(sequence)))).toEqual([1, 2, 3])
    for (const none of [endRevisionOf(2), 0, 1, -2, 2.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1]) {
      expect(sequenceOf(none)).toBeUndefined()
    }
  })

  test('a key ends by a deletion, or by a marker of the server', () => {
    const of = (name: string, value: string) => {
      const words = headers()
      words.set(name, value)
      return endOf(words)
    }
    expect(endOf(undefined)).toBeUndefined()
    expect(endOf(headers())).toBeUndefined()
    expect(of(goneHeader, '1')).toBe('deleted')
    expect(of('Nats-Marker-Reason', 'MaxAge')).toBe('expired')
    expect(of('Nats-Marker-Reason', 'Purge')).toBe('deleted')
  })
})

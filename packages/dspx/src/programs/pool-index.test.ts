import { describe, expect, test } from 'vitest'
import { type Demo, signature } from '../signatures/signature.ts'
import { poolIndexOf, poolsKept } from './pool-index.ts'

const poolOf = (name: string): Demo[] =>
  ['the app crashes', 'an invoice', name].map((text) => ({ inputs: { text }, outputs: { team: 'a' } }))

describe('poolIndexOf', () => {
  test('reads a pool once, also when it comes as a copy with other answers', () => {
    const asked = signature('text -> team')
    const pool = poolOf('x')
    const index = poolIndexOf(asked, pool)
    expect(poolIndexOf(asked, pool)).toBe(index)
    expect(poolIndexOf(asked, structuredClone(pool))).toBe(index)
    const answered = pool.map(({ inputs }) => ({ inputs, outputs: { team: 'b' } }))
    expect(poolIndexOf(asked, answered)).toBe(index)
  })

  test('reads anew what differs in one input, in its order, in how many there are, or by whom it is asked', () => {
    const asked = signature('text, photo?: image -> team')
    const pool = poolOf('x')
    const index = poolIndexOf(asked, pool)
    expect(poolIndexOf(asked, poolOf('y'))).not.toBe(index)
    expect(poolIndexOf(asked, [...pool].reverse())).not.toBe(index)
    expect(poolIndexOf(asked, pool.slice(1))).not.toBe(index)
    expect(poolIndexOf(signature('text -> team'), pool)).not.toBe(index)
    const seen = (data: string) => pool.map((one) => ({ ...one, inputs: { ...one.inputs, photo: { data } } }))
    const photos = poolIndexOf(asked, seen('AA=='))
    expect(photos).not.toBe(index)
    expect(poolIndexOf(asked, seen('AA=='))).toBe(photos)
    expect(poolIndexOf(asked, seen('AQ=='))).not.toBe(photos)
  })

  test('keeps the pools used last at its limit, and forgets the oldest one past it', () => {
    const asked = signature('text -> team')
    const made = Array.from({ length: poolsKept }, (_, i) => poolIndexOf(asked, poolOf(`pool ${i}`)))
    expect(poolIndexOf(asked, poolOf('pool 0'))).toBe(made[0])
    poolIndexOf(asked, poolOf('one more'))
    expect(poolIndexOf(asked, poolOf('pool 0'))).toBe(made[0])
    expect(poolIndexOf(asked, poolOf('pool 1'))).not.toBe(made[1])
  })
})

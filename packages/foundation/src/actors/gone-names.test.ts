import { describe, expect, test } from 'vitest'
import { GoneNames, goneNamesMax, goneReasonLengthMax } from './gone-names.ts'

describe('GoneNames', () => {
  test('remembers goneNamesMax names; for one more the one remembered longest is forgotten', () => {
    const gone = new GoneNames()
    for (let i = 0; i < goneNamesMax; i++) gone.remember(`n${i}`, `why ${i}`)
    expect(gone.reasonOf('n0')).toBe('why 0')
    gone.remember('n0', 'why again')
    gone.remember('more', 'why more')
    expect([gone.reasonOf('n0'), gone.reasonOf('n1'), gone.reasonOf('n2'), gone.reasonOf('more')]).toEqual([
      'why again',
      undefined,
      'why 2',
      'why more',
    ])
  })

  test('of a reason goneReasonLengthMax characters are kept', () => {
    const gone = new GoneNames()
    gone.remember('whole', 'x'.repeat(goneReasonLengthMax))
    gone.remember('cut', 'x'.repeat(goneReasonLengthMax + 1))
    expect(gone.reasonOf('whole')).toBe('x'.repeat(goneReasonLengthMax))
    expect(gone.reasonOf('cut')).toBe(`${'x'.repeat(goneReasonLengthMax - 3)}...`)
  })

  test('knows nothing of a name that was taken again, nor of none', () => {
    const gone = new GoneNames()
    gone.remember('a', 'why')
    gone.forget('a')
    expect([gone.reasonOf('a'), gone.reasonOf(undefined)]).toEqual([undefined, undefined])
  })
})

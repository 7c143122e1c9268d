import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { SignalFan } from './signal-fan.ts'

describe('signals of a fan', () => {
  test('abort with the source and its reason, those that were given back do not, and the source has one listener', () => {
    const source = new AbortController()
    const fan = new SignalFan(source.signal)
    const taken = Array.from({ length: 1_000 }, () => fan.take())
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(1)
    for (const one of taken.slice(0, 400)) fan.giveBack(one)
    const reason = new Error('enough')
    source.abort(reason)
    expect(taken.filter(({ signal }) => signal.aborted)).toEqual(taken.slice(400))
    expect(new Set(taken.slice(400).map(({ signal }) => signal.reason))).toEqual(new Set([reason]))
  })

  test('are aborted from the start when the source is', () => {
    const reason = new Error('too late')
    const fan = new SignalFan(AbortSignal.abort(reason))
    expect(fan.take().signal.reason).toBe(reason)
  })

  test('abort each by itself, and may be given back twice', () => {
    const fan = new SignalFan(new AbortController().signal)
    const [one, other] = [fan.take(), fan.take()]
    one.abort()
    fan.giveBack(one)
    fan.giveBack(one)
    expect([one.signal.aborted, other.signal.aborted]).toEqual([true, false])
  })
})

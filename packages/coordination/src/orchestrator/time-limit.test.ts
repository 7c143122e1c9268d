import { virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { withinTime } from './time-limit.ts'

/** A signal that knows how many listen. */
function counted(): { readonly signal: AbortSignal; readonly listeners: () => number } {
  const { signal } = new AbortController()
  const listeners = new Set<unknown>()
  const add = signal.addEventListener.bind(signal) as (...given: unknown[]) => void
  signal.addEventListener = (...given: unknown[]) => {
    listeners.add(given[1])
    add(...given)
  }
  const remove = signal.removeEventListener.bind(signal) as (...given: unknown[]) => void
  signal.removeEventListener = (...given: unknown[]) => {
    listeners.delete(given[1])
    remove(...given)
  }
  return { signal, listeners: () => listeners.size }
}

const late = () => new Error('too late')

test('of work that is late and never ends nothing is left but itself', async () => {
  const clock = virtualClock()
  const { signal, listeners } = counted()
  const given = withinTime({ clock, timeoutMs: 10, signal, late }, () => new Promise(() => {}))
  given.catch(() => {})
  expect(listeners()).toBe(1)
  await clock.advance(10)
  await expect(given).rejects.toThrow('too late')
  expect([listeners(), clock.pendingTimers]).toEqual([0, 0])
})

test('work that comes in time leaves nothing either, and what is not wanted is not begun', async () => {
  const clock = virtualClock()
  const { signal, listeners } = counted()
  expect(await withinTime({ clock, timeoutMs: 10, signal, late }, () => 7)).toBe(7)
  expect([listeners(), clock.pendingTimers]).toEqual([0, 0])
  const aborted = AbortSignal.abort(new Error('no more'))
  let begun = 0
  const never = withinTime({ clock, timeoutMs: 10, signal: aborted, late }, () => begun++)
  await expect(never).rejects.toThrow('no more')
  expect([begun, clock.pendingTimers]).toEqual([0, 0])
})

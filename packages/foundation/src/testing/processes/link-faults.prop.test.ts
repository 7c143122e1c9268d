import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import {
  checkLinkFaults,
  concerns,
  type FaultyLink,
  type LinkFaults,
  linkFaultsDefaults,
  pieceDueMs,
} from './link-faults.ts'

const pieces = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 5_000 }), gapMs: fc.nat(50) }), { minLength: 1 })
const faults = fc.record({ delayMs: fc.nat(300), jitterMs: fc.nat(300), bytesPerSec: fc.nat(20_000) })

/** When pieces come and are out, by a given rule. */
function run(given: LinkFaults, list: readonly { bytes: number; gapMs: number }[], due = pieceDueMs) {
  const random = seededRandom(3)
  let atMs = 0
  let lastMs = 0
  return list.map(({ bytes, gapMs }) => {
    atMs += gapMs
    lastMs = due(lastMs, { bytes, atMs }, { faults: { ...linkFaultsDefaults, ...given }, random })
    return { bytes, atMs, dueMs: lastMs }
  })
}

/** What is wrong with the times of pieces under some faults, if anything. */
function wrong(given: LinkFaults, list: readonly { bytes: number; gapMs: number }[], due = pieceDueMs) {
  const out = run(given, list, due)
  const { delayMs = 0, bytesPerSec = 0 } = given
  if (out.some((one, i) => one.dueMs < (out[i - 1]?.dueMs ?? 0))) return 'order'
  if (out.some((one) => one.dueMs < one.atMs + delayMs)) return 'early'
  const bytes = out.reduce((sum, one) => sum + one.bytes, 0)
  const tookMs = (out.at(-1)?.dueMs ?? 0) - (out[0]?.atMs ?? 0)
  if (bytesPerSec > 0 && bytes > (tookMs * bytesPerSec) / 1_000 + 1e-6) return 'fast'
  return undefined
}

describe('pieceDueMs', () => {
  test('keeps the order, the delay and the bandwidth, whatever the jitter', () => {
    fc.assert(fc.property(faults, pieces, (given, list) => wrong(given, list) === undefined))
  })

  test('without faults a piece is out when it comes', () => {
    fc.assert(fc.property(pieces, (list) => run({}, list).every((one) => one.dueMs === one.atMs)))
  })

  test.each([
    [
      'order',
      (_last: number, piece: { atMs: number }, { faults: all, random }: FaultyLink) =>
        piece.atMs + all.delayMs + all.jitterMs * random.next(),
    ],
    ['early', (last: number, piece: { atMs: number }) => Math.max(last, piece.atMs)],
    [
      'fast',
      (last: number, piece: { atMs: number }, { faults: all }: FaultyLink) =>
        Math.max(last, piece.atMs + all.delayMs + all.jitterMs),
    ],
  ] as const)('its laws find a rule that breaks the one called %s', (name, due) => {
    const found = new Set<string | undefined>()
    fc.assert(fc.property(faults, pieces, (given, list) => void found.add(wrong(given, list, due as never))))
    expect(found).toContain(name)
  })
})

test('concerns says whether a fault is in a direction', () => {
  expect([concerns('none', 'up'), concerns('up', 'up'), concerns('down', 'up'), concerns('both', 'up')]).toEqual([
    false,
    true,
    false,
    true,
  ])
})

test('faults are checked by name and range', () => {
  expect(() => checkLinkFaults('set', { delay: 1 } as LinkFaults)).toThrow('did you mean "delayMs"?')
  expect(() => checkLinkFaults('set', { delayMs: 600_000 })).not.toThrow()
  expect(() => checkLinkFaults('set', { delayMs: 600_001 })).toThrow('delayMs: expected a number from 0 to 600000')
})

import { describe, expect, test } from 'vitest'
import type { Clock } from '../clock.ts'
import { startNode } from '../node/node.ts'
import { virtualClock } from '../testing/index.ts'
import { type Baseline, baselineFigures, compareBaselines, parseBaseline } from './baseline.ts'
import { measureBaseline } from './baseline-run.ts'

/** As the first version wrote it; it is read for ever. */
const versionOne = {
  kind: 'mabeam-baseline',
  version: 1,
  atMs: 1_750_000_000_000,
  nodeVersion: '24.2.0',
  cores: 2,
  callsPerSec: 100,
  castsPerSec: 200,
  spawnsPerSec: 300,
  codecBytesPerSec: 400,
} as const satisfies Baseline

/** Moves by a tenth of a millisecond whenever it is read, so that a run ends without any waiting. */
function countingClock(): Clock {
  let reads = 0
  return { ...virtualClock(), monotonicMs: () => ++reads / 10 }
}

describe('measureBaseline', () => {
  test('gives a figure above 0 for each, as JSON that can be read back', async () => {
    const clock = countingClock()
    const baseline = await measureBaseline({ startNode: () => startNode({ clock, codec: false }), durationMs: 4 })
    for (const figure of baselineFigures) expect(baseline[figure]).toBeGreaterThan(0)
    expect(parseBaseline(JSON.parse(JSON.stringify(baseline)))).toEqual(baseline)
  })

  test('closes the node that was started for it', async () => {
    const clock = countingClock()
    const node = await startNode({ clock })
    await measureBaseline({ startNode: async () => node, durationMs: 4 })
    expect(node.actors).toBe(0)
  })

  test('works in a node with the smallest mailboxes and few actors', async () => {
    const clock = countingClock()
    const start = () => startNode({ clock, mailboxCapacity: 1, actorsMax: 2 })
    expect((await measureBaseline({ startNode: start, durationMs: 4 })).castsPerSec).toBeGreaterThan(0)
  })

  test('does not begin when it is told not to', async () => {
    let started = 0
    const start = () => {
      started++
      return startNode()
    }
    const signal = AbortSignal.abort(new Error('not now'))
    await expect(measureBaseline({ startNode: start, signal })).rejects.toThrow('not now')
    expect(started).toBe(0)
  })

  test('ends in between when it is told to, and closes the node', async () => {
    const node = await startNode({ clock: virtualClock() })
    const stop = new AbortController()
    const measured = measureBaseline({ startNode: async () => node, signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(measured).rejects.toThrow('enough')
    expect(node.actors).toBe(0)
  })

  test('refuses options that are none', async () => {
    const start = () => startNode()
    await expect(measureBaseline({ startNode: start, durationMs: 0 })).rejects.toThrow(
      'measureBaseline: durationMs: expected a number from 1 to 600000, got 0',
    )
    await expect(measureBaseline({} as never)).rejects.toThrow('startNode: expected a function, got nothing')
  })
})

describe('compareBaselines', () => {
  test('names what is slower by more than a fifth, at it and one past it', () => {
    const slower = (callsPerSec: number) => compareBaselines({ ...versionOne, callsPerSec }, versionOne)
    expect(slower(80)).toEqual([])
    expect(slower(79).map((one) => one.sentence)).toEqual(['callsPerSec fell by 21 %: 100 before, 79 now'])
    expect(slower(500)).toEqual([])
  })

  test('judges each figure by itself', () => {
    const half = { ...versionOne, castsPerSec: 100, codecBytesPerSec: 200, callsPerSec: 1_000 }
    expect(compareBaselines(half, versionOne).map((one) => one.figure)).toEqual(['castsPerSec', 'codecBytesPerSec'])
  })
})

describe('parseBaseline', () => {
  test('reads the first version', () => {
    expect(parseBaseline(versionOne)).toEqual(versionOne)
  })

  test.each<[unknown, string]>([
    [null, 'expected an object, got null'],
    [{}, 'kind: expected "mabeam-baseline", got nothing'],
    [{ ...versionOne, version: 2 }, 'version: expected 1, got 2'],
    [{ ...versionOne, callsPerSec: -1 }, 'baseline: callsPerSec: expected a number of 0 or more, got -1'],
    [{ ...versionOne, castsPerSec: null }, 'baseline: castsPerSec: expected a number of 0 or more, got null'],
    [{ ...versionOne, more: 1 }, 'baseline: unknown option "more"; did you mean "cores"?'],
  ])('refuses %j', (kept, sentence) => {
    expect(() => parseBaseline(kept)).toThrow(`an unreadable baseline: ${sentence}`)
  })
})

import { describe, expect, test } from 'vitest'
import type { ProcessFigures } from './child-process.ts'
import { inTurns, runsWithIntervals, sideBySide } from './side-by-side.ts'

const runs = (count: number) =>
  Array.from(
    { length: count },
    (_, i) =>
      new Map<string, ProcessFigures>([
        ['mabeam', { us: 10 + i, perSec: 100, own: 1 }],
        ['raw-tool', { version: '1.2', us: 5 + i / 2, perSec: 50, theirs: 7 }],
      ]),
  )
const of = { peers: ['raw-tool', 'gone'], costs: ['us'], gains: ['perSec', 'nobodyHasIt'] }

describe('sideBySide', () => {
  test('gives medians of each and of paired ratios, above 1 where we are better', () => {
    const result = sideBySide({ ...of, runs: runs(3) })
    expect(result.metrics).toEqual({ us: 11, perSec: 100, own: 1 })
    expect(result.peers).toEqual({ 'raw-tool': { version: '1.2', us: 5.5, perSec: 50, theirs: 7 }, gone: null })
    expect(result.ratios).toMatchObject({ usVsRawTool: 0.5, perSecVsRawTool: 2 })
    expect(result.runs).toBe(3)
  })

  test('has null for the ratios of a peer that is not installed, and none for figures that only one has', () => {
    expect(sideBySide({ ...of, runs: runs(3) }).ratios).toEqual({
      usVsRawTool: 0.5,
      perSecVsRawTool: 2,
      usVsGone: null,
      perSecVsGone: null,
    })
  })

  test('has a row for each figure of each, with intervals from six runs on', () => {
    const rowOf = (count: number) => sideBySide({ ...of, runs: runs(count) }).rows?.slice(0, 2)
    expect(rowOf(runsWithIntervals)).toEqual([
      { metric: 'us', who: 'mabeam', median: 12.5, low: 10, high: 15 },
      { metric: 'us', who: 'raw-tool', median: 6.25, low: 5, high: 7.5, ratio: 0.5, ratioLow: 0.5, ratioHigh: 0.5 },
    ])
    expect(rowOf(runsWithIntervals - 1)?.[0]).toMatchObject({ low: null, high: null })
  })
})

test('inTurns lets each have a turn in each run, in the other order every second time', async () => {
  const order: string[] = []
  const turn = (who: string) => async () => {
    order.push(who)
    return { nth: order.length }
  }
  const found = await inTurns({ mabeam: turn('mabeam'), peer: turn('peer') }, 2, () => {})
  expect(order).toEqual(['mabeam', 'peer', 'peer', 'mabeam'])
  expect(found.map((run) => [...run])).toEqual([
    [
      ['mabeam', { nth: 1 }],
      ['peer', { nth: 2 }],
    ],
    [
      ['mabeam', { nth: 4 }],
      ['peer', { nth: 3 }],
    ],
  ])
})

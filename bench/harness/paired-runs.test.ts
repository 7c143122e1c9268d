import { describe, expect, test } from 'vitest'
import { pairedResult, type Run } from './paired-runs.ts'

const run = (mine: number, one: number, two: number): Run =>
  new Map<string, { readonly [figure: string]: number | string }>([
    ['mabeam', { callsPerSec: mine, p99Us: mine, other: 1 }],
    ['elixir one', { version: '1.14', callsPerSec: one, p99Us: one }],
    ['elixir two', { version: '1.14', callsPerSec: two, p99Us: two }],
  ])
const compared = [{ metric: 'callsPerSec' }, { metric: 'p99Us', cost: true }]

describe('pairedResult', () => {
  test('a ratio is the median of paired ratios with the best setting of the peer, inverted for a cost', () => {
    const runs = [run(40, 10, 5), run(10, 5, 20), run(90, 10, 6)]
    expect(pairedResult({ peer: 'elixir', compared, runs })).toMatchObject({
      metrics: { callsPerSec: 40, p99Us: 40, other: 1 },
      // By their medians: 10 against 6.
      peers: { elixir: { version: '1.14', callsPerSec: 10, p99Us: 6 } },
      ratios: { callsPerSecVsElixir: 4, p99UsVsElixir: 5 / 40 },
      runs: 3,
    })
  })

  test('a figure that the peer has under another name is compared with that', () => {
    const given = { peer: 'elixir', compared: [{ metric: 'other', peerFigure: 'callsPerSec' }], runs: [run(1, 4, 2)] }
    expect(pairedResult(given)).toMatchObject({ peers: { elixir: { other: 4 } }, ratios: { otherVsElixir: 0.25 } })
  })

  test('every figure of every run is a row', () => {
    const { rows } = pairedResult({ peer: 'elixir', compared, runs: [run(1, 2, 3), run(4, 5, 6)] })
    expect(rows).toHaveLength(6)
    expect(rows?.[4]).toEqual({ run: 2, who: 'elixir one', callsPerSec: 5, p99Us: 5 })
  })

  test('a peer that is not installed is null, and so are its ratios', () => {
    const alone: Run = new Map([['mabeam', { callsPerSec: 3 }]])
    expect(pairedResult({ peer: 'elixir', compared, runs: [alone] })).toMatchObject({
      metrics: { callsPerSec: 3 },
      peers: { elixir: null },
      ratios: { callsPerSecVsElixir: null, p99UsVsElixir: null },
    })
  })
})

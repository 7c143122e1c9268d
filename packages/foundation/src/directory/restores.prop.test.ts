import { describe, expect, test } from 'vitest'
import { Restores } from './restores.ts'

describe('Restores', () => {
  /** When a record is put back that somebody removes again at once. */
  const restoredMs = (untilMs: number): number[] => {
    const restores = new Restores()
    const times: number[] = []
    restores.want('a', 0)
    for (let atMs = 0; atMs < untilMs; atMs += 50) {
      if (restores.due(atMs).length === 0) continue
      times.push(atMs)
      restores.want('a', atMs)
    }
    return times
  }

  test('the first is at once, each of those after waits longer, up to ten seconds', () => {
    const gapsMs = restoredMs(120_000).map((atMs, i, all) => atMs - (all[i - 1] ?? 0))
    expect(gapsMs.slice(0, 7)).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 10_000])
    expect(new Set(gapsMs.slice(6))).toEqual(new Set([10_000]))
  })

  test('after a minute of calm it is as if nothing had been, and nothing is kept', () => {
    const restores = new Restores()
    for (const key of ['a', 'b']) restores.want(key, 0)
    expect(restores.due(0)).toEqual(['a', 'b'])
    expect(restores.due(59_999)).toEqual([])
    expect(restores.size).toBe(2)
    restores.due(60_000)
    expect(restores.size).toBe(0)
    restores.want('a', 60_000)
    expect(restores.due(60_000)).toEqual(['a'])
  })

  test('what nobody wants any more is not put back', () => {
    const restores = new Restores()
    restores.want('a', 0)
    restores.forget('a')
    expect(restores.due(0)).toEqual([])
  })
})

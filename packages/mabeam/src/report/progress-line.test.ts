import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { formatProgress, type LineOutput, progressLine } from './progress-line.ts'

function page(how: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
  const written: string[] = []
  const output: LineOutput = { ...how, write: (text) => written.push(text) }
  const clock = virtualClock()
  return { written, clock, line: progressLine(output, clock) }
}

describe('formatProgress', () => {
  test('shows what is done, a bar, the note, the rate and the time left', () => {
    const text = formatProgress({
      what: 'trial',
      done: 30,
      total: 60,
      note: 'best 81.2 %',
      perSec: 2.345,
      secondsLeft: 125,
    })
    expect(text).toBe('trial 30/60 ████████░░░░░░░░ · best 81.2 % · 2.3/s · 2 min 5 s left')
  })

  test('leaves out what is not known yet', () => {
    expect(formatProgress({ what: 'test', done: 0, total: 8 })).toBe('test 0/8 ░░░░░░░░░░░░░░░░')
  })

  test('is full for nothing to do and for more done than expected', () => {
    expect(formatProgress({ what: 'race', done: 0, total: 0 })).toBe('race 0/0 ████████████████')
    expect(formatProgress({ what: 'race', done: 9, total: 8 })).toContain(` ${'█'.repeat(16)}`)
  })

  test('rounds rates and times as people read them', () => {
    const shown = (perSec: number, secondsLeft: number) =>
      formatProgress({ what: 'x', done: 0, total: 1, perSec, secondsLeft }).split(' · ').slice(1)
    expect(shown(123.4, 59.4)).toEqual(['123/s', '59 s left'])
    expect(shown(0.0421, 59.6)).toEqual(['0.042/s', '1 min 0 s left'])
    expect(shown(1, -3)).toEqual(['1.0/s', '0 s left'])
  })
})

describe('progressLine', () => {
  test('rewrites its line in place on a terminal, cut to its width', () => {
    const { written, line } = page({ isTTY: true, columns: 30 })
    line.update({ what: 'trial', done: 1, total: 60, note: 'a note that is far too long' })
    line.update({ what: 'trial', done: 2, total: 60 })
    expect(written).toHaveLength(2)
    for (const text of written) {
      expect(text.startsWith('\r\u001b[2K')).toBe(true)
      expect(text).not.toContain('\n')
      expect(text.length - '\r\u001b[2K'.length).toBeLessThanOrEqual(29)
    }
  })

  test('ends an open line once, so that other output begins on a fresh one', () => {
    const { written, line } = page({ isTTY: true })
    line.end()
    line.update({ what: 'trial', done: 1, total: 2 })
    line.end()
    line.end()
    expect(written.slice(1)).toEqual(['\n'])
  })

  test('writes a whole line for each tenth elsewhere, and for each kind of work', () => {
    const { written, line } = page()
    for (let done = 0; done <= 40; done++) line.update({ what: 'trial', done, total: 40 })
    line.update({ what: 'race', done: 40, total: 40 })
    line.end()
    expect(written).toHaveLength(12)
    expect(written.every((text) => text.endsWith('\n') && !text.includes('\u001b'))).toBe(true)
    expect(written[0]).toContain('trial 0/40')
    expect(written[10]).toContain('trial 40/40')
    expect(written[11]).toContain('race 40/40')
  })

  test('does not leave a log silent for more than ten seconds while work goes on', async () => {
    const { written, clock, line } = page()
    for (let done = 1; done <= 30; done++) {
      await clock.advance(1_000)
      line.update({ what: 'trial', done, total: 1_000 })
    }
    expect(written.map((text) => text.split(' ')[1])).toEqual(['1/1000', '11/1000', '21/1000'])
  })
})

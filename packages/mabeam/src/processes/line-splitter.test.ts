import { describe, expect, test } from 'vitest'
import { LineSplitter, lineLengthMax } from './line-splitter.ts'

function linesOf(...pieces: readonly string[]): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter((line) => lines.push(line))
  for (const piece of pieces) splitter.push(piece)
  splitter.end()
  return lines
}

describe('what a process writes', () => {
  test('is told line by line, however it was cut on its way', () => {
    const text = 'one\ntwo\r\n\nfour'
    for (let at = 0; at <= text.length; at++) {
      expect(linesOf(text.slice(0, at), text.slice(at))).toEqual(['one', 'two', '', 'four'])
    }
  })

  test('is told to its end once, and nothing where nothing is left', () => {
    expect(linesOf('a\n')).toEqual(['a'])
    expect(linesOf()).toEqual([])
  })

  test('is kept up to the longest line and no further', () => {
    const long = 'x'.repeat(lineLengthMax)
    expect(linesOf(`${long}\n`)).toEqual([long])
    expect(linesOf(`${long}y\n`)).toEqual([long, 'y'])
    expect(linesOf(long, 'y', '\n')).toEqual([long, 'y'])
  })
})

import { describe, expect, test } from 'vitest'
import { OutputTail } from './output-tail.ts'

describe('OutputTail', () => {
  test('joins pieces to lines, and shows the one that has not ended', () => {
    const tail = new OutputTail()
    tail.write('on')
    tail.write('e\r\ntwo\nth')
    tail.write('ree')
    expect(tail.lines).toEqual(['one', 'two', 'three'])
  })

  test('keeps linesMax lines, and for one more drops and counts the oldest', () => {
    const tail = new OutputTail({ linesMax: 3 })
    tail.write('1\n2\n3\n')
    expect([tail.lines, tail.dropped]).toEqual([['1', '2', '3'], 0])
    tail.write('4\n')
    expect([tail.lines, tail.dropped]).toEqual([['2', '3', '4'], 1])
    tail.write('5\n6\n7\n')
    expect([tail.lines, tail.dropped]).toEqual([['5', '6', '7'], 4])
  })

  test('keeps lineLengthMax characters of a line, in one piece or many, ended or not', () => {
    const tail = new OutputTail({ lineLengthMax: 4 })
    tail.write('abcd\nabcde\n')
    for (const piece of 'uvwxyz') tail.write(piece)
    expect(tail.lines).toEqual(['abcd', 'abcd', 'uvwx'])
  })

  test('refuses impossible limits', () => {
    expect(() => new OutputTail({ linesMax: 0 })).toThrow('linesMax: expected an integer from 1')
  })
})

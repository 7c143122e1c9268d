import { describe, expect, test } from 'vitest'
import { subjectMatcher } from './subject.ts'

describe('subjectMatcher', () => {
  test('* stands for exactly one word, > for one or more', () => {
    const subjects = ['a', 'a.b', 'a.b.c', 'x.b', 'a.x.c']
    const matched = (pattern: string) => subjects.filter(subjectMatcher(pattern))
    expect(matched('a.b')).toEqual(['a.b'])
    expect(matched('*')).toEqual(['a'])
    expect(matched('*.b')).toEqual(['a.b', 'x.b'])
    expect(matched('a.*.c')).toEqual(['a.b.c', 'a.x.c'])
    expect(matched('a.>')).toEqual(['a.b', 'a.b.c', 'a.x.c'])
    expect(matched('*.*.>')).toEqual(['a.b.c', 'a.x.c'])
    expect(matched('>')).toEqual(subjects)
  })
})

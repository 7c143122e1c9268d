import { describe, expect, test } from 'vitest'
import { fileFailed } from './errors/journal-errors.ts'
import { assert, fromWireError, isMabeamError, MabeamError, messageOf, toWireError } from './errors.ts'

describe('MabeamError', () => {
  test('code, retryable and data survive the wire', () => {
    const error = new MabeamError('a/b', 'sentence', { retryable: true, data: { n: 1 }, cause: new Error('why') })
    const wire = JSON.parse(JSON.stringify(error))
    expect(wire).toEqual({ code: 'a/b', message: 'sentence', retryable: true, data: { n: 1 } })
    const back = fromWireError(wire)
    expect(isMabeamError(back)).toBe(true)
    expect(back).toMatchObject(wire)
    expect(error.cause).toBeInstanceOf(Error)
  })

  test('one of another copy of the package is known by its brand', () => {
    const foreign = Object.defineProperty(new Error('x'), Symbol.for('mabeam.error'), { value: true })
    expect(isMabeamError(foreign)).toBe(true)
    expect(isMabeamError(new Error('x'))).toBe(false)
    expect(isMabeamError({ code: 'a/b' })).toBe(false)
  })

  test('what is not one is uncaught, and anything thrown has a sentence', () => {
    expect(toWireError(new TypeError('bad'))).toEqual({
      code: 'foundation/uncaught',
      message: 'bad',
      retryable: false,
      data: {},
    })
    expect([messageOf('text'), messageOf(undefined)]).toEqual(['text', 'undefined'])
  })

  test('a thrown value that can not be made text has a sentence too', () => {
    const message = 'a value that has no text was thrown'
    const thrown = Object.defineProperty(new Error(), 'message', { get: () => Object.create(null) })
    expect(messageOf(Object.create(null))).toBe(message)
    expect(toWireError(thrown).message).toBe(message)
    expect(messageOf(Object.assign(new Error(), { message: 5 }))).toBe('5')
  })
})

describe('assert', () => {
  test('throws what says that it is a bug', () => {
    assert(true, 'never')
    expect(() => assert(0, 'n must not be zero')).toThrow('a bug: n must not be zero')
  })
})

describe('fileFailed', () => {
  test('a full disk and a full quota are told apart from other failures', () => {
    const failed = (code: string) => fileFailed('x.jsonl', 'writing', Object.assign(new Error('nope'), { code }))
    expect(failed('ENOSPC').code).toBe('foundation/disk-full')
    expect(failed('EDQUOT').code).toBe('foundation/disk-full')
    expect(failed('EACCES')).toMatchObject({
      code: 'foundation/file-failed',
      message: 'x.jsonl: writing: nope',
      data: { path: 'x.jsonl', systemCode: 'EACCES' },
    })
  })
})

import { describe, expect, test } from 'vitest'
import { noServer } from './nats-errors.ts'

const withCode = (code: string) => Object.assign(new Error('no'), { code })

describe('noServer', () => {
  test('says why the last address that was tried is of no use, whatever the client put around it', () => {
    const sentence = (cause: unknown) => noServer(['n1:4222'], 500, cause).message
    expect(sentence(new Error('closed', { cause: withCode('ECONNREFUSED') }))).toContain(
      'n1:4222 (nothing listens there);',
    )
    expect(sentence(withCode('ENOTFOUND'))).toContain('n1:4222 (no host of that name is known);')
    const late = new Error('timeout')
    late.name = 'TimeoutError'
    expect(sentence(late)).toContain('n1:4222 (nothing answers there);')
    expect(sentence(withCode('EWHATEVER'))).toContain('tried n1:4222; start one')
    expect(sentence('a string')).toContain('tried n1:4222; start one')
  })
})

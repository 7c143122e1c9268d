import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Baggage, baggageFault, baggageLimits, parseBaggage, printBaggage } from './baggage.ts'

const key = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/)
/** Half of a surrogate pair is no text and arrives as U+FFFD. */
const value = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => text.isWellFormed())
const properties = fc.option(fc.constantFrom('p', 'p=1', 'p=1;q', 'a=b;c=d'), { nil: undefined })
const baggage: fc.Arbitrary<Baggage> = fc
  .dictionary(key, fc.record({ value, properties }), { maxKeys: 12 })
  .map((entries) => {
    const clean = Object.entries(entries).map(
      ([name, one]) =>
        [
          name,
          one.properties === undefined ? { value: one.value } : { value: one.value, properties: one.properties },
        ] as const,
    )
    return new Map(clean)
  })

describe('baggage', () => {
  test('what is printed is read back', () => {
    fc.assert(
      fc.property(
        baggage.filter((one) => one.size > 0),
        (one) => {
          fc.pre(baggageFault(one) === undefined)
          expect(parseBaggage(printBaggage(one))).toEqual(one)
        },
      ),
    )
  })

  test('any text is read or refused, and what is read can be sent on', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-c=;, %E\t\\"]{0,20}$/)), (text) => {
        const read = parseBaggage(text)
        if (read !== undefined) expect(baggageFault(read)).toBeUndefined()
      }),
    )
  })

  test('the examples of the recommendation', () => {
    expect(
      parseBaggage('key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue'),
    ).toEqual(
      new Map([
        ['key1', { value: 'value1', properties: 'property1;property2' }],
        ['key2', { value: 'value2' }],
        ['key3', { value: 'value3', properties: 'propertyKey=propertyValue' }],
      ]),
    )
    expect(parseBaggage('serverNode=DF%2028,userId=Am%C3%A9lie')).toEqual(
      new Map([
        ['serverNode', { value: 'DF 28' }],
        ['userId', { value: 'Amélie' }],
      ]),
    )
  })

  test('bytes that are no UTF-8 become U+FFFD, and a lone percent sign stays', () => {
    expect(parseBaggage('a=%C3%28,b=100%,c=%zz')).toEqual(
      new Map([
        ['a', { value: '\ufffd(' }],
        ['b', { value: '100%' }],
        ['c', { value: '%zz' }],
      ]),
    )
  })

  test('what breaks the grammar is refused as a whole', () => {
    for (const text of ['', ',', 'a', 'a=1,', 'a=1,,b=2', 'a b=1', 'a="1"', 'a=1 2', 'a=1;;', 'a=ä', '=1', 'a=1;b c']) {
      expect(parseBaggage(text), text).toBeUndefined()
    }
  })

  test('64 members are read and 65 are refused', () => {
    const of = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=v`).join(',')
    expect(parseBaggage(of(baggageLimits.membersMax))?.size).toBe(64)
    expect(parseBaggage(of(baggageLimits.membersMax + 1))).toBeUndefined()
  })

  test('8192 bytes are read and one more is refused', () => {
    const { bytesMax } = baggageLimits
    expect(parseBaggage(`a=${'v'.repeat(bytesMax - 2)}`)?.size).toBe(1)
    expect(parseBaggage(`a=${'v'.repeat(bytesMax - 1)}`)).toBeUndefined()
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { childSpan, newTrace, parseTraceparent, printTraceparent, type Trace } from './trace.ts'
import { isTraceStateMember, parseTraceState, printTraceState, traceStateLimits } from './trace-state.ts'

const hex = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((digits) => !/^0+$/.test(digits))
const member = fc.tuple(
  fc.oneof(fc.stringMatching(/^[a-z][a-z0-9_\-*/]{0,20}$/), fc.stringMatching(/^[a-z0-9]{1,9}@[a-z][a-z0-9]{0,13}$/)),
  fc.stringMatching(/^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,20}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/),
)
const state = fc.uniqueArray(member, { maxLength: 10, selector: ([key]) => key })
const trace: fc.Arbitrary<Trace> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  sampled: fc.boolean(),
  random: fc.boolean(),
  state,
})
const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('traceparent', () => {
  test('what is printed is read back', () => {
    fc.assert(
      fc.property(trace, (one) => {
        const { traceparent, tracestate } = printTraceparent(one)
        expect(parseTraceparent(traceparent, tracestate)).toEqual(one)
      }),
    )
  })

  test('any text is read or refused, and what is read is printed in the form of version 00', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}.{0,3}$/)),
        (text) => {
          const read = parseTraceparent(text)
          if (read !== undefined)
            expect(printTraceparent(read).traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/)
        },
      ),
    )
  })

  test('the example of the recommendation', () => {
    expect(parseTraceparent(valid, 'congo=t61rcWkgMzE, rojo=00f067aa0ba902b7')).toEqual({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      sampled: true,
      random: false,
      state: [
        ['congo', 't61rcWkgMzE'],
        ['rojo', '00f067aa0ba902b7'],
      ],
    })
  })

  for (const [what, text] of [
    ['capital letters', valid.toUpperCase()],
    ['a trace of zeros', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['a span of zeros', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
    ['version ff', valid.replace('00-', 'ff-')],
    ['version 00 with something behind', `${valid}-more`],
    ['a later version with something behind that no dash parts', `${valid.replace('00-', '01-')}more`],
    ['a part that is too short', valid.slice(0, -1)],
    ['white space', ` ${valid}`],
    ['nothing', ''],
  ] as const) {
    test(`${what} is refused`, () => expect(parseTraceparent(text)).toBeUndefined())
  }

  test('a later version is read as far as it is known, and unknown flags are not passed on', () => {
    const read = parseTraceparent(`${valid.replace('00-', 'cc-').replace(/01$/, 'fd')}-more`)
    expect(read && printTraceparent(read).traceparent).toBe(valid)
  })

  test('spans of a trace are all different and know who caused them', () => {
    const random = seededRandom(3)
    const first = newTrace(random)
    const spans = [first]
    for (let i = 0; i < 100; i++) spans.push(childSpan(spans.at(-1) as Trace, random))
    expect(new Set(spans.map((one) => one.spanId)).size).toBe(101)
    for (let i = 1; i < spans.length; i++) {
      expect(spans[i]).toMatchObject({ traceId: first.traceId, parentSpanId: spans[i - 1]?.spanId })
    }
  })
})

describe('tracestate', () => {
  test('what is printed within its limits is read back', () => {
    fc.assert(
      fc.property(state, (members) => {
        expect(parseTraceState(printTraceState(members))).toEqual(members)
      }),
    )
  })

  test('any text is read or refused, and what is read is valid', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect((parseTraceState(text) ?? []).every(isTraceStateMember)).toBe(true)
      }),
    )
  })

  test('32 members are read, 33 are refused; empty ones do not count', () => {
    const of = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=v`).join(', ,')
    expect(parseTraceState(of(traceStateLimits.membersMax))).toHaveLength(32)
    expect(parseTraceState(of(traceStateLimits.membersMax + 1))).toBeUndefined()
  })

  test('a key that comes twice, a value with an equals sign or none are refused as a whole', () => {
    for (const text of ['a=1,a=2', 'a=1,b=2=3', 'a=1,b', 'A=1', 'a=', '1a=1', 'a=\u00e4'])
      expect(parseTraceState(text)).toBeUndefined()
    expect(parseTraceState('1a@b=1,a =1')).toBeUndefined()
    expect(parseTraceState('1a@b= 1\t,\ta=1')).toEqual([
      ['1a@b', ' 1'],
      ['a', '1'],
    ])
  })

  test('512 characters are printed; above, long entries are dropped first, then the oldest', () => {
    const entry = (key: string, length: number): readonly [string, string] => [key, 'v'.repeat(length - key.length - 1)]
    const exact = [entry('a', 255), entry('b', 256)]
    expect(printTraceState(exact)).toHaveLength(512)
    expect(printTraceState([entry('a', 255), entry('b', 100), entry('c', 156)])).toBe(
      printTraceState([entry('a', 255), entry('b', 100)]),
    )
    const short = Array.from({ length: 10 }, (_, i) => entry(`k${i}`, 60))
    expect(parseTraceState(printTraceState(short))?.map(([key]) => key)).toEqual(short.slice(0, 8).map(([key]) => key))
  })
})

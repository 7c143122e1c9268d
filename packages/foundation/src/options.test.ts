import { describe, expect, test } from 'vitest'
import { checkOptions, definedOptions, nearest, rule, show, unknownName } from './options.ts'

describe('checkOptions', () => {
  const rules = {
    openMs: rule.number(1),
    workers: rule.optional(rule.int(1, 64)),
    mode: rule.optional(rule.oneOf(['fast', 'safe'])),
    name: rule.optional(rule.string()),
    verbose: rule.optional(rule.boolean()),
    run: rule.optional(rule.fn()),
    more: rule.optional(rule.object()),
    list: rule.optional(rule.array()),
    other: rule.optional(rule.any()),
  }
  const check = (given: object) => () => checkOptions('open', given, rules)

  test('names the key, what was expected and what was got', () => {
    expect(check({ openMs: 0 })).toThrow('open: openMs: expected a number from 1 to Infinity, got 0')
    expect(check({})).toThrow('open: openMs: expected a number from 1 to Infinity, got nothing')
    expect(check({ openMs: Number.NaN })).toThrow('got NaN')
    expect(check({ openMs: 1, workers: 65 })).toThrow('workers: expected an integer from 1 to 64, got 65')
    expect(check({ openMs: 1, workers: 1.5 })).toThrow('got 1.5')
    expect(check({ openMs: 1, mode: 'quick' })).toThrow('mode: expected one of fast, safe, got "quick"')
    expect(check({ openMs: 1, name: '' })).toThrow('name: expected a non-empty string, got ""')
    expect(check({ openMs: 1, verbose: 'yes' })).toThrow('verbose: expected true or false, got "yes"')
    expect(check({ openMs: 1, run: 1 })).toThrow('run: expected a function, got 1')
    expect(check({ openMs: 1, more: null })).toThrow('more: expected an object, got null')
    expect(check({ openMs: 1, list: {} })).toThrow('list: expected an array, got {}')
  })

  test('what is no object of options is refused as such', () => {
    expect(check('jobs.log' as never)).toThrow('open: options: expected an object, got "jobs.log"')
    expect(check(null as never)).toThrow('open: options: expected an object, got null')
    expect(check([])).toThrow('open: options: expected an object, got []')
    expect(check(() => 1)).toThrow('open: options: expected an object, got a function')
  })

  test('what is at its limit passes', () => {
    check({ openMs: 1, workers: 64, mode: 'safe', name: 'x', verbose: false, run() {}, more: {}, list: [], other: 0 })()
  })

  test('an unknown key is refused, with the nearest known one', () => {
    expect(check({ openMs: 1, wrokers: 2 })).toThrow('open: unknown option "wrokers"; did you mean "workers"?')
    expect(check({ openMs: 1, toString: 2 })).toThrow('unknown option "toString"')
  })
})

describe('unknownName', () => {
  test('lists what there is when nothing is near', () => {
    expect(unknownName('run', 'command', 'xyz', ['optimize', 'eval']).message).toBe(
      'run: unknown command "xyz"; expected one of optimize, eval',
    )
  })
})

describe('rules', () => {
  test('a record is no list, a text may be empty, a signal is one', () => {
    const check = (given: object) => () =>
      checkOptions('x', given, {
        record: rule.optional(rule.record()),
        text: rule.optional(rule.text()),
        signal: rule.optional(rule.signal()),
      })
    check({ record: {}, text: '', signal: new AbortController().signal })()
    expect(check({ record: [] })).toThrow('x: record: expected an object, got []')
    expect(check({ text: 1 })).toThrow('x: text: expected text, got 1')
    expect(check({ signal: {} })).toThrow('x: signal: expected an AbortSignal, got {}')
  })
})

describe('nearest', () => {
  test('finds swaps, missing and changed letters, and nothing far away', () => {
    const known = ['budget', 'workers', 'seed']
    expect(['budegt', 'budgt', 'worker', 'Seed', 'sed'].map((name) => nearest(name, known))).toEqual([
      'budget',
      'budget',
      'workers',
      'seed',
      'seed',
    ])
    expect(nearest('temperature', known)).toBeUndefined()
  })

  test('a name of megabytes, or ten thousand known ones, make a short sentence', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `option-${i}`)
    const { message, data } = unknownName('open', 'option', 'x'.repeat(10_000_000), many)
    expect(message.length).toBeLessThan(2_000)
    expect(message).toContain('or 9900 more')
    expect(data.known).toHaveLength(100)
    expect(show('y'.repeat(10_000_000))).toHaveLength(120)
  })
})

describe('show', () => {
  test('any value is one short line', () => {
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    const textless = Object.assign(Object.create(null), { at: 1n })
    expect(show(textless)).toBe('an object that has no text')
    expect([undefined, () => 1, 'a"b', { a: [1] }, 5n, cyclic, Number.NaN].map(show)).toEqual([
      'nothing',
      'a function',
      '"a\\"b"',
      '{"a":[1]}',
      '5',
      '[object Object]',
      'NaN',
    ])
    expect(show('x'.repeat(500))).toHaveLength(120)
  })
})

test('what is undefined takes the place of no default', () => {
  const defaults = { timeoutMs: 500, retries: 2 }
  const options: { timeoutMs?: number | undefined; retries?: number } = { timeoutMs: undefined, retries: 0 }
  expect({ ...defaults, ...definedOptions(options) }).toEqual({ timeoutMs: 500, retries: 0 })
})

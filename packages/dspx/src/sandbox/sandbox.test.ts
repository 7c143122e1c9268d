import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { eventually, settled, virtualClock } from '@mabeam/foundation/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { openSandbox, runSandboxed } from './sandbox.ts'
import { codeCharsMax } from './sandbox-limits.ts'
import type { SandboxOutcome } from './sandbox-outcome.ts'

const endless: { self?: unknown } = {}
endless.self = endless

const sandbox = openSandbox({
  seed: 7,
  clock: virtualClock({ startMs: Date.parse('2026-01-02T03:04:05Z') }),
  limits: { memoryBytes: 32 * 1024 * 1024, valueCharsMax: 1_000, printedCharsMax: 20, hostCallsMax: 3 },
  hosts: {
    add: ([a, b]) => Number(a) + Number(b),
    echo: async ([value]) => value,
    nothing: () => undefined,
    broken: () => {
      throw new Error('no luck')
    },
    odd: () => Promise.reject('text'),
    loop: () => endless,
    deep: () => JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`),
    large: () => 'x'.repeat(1_001),
    mixed: () => ({
      when: new Date(0),
      big: 12n,
      gone: undefined,
      list: [undefined, Number.NaN],
      map: new Map([['a', 1]]),
    }),
  },
})
afterAll(() => sandbox[Symbol.asyncDispose]())

const given = (outcome: SandboxOutcome) => (outcome.type === 'value' ? outcome.value : outcome)

describe('what code gives', () => {
  test.each([
    ['its last expression', '1 + 1', 2],
    ['what it returns', 'if (true) { return { a: [1] } }\n// a comment', { a: [1] }],
    ['what its last promise gives', 'async function main() { return await add(1, 2) }\nmain()', 3],
    ['a promise of a promise', 'Promise.resolve(Promise.resolve(4))', 4],
    ['nothing', 'undefined', undefined],
    ['a function, which is nothing', '(() => 1)', undefined],
    ['lists and objects of every kind', 'new Map([["a", new Set([1n, 2n ** 70n])]])', { a: [1, String(2n ** 70n)] }],
    ['numbers that are none', '[NaN, 1 / 0, -0]', [null, null, 0]],
    ['an error as data', 'new TypeError("no")', { name: 'TypeError', message: 'no' }],
    ['calls at once', 'await Promise.all([add(1, 1), add(2, 2), echo({ a: "b" })])', [2, 4, { a: 'b' }]],
    ['nothing of a function', 'await nothing()', undefined],
    [
      'what a host function made of its own values',
      'await mixed()',
      { when: '1970-01-01T00:00:00.000Z', big: 12, list: [null, null], map: { a: 1 } },
    ],
    [
      'the time of the clock, always the same',
      '[new Date().toISOString(), Date.now() === new Date().constructor.now(), new Date(0).getTime(), Date.UTC(1970)]',
      ['2026-01-02T03:04:05.000Z', true, 0, 0],
    ],
    ['errors it catches', 'try { await broken() } catch (error) { error.message }', 'broken: no luck'],
    ['what a host function rejects with', 'try { await odd() } catch (error) { error.message }', 'odd: text'],
    [
      'why a circular result did not come',
      'try { await loop() } catch (error) { error.message }',
      'loop: its result cannot be passed on: it is circular',
    ],
    [
      'why a deep result did not come',
      'try { await deep() } catch (error) { error.message }',
      'deep: its result cannot be passed on: it is nested deeper than 100',
    ],
    [
      'why a large result did not come',
      'try { await large() } catch (error) { error.message }',
      'large: its result has 1003 characters of JSON; at most 1000 are passed on',
    ],
    ['a value of as many characters as may leave', '"x".repeat(998)', 'x'.repeat(998)],
    ["a hole where a rejection is nobody's", 'Promise.reject(new Error("unseen")); 5', 5],
  ])('%s', async (_, code, expected) => {
    expect(given(await sandbox.run(code))).toEqual(expected)
  })

  test.each([
    ['throw new Error("no")', 'threw', 'Error: no'],
    ['throw null', 'threw', 'null'],
    ['Promise.reject(new RangeError("far"))', 'threw', 'RangeError: far'],
    ['this is no code', 'syntax', /SyntaxError/],
    ['const self = {}; self.self = self; self', 'value', /circular/],
    ['; ({ get a() { throw new Error("gotten") } })', 'value', /gotten/],
    ['"x".repeat(999)', 'value', 'the value has 1001 characters of JSON; at most 1000 may leave the sandbox'],
    ['let deep = []; for (let i = 0; i < 101; i++) deep = [deep]; deep', 'value', /deeper than 100/],
    ['await new Promise(() => {})', 'never-settles', /nothing will settle/],
    ['add("x".repeat(1_000))', 'threw', /arguments: at most 1000 characters/],
    ['for (let i = 0; i < 4; i++) await add(1, i)', 'threw', /at most 3 calls/],
    ['new Promise((_, no) => no(new Error("later")))', 'threw', 'Error: later'],
  ])('%s ends with %s', async (code, reason, message) => {
    expect(await sandbox.run(`{ ${code} }`)).toMatchObject({
      type: 'failed',
      reason,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      isStateLost: false,
    })
  })

  test('what is printed is kept up to the limit, and the rest is counted', async () => {
    expect(await sandbox.run('print("a", { b: [1] }); console.log(1n)')).toMatchObject({
      printed: 'a {"b":[1]}\n1\n',
      printedOmitted: 0,
    })
    expect(await sandbox.run('console.error("x".repeat(19))')).toMatchObject({
      printed: `${'x'.repeat(19)}\n`,
      printedOmitted: 0,
    })
    expect(await sandbox.run('print("x".repeat(30)); print("y")')).toMatchObject({
      printed: 'x'.repeat(20),
      printedOmitted: 13,
    })
    expect(await sandbox.run('print("before"); throw new Error("after")')).toMatchObject({
      type: 'failed',
      printed: 'before\n',
    })
  })

  test('what one piece of code leaves the next one finds', async () => {
    await sandbox.run('var kept = [1]; let also = 2')
    expect(given(await sandbox.run('kept.push(also); kept'))).toEqual([1, 2])
  })

  test('random numbers come from the seed', async () => {
    const draw = async (seed: number) => given(await runSandboxed('[Math.random(), Math.random()]', { seed }))
    const [first, again, other] = await Promise.all([draw(3), draw(3), draw(4)])
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    expect((first as number[]).every((one) => one >= 0 && one < 1)).toBe(true)
  })
})

describe('escapes', () => {
  const outside = [
    'process',
    'require',
    'fetch',
    'setTimeout',
    'Worker',
    'module',
    'performance',
    'Buffer',
    'WebAssembly',
    'std',
    'os',
  ]
  test.each([
    ['the global object', 'globalThis'],
    ['the constructor of a constructor', 'globalThis.constructor.constructor("return globalThis")()'],
    ['the constructor of a host function', 'add.constructor("return globalThis")()'],
    ['the constructor of what a host function gave', '(await echo([])).constructor.constructor("return globalThis")()'],
    ['the constructor of an asynchronous function', 'await (async () => {}).constructor("return globalThis")()'],
    ['the constructor of a generator', '[...(function* () {}).constructor("yield globalThis")()][0]'],
    ['evaluated code', '(0, eval)("globalThis")'],
    [
      'an error of the border',
      'await (async () => { try { await broken() } catch (error) { return error.constructor.constructor("return globalThis")() } })()',
    ],
    ['a proxy', 'new Proxy(globalThis, {})'],
  ])('%s leads to nothing of the process', async (_, global) => {
    const code = `const found = (${global}); return ${JSON.stringify(outside)}.filter((name) => typeof found[name] !== 'undefined')`
    expect(given(await sandbox.run(code))).toEqual([])
  })

  test.each(['import("node:fs")', 'import("data:text/javascript,1")'])('%s gives no module', async (code) => {
    expect(await sandbox.run(`await ${code}`)).toMatchObject({ type: 'failed', reason: 'threw' })
  })

  test('JSON with __proto__ changes no prototype, neither by a value nor by an argument', async () => {
    const json =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":{"polluted":1}},"b":1}'
    const got = given(await sandbox.run(`JSON.parse('${json}')`)) as object
    expect(got).toEqual({ a: {}, b: 1 })
    expect(Object.getOwnPropertyNames(got)).toEqual(['a', 'b'])
    const seen: unknown[] = []
    await runSandboxed(`await take(JSON.parse('${json}'))`, { hosts: { take: (values) => void seen.push(...values) } })
    expect(seen).toEqual([{ a: {}, b: 1 }])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })

  test('what code replaces does not change what crosses the border', async () => {
    const code = `
      const no = () => { throw new Error('replaced') }
      JSON.stringify = JSON.parse = Promise.prototype.then = Array.prototype.join = Array.from = Object.fromEntries = no
      Reflect.apply = Reflect.construct = Math.random = no
      try { add = no } catch {}
      try { globalThis.add = no } catch {}
      try { delete globalThis.add } catch {}
      print(1)
      return [await add(1, 2), [await echo({ a: 1 })]]`
    expect(
      await runSandboxed(code, { hosts: { add: ([a, b]) => Number(a) + Number(b), echo: ([a]) => a } }),
    ).toMatchObject({
      value: [3, [{ a: 1 }]],
      printed: '1\n',
    })
  })

  test('only functions that were named are there', async () => {
    expect(given(await sandbox.run('[typeof add, typeof send, typeof hasOwnProperty.call, typeof __proto__]'))).toEqual(
      ['function', 'undefined', 'function', 'object'],
    )
  })
})

describe('limits', () => {
  const small = openSandbox({ limits: { memoryBytes: 20 * 1024 * 1024, timeoutMs: 20_000 } })
  afterAll(() => small[Symbol.asyncDispose]())

  /** Runs code until its time is over; `begin` tells that it computes. */
  async function untilOver(code: string, graceMs = 0) {
    const clock = virtualClock()
    const begun = Promise.withResolvers<void>()
    const hosts = { begin: () => begun.resolve(), never: () => new Promise(() => {}) }
    const own = openSandbox({ clock, limits: { timeoutMs: 100 }, hosts })
    expect(given(await own.run('globalThis.kept = { list: [41] }; const named = 1; 0'))).toBe(0)
    const running = own.run(`print("begun"); begin(); ${code}`)
    await begun.promise // the event loop of this thread turns while the code computes
    await clock.advance(99)
    expect(clock.pendingTimers).toBeGreaterThan(0) // that of the run; a call that nobody answers may have one too
    await clock.advance(1)
    if (graceMs > 0) {
      await clock.advance(graceMs - 1)
      expect(clock.pendingTimers).toBe(1)
      await clock.advance(1)
    }
    const outcome = await running
    expect(clock.pendingTimers).toBe(0)
    return { outcome, own }
  }

  test.each([
    ['an endless loop', 'for (;;) {}'],
    ['an endless loop in a function that waits', 'const go = async () => { await 0; for (;;) {} }; await go()'],
    ['an endless chain of promises', 'for (;;) await 0'],
    [
      'many endless chains of promises',
      'const go = async () => { for (;;) await 0 }; await Promise.all([go(), go(), go()])',
    ],
    [
      'chains that begin chains',
      'const go = () => Promise.resolve().then(go); go(); go(); await new Promise(() => {})',
    ],
    ['a loop that catches all', 'for (;;) { try { for (;;) {} } catch {} }'],
    ['an endless loop in a getter of its value', '({ get a() { for (;;) {} } })'],
    ['an endless loop in what makes JSON of its value', '({ toJSON() { for (;;) {} } })'],
    ['an expression that tries all ways', '/^(a+)+$/.test("a".repeat(60) + "b")'],
    ['an endless loop beside a call that nobody answers', 'never().then(() => { kept = 0 }); for (;;) {}'],
  ])('%s ends when the time is over, and what the sandbox holds stays', async (_, code) => {
    const { outcome, own } = await untilOver(code)
    await using _own = own
    expect(outcome).toMatchObject({ type: 'failed', reason: 'time', isStateLost: false, printed: 'begun\n' })
    expect(given(await own.run('kept.list.push(named); kept.list'))).toEqual([41, 1])
    expect(given(await own.run('await new Promise((done) => done(kept.list.length))'))).toBe(2)
    expect(await own.run('await new Promise(() => {})')).toMatchObject({ reason: 'never-settles' })
  })

  test.each([
    ['that nothing interrupts', 'String(3n ** 2000000n).length; 3n ** 20000000n', 1_000],
    [
      'that left more than can be stopped',
      'const go = () => Promise.resolve().then(go); for (let i = 0; i < 2_000; i++) go(); await new Promise(() => {})',
      0,
    ],
  ])('code %s takes what the sandbox holds with it, and that is said', async (_, code, graceMs) => {
    const { outcome, own } = await untilOver(code, graceMs)
    await using _own = own
    expect(outcome).toMatchObject({ type: 'failed', reason: 'time', isStateLost: true })
    expect(given(await own.run('typeof kept'))).toBe('undefined')
  })

  test('calls that nobody answered belong to their run alone', async () => {
    await using own = openSandbox({ hosts: { never: () => new Promise(() => {}) } })
    expect(given(await own.run('never(); 5'))).toBe(5)
    expect(await own.run('await new Promise(() => {})')).toMatchObject({ reason: 'never-settles' })
  })

  test('nothing goes on when a run has ended: neither an answer on its way nor what its value left to do', async () => {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const calls: string[] = []
    await using own = openSandbox({
      hosts: {
        late: () => late,
        // answered so soon after that both answers are on their way before the thread tells of the end
        soon: async () =>
          queueMicrotask(async () => {
            for (let turn = 0; turn < 50; turn++) await null
            resolve()
          }),
        count: () => void calls.push('made'),
      },
    })
    const left = 'late().then(() => { globalThis.lateRan = true; count() }); await soon(); "done"'
    expect(given(await own.run(left))).toBe('done')
    expect(given(await own.run('typeof lateRan'))).toBe('undefined')
    expect(calls).toEqual([])
    await own.run('({ get a() { Promise.resolve().then(() => { globalThis.jobRan = true }); return 1 } })')
    expect(given(await own.run('typeof jobRan'))).toBe('boolean')
    const endless = 'globalThis.kept = 1; ({ get a() { Promise.resolve().then(() => { for (;;) {} }); return 1 } })'
    await using short = openSandbox({ limits: { timeoutMs: 50 } })
    expect(given(await short.run(endless))).toEqual({ a: 1 })
    expect(given(await short.run('kept'))).toBe(1)
  })

  test('the time that code waits for a host function is not its own', async () => {
    const clock = virtualClock()
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<number>()
    const slow = () => {
      asked.resolve()
      return answer.promise
    }
    const limits = { timeoutMs: 100, hostTimeoutMs: 10_000 }
    const running = runSandboxed('(await slow()) + 1', { clock, hosts: { slow }, limits })
    await asked.promise
    await eventually(() => clock.pendingTimers === 1, 1_000_000)
    await clock.advance(5_000)
    answer.resolve(1)
    expect(await running).toMatchObject({ type: 'value', value: 2 })
  })

  test('a host function that hangs is given up, and its signal says so', async () => {
    const clock = virtualClock()
    const asked = Promise.withResolvers<AbortSignal>()
    const hang = (_: unknown, { signal }: { signal: AbortSignal }) => {
      asked.resolve(signal)
      return new Promise(() => {})
    }
    const running = runSandboxed('await hang()', { clock, hosts: { hang }, limits: { hostTimeoutMs: 50 } })
    const signal = await asked.promise
    await eventually(() => clock.pendingTimers === 1, 1_000_000)
    await clock.advance(49)
    expect(signal.aborted).toBe(false)
    await clock.advance(1)
    const message = 'Error: hang: no answer within 50 ms'
    expect(await running).toMatchObject({ type: 'failed', reason: 'threw', message })
    expect(signal.aborted).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  test('no more host functions than allowed are at work at once', async () => {
    const both = Promise.withResolvers<void>()
    let running = 0
    let most = 0
    const hosts = {
      work: async () => {
        most = Math.max(most, ++running)
        if (running === 2) both.resolve()
        await both.promise
        await settled()
        running -= 1
      },
    }
    await runSandboxed('await Promise.all(Array.from({ length: 8 }, () => work()))', {
      hosts,
      limits: { hostCallsAtOnce: 2 },
    })
    expect(most).toBe(2)
  })

  test.each([
    ['a list without end', 'const all = []; for (;;) all.push(new Array(10_000).fill(1))', ['memory']],
    ['a string without end', 'const all = []; for (;;) all.push("x".repeat(1_000_000) + all.length)', ['memory']],
    ['a giant list', 'new Array(1e8).fill(0)', ['memory', 'threw']],
    ['a giant string', '"x".repeat(2 ** 29)', ['memory']],
    ['a giant buffer', 'new Uint8Array(2e9)', ['memory', 'threw']],
    ['a string that doubles', 'let text = "x"; for (;;) text += text', ['memory', 'threw']],
    ['recursion without end', '(function again() { again() })()', ['threw']],
    [
      'a value too deep to be read',
      'let deep = []; for (let i = 0; i < 1e4; i++) deep = [deep]; deep',
      ['value', 'broken', 'memory'],
    ],
    ['text too deep to be read', 'JSON.parse("[".repeat(1e6))', ['threw', 'broken']],
    ['an expression too deep to be read', 'eval("(".repeat(1e5))', ['threw', 'broken', 'syntax']],
  ])('%s is an outcome, and the next run goes on', async (_, code, reasons) => {
    const outcome = await small.run(`{ ${code} }`)
    expect(outcome.type === 'failed' ? reasons : outcome).toContain(outcome.type === 'failed' && outcome.reason)
    expect(given(await small.run('1 + 1'))).toBe(2)
  })

  test('large values count in full: no more of them fit than the memory has room for', async () => {
    const code = '{ const all = []; try { for (;;) all.push("x".repeat(1_000_000) + all.length) } catch {} all.length }'
    const outcome = await small.run(code)
    expect(outcome).toMatchObject({ type: 'value' })
    expect(given(outcome)).toBeLessThan(20)
  })

  test('memory is there up to the limit, and one page more is an end of its own kind', async () => {
    const largest = `
      let fits = 0, step = 2 ** 26
      for (; step >= 65_536; step /= 2) { try { new Uint8Array(fits + step).length; fits += step } catch {} }
      return fits`
    const room = async (memoryBytes: number) => Number(given(await runSandboxed(largest, { limits: { memoryBytes } })))
    const [less, more] = [await room(24 * 1024 * 1024), await room(32 * 1024 * 1024)]
    expect(less).toBeGreaterThan(4 * 1024 * 1024)
    expect(less).toBeLessThan(24 * 1024 * 1024)
    expect(Math.abs(more - less - 8 * 1024 * 1024)).toBeLessThanOrEqual(2 * 65_536)
    await using own = openSandbox({ limits: { memoryBytes: 24 * 1024 * 1024 } })
    await own.run('var kept = 1')
    expect(given(await own.run(`new Uint8Array(${less}).length + kept`))).toBe(less + 1)
    expect(await own.run(`new Uint8Array(${less + 2 * 65_536})`)).toMatchObject({ reason: 'memory', isStateLost: true })
    expect(given(await own.run('typeof kept'))).toBe('undefined')
  })

  test('code of as many characters as may be is run, and of one more is refused', async () => {
    const padded = (chars: number) => `1${' '.repeat(chars - 1)}`
    expect(given(await sandbox.run(padded(codeCharsMax)))).toBe(1)
    await expect(sandbox.run(padded(codeCharsMax + 1))).rejects.toMatchObject({ code: 'dspx/invalid-code' })
    await expect(sandbox.run(3 as never)).rejects.toMatchObject({ code: 'dspx/invalid-code' })
  })
})

describe('life', () => {
  test('an abort ends a run at once, with its reason', async () => {
    await using own = openSandbox()
    const stop = new AbortController()
    const running = own.run('for (;;) {}', { signal: stop.signal })
    const outcome = expect(running).rejects.toThrow('enough')
    await settled()
    stop.abort(new Error('enough'))
    await outcome
    await expect(own.run('1', { signal: stop.signal })).rejects.toThrow('enough')
    expect(given(await own.run('1'))).toBe(1)
  })

  test('a thousand that are opened and closed, some at work, leave no thread, timer or listener behind', async () => {
    const held = () => process.getActiveResourcesInfo().filter((one) => /Worker|MessagePort|Timeout/.test(one)).length
    const before = held()
    const clock = virtualClock()
    const { signal } = new AbortController()
    for (let i = 0; i < 1_000; i++) {
      const own = openSandbox({ clock, hosts: { never: () => new Promise(() => {}) } })
      const codes = i % 50 === 0 ? ['1', 'await never()', 'for (;;) {}'] : []
      for (const code of codes.slice(0, 1 + ((i / 50) % 3))) {
        if (code === '1') expect(given(await own.run(code, { signal }))).toBe(1)
        else own.run(code, { signal }).catch(() => {})
      }
      await own[Symbol.asyncDispose]()
    }
    expect(clock.pendingTimers).toBe(0)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(held()).toBeLessThanOrEqual(before)
  })

  test('one run at a time, none after it was closed, and closing twice is as good as once', async () => {
    const own = openSandbox()
    const first = own.run('1')
    await expect(own.run('2')).rejects.toMatchObject({ code: 'dspx/sandbox-busy' })
    expect(given(await first)).toBe(1)
    const running = expect(own.run('for (;;) {}')).rejects.toMatchObject({ code: 'dspx/sandbox-closed' })
    await own[Symbol.asyncDispose]()
    await own[Symbol.asyncDispose]()
    await running
    await expect(own.run('3')).rejects.toMatchObject({ code: 'dspx/sandbox-closed' })
  })

  test('host functions run in the async context of their run', async () => {
    const context = new AsyncLocalStorage<string>()
    await using own = openSandbox({ hosts: { who: () => context.getStore() } })
    for (const name of ['a', 'b']) {
      expect(given(await context.run(name, () => own.run('await who()')))).toBe(name)
    }
  })

  test.each([
    [{ limits: { timeoutMs: 0 } }, 'foundation/invalid-option'],
    [{ limits: { memoryBytes: Number.NaN } }, 'foundation/invalid-option'],
    [{ limits: { timeout: 3 } }, 'foundation/unknown-name'],
    [{ hosts: { 'no name': () => 1 } }, 'foundation/invalid-option'],
    [{ hosts: { add: 3 } }, 'foundation/invalid-option'],
    [{ host: {} }, 'foundation/unknown-name'],
  ])('options %j are refused', (options, code) => {
    expect(() => openSandbox(options as never)).toThrow(expect.objectContaining({ code }))
  })

  test('a name that the language keeps for itself is a sandbox that does not start', async () => {
    await expect(runSandboxed('1', { hosts: { undefined: () => 1 } })).rejects.toMatchObject({
      code: 'dspx/sandbox-failed',
    })
  })
})

import { describe, expect, test } from 'vitest'
import { createCodec } from '../codec/codec.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { cellNodes } from '../testing/cell-nodes.fixture.ts'
import { collectTelemetry, settled, testPort, virtualClock } from '../testing/index.ts'
import { openCells } from './cells.ts'

const { opened, nodes, pair } = cellNodes()

describe('eventual cells', () => {
  test('are read and written at once here, and a tick later elsewhere', async () => {
    const { clock, a, b } = await pair()
    const [here, there] = [a.register<string>('greeting'), b.register<string>('greeting')]
    here.set('hello')
    expect(here.value()).toBe('hello')
    await clock.advance(9)
    expect(there.value()).toBeUndefined()
    await clock.advance(1)
    expect(there.value()).toBe('hello')
  })

  test('a register keeps the last write, also when the time of day is the same', async () => {
    const { clock, a, b } = await pair()
    const [here, there] = [a.register<number>('r'), b.register<number>('r')]
    here.set(1)
    await clock.advance(20)
    there.set(2)
    there.set(3)
    await clock.advance(20)
    expect([here.value(), there.value()]).toEqual([3, 3])
  })

  test('a multi-value register keeps what was written concurrently, until somebody replaces it', async () => {
    const { clock, a, b } = await pair()
    const [here, there] = [a.multiRegister<string>('m'), b.multiRegister<string>('m')]
    here.set('x')
    there.set('y')
    await clock.advance(20)
    expect(here.value()).toEqual(['x', 'y'])
    expect(there.value()).toEqual(['x', 'y'])
    there.set('both')
    await clock.advance(20)
    expect(here.value()).toEqual(['both'])
  })

  test('a register with a function has what it makes of concurrent writes', async () => {
    const { clock, a, b } = await pair()
    const [here, there] = [a, b].map((one) => one.register<number>('high', { policy: Math.max }))
    here?.set(7)
    there?.set(9)
    await clock.advance(20)
    expect([here?.value(), there?.value()]).toEqual([9, 9])
  })

  test('a counter adds up what each node counted', async () => {
    const { clock, a, b } = await pair()
    const [here, there] = [a.counter('c'), b.counter('c')]
    for (let i = 0; i < 100; i++) here.add()
    there.add(-30)
    await clock.advance(20)
    expect([here.value(), there.value()]).toEqual([70, 70])
  })

  test('in a set an addition wins over a removal that did not know of it', async () => {
    const { clock, a, b } = await pair()
    const [here, there] = [a.set<string>('s'), b.set<string>('s')]
    here.add('x')
    here.add('y')
    await clock.advance(20)
    here.delete('x')
    there.add('x')
    there.delete('y')
    await clock.advance(20)
    expect([...here.value()]).toEqual(['x'])
    expect([there.has('x'), there.has('y')]).toEqual([true, false])
    there.clear()
    await clock.advance(20)
    expect(here.value().size).toBe(0)
  })

  test('a number and its text are two elements of a set', async () => {
    const { a } = await pair()
    const set = a.set<string | number>('s')
    set.add(1)
    expect([set.has(1), set.has('1')]).toEqual([true, false])
    expect(() => set.add({} as never)).toThrow('set: element: expected a string or a number, got {}')
  })

  test('a map keeps the last write of each key, and one concurrent with its removal', async () => {
    const { clock, a, b } = await pair()
    const [here, there] = [a.map<number>('m'), b.map<number>('m')]
    here.set('k', 1)
    here.set('gone', 1)
    await clock.advance(20)
    here.delete('k')
    here.delete('gone')
    there.set('k', 2)
    await clock.advance(20)
    expect([...here.value()]).toEqual([['k', 2]])
    expect(there.get('k')).toBe(2)
    here.clear()
    await clock.advance(20)
    expect(there.value().size).toBe(0)
  })

  test('a node that opens a cell later gets what there is at once', async () => {
    const { clock, a, b } = await pair()
    const here = a.set<number>('s')
    for (let i = 0; i < 50; i++) here.add(i)
    await clock.advance(100)
    const there = b.set<number>('s')
    await clock.advance(20)
    expect(there.value().size).toBe(50)
  })

  test('a state that is larger than a message is sent in parts', async () => {
    const { clock, a, b } = await pair()
    const here = a.map<string>('m')
    for (let i = 0; i < 60; i++) here.set(`k${i}`, 'x'.repeat(40_000))
    here.delete('k0')
    await clock.advance(100)
    const there = b.map<string>('m')
    await clock.advance(100)
    expect(there.value().size).toBe(59)
  })

  test('a node that starts again counts under another name, so that nothing it counted before is lost', async () => {
    const clock = virtualClock()
    const engine = memoryEngine({ clock })
    const keeper = await openCells(testPort({ engine, clock, name: 'n1' }))
    const port = testPort({ engine, clock, name: 'n2' })
    const before = await openCells(port)
    opened.push(keeper)
    before.counter('c').add(5)
    const kept = keeper.counter('c')
    await before[Symbol.asyncDispose]()
    await settled()
    const after = await openCells(port)
    opened.push(after)
    after.counter('c').add(3)
    await clock.advance(100)
    expect([kept.value(), after.counter('c').value()]).toEqual([8, 8])
  })

  test('what was written is a copy, so the writer may go on with its own', async () => {
    const { a } = await pair()
    const value = { list: [1] }
    const cell = a.register<typeof value>('r')
    cell.set(value)
    value.list.push(2)
    expect(cell.value()).toEqual({ list: [1] })
  })

  test('two kinds under one name: refused on one node, and between nodes neither hurts the other', async () => {
    const { clock, a, b, telemetry } = await pair()
    const counter = a.counter('x')
    expect(() => a.set('x')).toThrow('cell x: expected what it was opened as (counter), got set')
    expect(() => a.register('r', { policy: Math.max }) && a.register('r', { policy: Math.min })).toThrow(
      'with another function',
    )
    b.set<string>('x').add('element')
    counter.add(1)
    await clock.advance(5_000)
    expect([counter.value(), [...b.set<string>('x').value()]]).toEqual([1, ['element']])
    expect(telemetry.named('foundation.cell-refused')[0]?.metadata).toMatchObject({ cell: 'x', reason: 'kind' })
  })

  test('a clock that is too far ahead is not followed, and what it wrote comes in when time has caught up', async () => {
    const [clock, ahead] = [virtualClock(), virtualClock({ startMs: 1_750_000_000_000 + 120_000 })]
    const engine = memoryEngine({ clock })
    const telemetry = collectTelemetry()
    const right = await openCells(testPort({ engine, clock, name: 'n1', telemetry }), { driftMaxMs: 60_000 })
    const wrong = await openCells(testPort({ engine, clock: ahead, name: 'n2' }))
    opened.push(right, wrong)
    const cell = right.register<string>('r')
    wrong.register<string>('r').set('from the future')
    await ahead.advance(20)
    await clock.advance(59_000)
    expect(cell.value()).toBeUndefined()
    expect(telemetry.named('foundation.cell-refused').map((one) => one.metadata.reason)).toContain('clock-ahead')
    for (let i = 0; i < 8; i++) await Promise.all([clock.advance(1_000), ahead.advance(1_000)])
    expect(cell.value()).toBe('from the future')
  })

  test('what no version of this package sent is reported and changes nothing', async () => {
    const { clock, engine, a, telemetry } = await pair()
    const cell = a.set<string>('s')
    cell.add('x')
    const codec = createCodec()
    const states = (state: unknown) => ({ type: 'states', states: [['s', 'set', state]] })
    const envelopes = [
      { version: 2, from: 'n9', message: states(undefined) },
      { version: 1, from: 'n9', message: { type: 'shout' } },
      { version: 1, from: 'n9', message: states({ entries: 'none' }) },
      null,
    ]
    engine.publish('test.cells.all', new Uint8Array([7, 7, 7]))
    for (const one of envelopes) engine.publish('test.cells.all', codec.encode(one))
    await clock.advance(20)
    expect([...cell.value()]).toEqual(['x'])
    const reasons = telemetry.named('foundation.cell-refused').map((one) => one.metadata.reason)
    expect(reasons).toEqual(Array(5).fill('unreadable'))
  })
})

describe('what version 1 wrote', () => {
  const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))

  test('is read from the engine', async () => {
    const { engine, a } = await pair()
    const state = await engine.state('test-cells')
    await state.put('s', bytes(strongEntryOfVersion1))
    const cell = await a.strong<{ n: number }>('s')
    expect(cell.get()).toEqual({ value: { n: 1 }, version: 1 })
    await expect(cell.set({ n: 2 }, { token: 3 })).rejects.toMatchObject({ code: 'foundation/fenced' })
  })

  test('is merged when it is heard', async () => {
    const { clock, engine, a } = await pair()
    const cells = [a.register('r'), a.counter('c'), a.set<string>('s'), a.map<number>('m')]
    engine.publish('test.cells.all', bytes(statesOfVersion1))
    await clock.advance(0)
    expect(cells.map((one) => one.value())).toEqual(['x', -3, new Set(['x']), new Map([['k', 7]])])
  })
})

/** `{ n: 1 }`, token 4, written once. */
const strongEntryOfVersion1 = ['AQCFpmZvcm1hdAGndmVyc2lvbgGldmFsdWWBoW4BpXRva2VuBKd3cml0ZXJzkapuMS4xLmEvMS8w'].join('')

/** A register, a counter, a set and a map, each changed once. */
const statesOfVersion1 = [
  'AQGDp3ZlcnNpb24BpGZyb22mbjkuMS5hp21lc3NhZ2WCpHR5cGWmc3RhdGVzpnN0YXRlc5SToXKocmVnaXN0ZXKCpXZhbHVloXil',
  'c3RhbXCDpndhbGxNc8tCeXdCDcAAAKR0aWNrAKdyZXBsaWNhpm45LjEuYZOhY6djb3VudGVygqcAbWFiZWFto21hcKRkYXRhkqZu',
  'OS4xLmGConVwAKRkb3duA5Ohc6NzZXSCp2VudHJpZXOCpwBtYWJlYW2jbWFwpGRhdGGSXIKnAG1hYmVhbaNtYXCkZGF0YZKic3iR',
  'gqNkb3SSpm45LjEuYQGldmFsdWWheKdjb250ZXh0gqcAbWFiZWFto21hcKRkYXRhkqZuOS4xLmGRkgEBk6Fto21hcIKnZW50cmll',
  'c4KnAG1hYmVhbaNtYXCkZGF0YZJmgqcAbWFiZWFto21hcKRkYXRhkqFrkYKjZG90kqZuOS4xLmEBpXZhbHVlgqV2YWx1ZQelc3Rh',
  'bXCDpndhbGxNc8tCeXdCDcAAAKR0aWNrAKdyZXBsaWNhpm45LjEuYadjb250ZXh0gqcAbWFiZWFto21hcKRkYXRhkqZuOS4xLmGR',
  'kgEB',
].join('')

describe('limits of cells', () => {
  test('as many entries as allowed fit, one more is refused, and removing makes room', async () => {
    const { a } = await pair({ entriesMax: 2 })
    const set = a.set<number>('s')
    set.add(1)
    set.add(2)
    set.add(2)
    expect(() => set.add(3)).toThrow('cell s: entriesMax: expected at most 2, got 3')
    set.delete(1)
    set.add(3)
    expect([...set.value()]).toEqual([2, 3])
  })

  test('as many writers as allowed may write, one more is refused and can still read', async () => {
    const { clock, all } = await nodes(3, { replicasMax: 2 })
    const [a, b, c] = all.map((one) => one.cells.counter('c'))
    await clock.advance(20)
    a?.add(1)
    b?.add(1)
    await clock.advance(20)
    expect(() => c?.add(1)).toThrow('replicasMax: expected at most 2, got 3')
    expect(c?.value()).toBe(2)
  })

  test('a value as long as allowed fits, one byte more is refused', async () => {
    const { a } = await pair({ valueBytesMax: 100 })
    const cell = a.register<string>('r')
    const overhead = 4
    cell.set('x'.repeat(100 - overhead))
    expect(() => cell.set('x'.repeat(101 - overhead))).toThrow('cell r: expected at most 100 bytes, got 101')
    expect(() => cell.set((() => 1) as never)).toThrow('cell r')
    expect(cell.value()).toHaveLength(96)
  })

  test('as many cells and watchers as allowed, and one more is refused', async () => {
    const { a } = await pair({ cellsMax: 2, watchersMax: 1 })
    const cell = a.counter('one')
    a.counter('two')
    expect(a.counter('one')).toBe(cell)
    expect(() => a.counter('three')).toThrow('cell three: cellsMax: expected at most 2, got 3')
    const watch = cell.watch()
    expect(() => cell.watch()).toThrow('cell one: watchersMax: expected at most 1, got 2')
    await watch[Symbol.asyncDispose]()
    cell.watch()
  })

  test('a counter takes integers only, up to what a number holds exactly', async () => {
    const { a } = await pair()
    const cell = a.counter('c')
    cell.add(Number.MAX_SAFE_INTEGER)
    for (const by of [1, 0.5, Number.NaN]) expect(() => cell.add(by)).toThrow('counter: by: expected an integer')
    expect(cell.value()).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('options and names that are not possible are refused', async () => {
    const { a } = await pair()
    const port = testPort({ engine: memoryEngine() })
    await expect(openCells(port, { gosipMs: 1 } as never)).rejects.toThrow('did you mean "gossipMs"')
    await expect(openCells(port, { syncMs: 0 })).rejects.toThrow('syncMs: expected an integer from 1')
    expect(() => a.counter('a b')).toThrow('key "a b"')
    expect(() => a.register('r', { policy: 'first-write' as never })).toThrow("expected 'last-write' or a function")
  })
})

describe('watching a cell', () => {
  test('tells the value there is, then each change, local or heard, until the cells are closed', async () => {
    const { clock, a, b } = await pair()
    const here = a.counter('c')
    const seen: number[] = []
    const watching = (async () => {
      for await (const value of here.watch()) seen.push(value)
    })()
    here.add(1)
    await clock.advance(20)
    b.counter('c').add(4)
    await clock.advance(20)
    await a[Symbol.asyncDispose]()
    await watching
    expect(seen).toEqual([0, 1, 5])
  })

  test('who does not keep up misses values in between, not the last, and is told how many', async () => {
    const { a } = await pair()
    const cell = a.counter('c')
    await using watch = cell.watch({ capacity: 2 })
    for (let i = 0; i < 5; i++) cell.add(1)
    expect(watch.dropped).toBe(4)
    expect([(await watch.next()).value, (await watch.next()).value]).toEqual([4, 5])
  })

  test('ends by its signal with the reason, also while it waits', async () => {
    const { a } = await pair()
    const control = new AbortController()
    const watch = a.counter('c').watch({ signal: control.signal })
    await watch.next()
    const waiting = watch.next()
    control.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(watch.next()).rejects.toThrow('enough')
    expect(() => a.counter('c').watch({ signal: control.signal })).toThrow('enough')
  })
})

describe('closing cells', () => {
  test('sends what was not sent, leaves no timer, refuses writes after, and may be done twice', async () => {
    const { clock, a, b } = await pair()
    const [here, there] = [a.counter('c'), b.counter('c')]
    const strong = await a.strong<number>('s')
    await clock.advance(20)
    here.add(5)
    await a[Symbol.asyncDispose]()
    await a[Symbol.asyncDispose]()
    await settled()
    expect(there.value()).toBe(5)
    expect(here.value()).toBe(5)
    expect(() => here.add(1)).toThrow('cell c: its node part is closed')
    expect(() => a.counter('d')).toThrow('cell d: its node part is closed')
    await expect(strong.set(1)).rejects.toMatchObject({ code: 'foundation/cell-closed' })
    await b[Symbol.asyncDispose]()
    expect(clock.pendingTimers).toBe(0)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { eventually, settled, virtualClock } from '../index.ts'
import { historyFolder, joinHistories, parseHistory } from './history-folder.ts'
import { historyRecorder } from './history-recorder.ts'
import { type NodeProcess, nodeProcess } from './node-process.ts'
import type { answers } from './tested-process.fixture.ts'
import { testedProcess } from './tested-process.ts'

const module = new URL('./tested-process.fixture.ts', import.meta.url)
type Fixture = typeof answers

/** A test waits for real processes: as many turns as it takes, within its time limit. */
const turnsMax = 10_000_000

describe('nodeProcess', () => {
  let shared: NodeProcess<Fixture>
  beforeAll(async () => {
    shared = await nodeProcess<Fixture>({ module, name: 'shared', env: { GIVEN: 'yes' } })
  })
  afterAll(() => shared[Symbol.asyncDispose]())

  test('answers questions, with what it was given in its environment', async () => {
    expect(await shared.ask('add', { a: 2, b: 3 })).toBe(5)
    expect(await shared.ask('environment', 'GIVEN')).toBe('yes')
    expect(await shared.ask('environment', 'MABEAM_PROCESS')).toBe('shared')
    expect(await shared.ask('print', ['one', 'two'])).toBeUndefined()
    await eventually(() => shared.lines.includes('two'), turnsMax)
  })

  test('what a question throws comes back with its code and data', async () => {
    const refused = { code: 'test/refused', retryable: true, data: { why: 'asked to' } }
    await expect(shared.ask('refuse', undefined)).rejects.toMatchObject(refused)
    await expect(shared.ask('unsendable', undefined)).rejects.toMatchObject({ code: 'foundation/uncaught' })
    const unknown = shared as unknown as NodeProcess
    await expect(unknown.ask('ad', {})).rejects.toThrow('unknown question "ad"; did you mean "add"?')
  })

  test('a question that is given up, or has no answer in time, rejects, and its late answer is dropped', async () => {
    const clock = virtualClock()
    await using mine = await nodeProcess<Fixture>({ module, clock, asksMax: 2 })
    const late = expect(mine.ask('never', undefined, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'foundation/process-timeout',
    })
    const giveUp = new AbortController()
    const given = mine.ask('never', undefined, { signal: giveUp.signal })
    await expect(mine.ask('add', { a: 1, b: 1 })).rejects.toMatchObject({
      code: 'foundation/process-busy',
      message: expect.stringContaining('expected at most 2 questions at once, got one more'),
    })
    giveUp.abort('enough')
    await expect(given).rejects.toBe('enough')
    await clock.advance(100)
    await late
    expect(await mine.ask('add', { a: 1, b: 1 })).toBe(2)
    expect(clock.pendingTimers).toBe(0)
  })

  test('reports reach whoever listens, until nobody does', async () => {
    const heard: unknown[] = []
    const stop = shared.onReport((what) => heard.push(what))
    await shared.ask('tell', { n: 1, at: new Map([[1, 2]]) })
    stop()
    await shared.ask('tell', { n: 2 })
    expect(heard).toEqual([{ n: 1, at: new Map([[1, 2]]) }])
  })

  test('stands still while it is paused, and goes on', async () => {
    shared.pause()
    let isAnswered = false
    const asked = shared.ask('add', { a: 1, b: 2 }).finally(() => {
      isAnswered = true
    })
    for (let turn = 0; turn < 20; turn++) await settled()
    expect(isAnswered).toBe(false)
    shared.resume()
    expect(await asked).toBe(3)
  })

  test('one that is killed, paused or not, rejects what it was asked', async () => {
    await using mine = await nodeProcess<Fixture>({ module, name: 'victim' })
    const asked = mine.ask('never', undefined)
    mine.pause()
    expect(await mine.kill()).toEqual({ status: null, signal: 'SIGKILL' })
    await expect(asked).rejects.toThrow('process victim ended with SIGKILL; it printed nothing')
    await expect(mine.ask('add', { a: 1, b: 2 })).rejects.toMatchObject({ code: 'foundation/process-ended' })
  })

  test('one that ends by itself or is stopped says how', async () => {
    await using mine = await nodeProcess<Fixture>({ module })
    await expect(mine.ask('exit', 4)).rejects.toThrow('process tested-process.fixture ended with status 4')
    await using other = await nodeProcess<Fixture>({ module })
    expect(await other.stop()).toEqual({ status: null, signal: 'SIGTERM' })
    expect(await other.stop()).toEqual({ status: null, signal: 'SIGTERM' })
  })

  test('one that never becomes ready is killed, and one that ends before says what it printed', async () => {
    await expect(nodeProcess({ module, args: ['early'] })).rejects.toMatchObject({
      code: 'foundation/process-ended',
      data: { how: 'status 7' },
    })
    const broken = new URL('./no-such-module.ts', import.meta.url)
    await expect(nodeProcess({ module: broken })).rejects.toThrow(/no-such-module.*Cannot find module/)
    await expect(nodeProcess({ module, args: ['mute'], readyTimeoutMs: 1 })).rejects.toMatchObject({
      code: 'foundation/process-timeout',
    })
  })

  test('a process that no test started is told so', () => {
    expect(() => historyRecorder()).toThrow('start it with nodeProcess({ module, history })')
    if (process.send === undefined) expect(() => testedProcess({})).toThrow('no channel to a test')
  })

  test('options are checked', async () => {
    await expect(nodeProcess({ module: 'x' as unknown as URL })).rejects.toThrow('module: expected a URL of a file')
    await expect(nodeProcess({ module, asksMax: 0 })).rejects.toThrow('asksMax')
  })
})

describe('historyFolder', () => {
  test('joins what processes wrote, also of one that was killed in the middle', async () => {
    await using history = await historyFolder()
    await using first = await nodeProcess<Fixture>({ module, name: 'first', history })
    await using second = await nodeProcess<Fixture>({ module, name: 'second', history })
    const one = await first.ask('write', 'a')
    const two = await second.ask('writeAndHang', 'b')
    await second.kill()
    const events = await history.collect()
    expect(events.map(({ process, type, op, key }) => `${process} ${type} ${op} ${key}`)).toEqual([
      `${one}/main invoke write a`,
      `${one}/main ok write a`,
      `${one}/main invoke effect a`,
      `${one}/main ok effect a`,
      `${one}/other invoke write a`,
      `${one}/other unknown write a`,
      `${two}/main invoke write b`,
    ])
    expect(events[1]).toMatchObject({ input: 1, output: 'written' })
  })

  test('a torn last line is left out, any other damage is named by its line', () => {
    const line = '{"process":"p","type":"invoke","op":"read","atMs":1}\n'
    expect(parseHistory('p.jsonl', `${line}${line.slice(0, 9)}`)).toHaveLength(1)
    expect(() => parseHistory('p.jsonl', `${line}{\n${line}`)).toThrow('p.jsonl:2: expected an event as JSON')
  })

  test('keeps the order of each part and of time, and of one instant begins what can begin', () => {
    const random = seededRandom(5)
    const parts = ['p1', 'p2', 'p3'].map((process) => {
      let atMs = 0
      return Array.from({ length: 40 }, (_, i) => {
        atMs += random.int(3)
        const type = i % 2 === 0 ? ('invoke' as const) : ('ok' as const)
        return { process, type, op: String(i), atMs }
      })
    })
    const joined = joinHistories(parts)
    expect(joined.map((one) => one.atMs)).toEqual(joined.map((one) => one.atMs).toSorted((a, b) => a - b))
    for (const part of parts) {
      expect(joined.filter((one) => one.process === part[0]?.process)).toEqual(part)
    }
    const ok = { process: 'a', type: 'ok', op: 'x', atMs: 1 } as const
    const invoke = { process: 'b', type: 'invoke', op: 'y', atMs: 1 } as const
    expect(joinHistories([[ok], [invoke]])).toEqual([invoke, ok])
  })
})

import { describe, expect, test } from 'vitest'
import { createCodec } from '../codec/codec.ts'
import { cellNodes } from '../testing/cell-nodes.fixture.ts'
import { collectTelemetry, testPort } from '../testing/index.ts'
import { openCells } from './cells.ts'

const { opened, pair } = cellNodes()

describe('strong cells', () => {
  test('are one value for all: set here, read there', async () => {
    const { clock, a, b } = await pair()
    const here = await a.strong('s', { initial: 0 })
    const there = await b.strong('s', { initial: 0 })
    expect(here.get()).toEqual({ value: 0, version: 0 })
    expect(await here.read()).toEqual({ value: 0, version: 0 })
    expect(await here.set(7)).toBe(1)
    expect(here.get()).toEqual({ value: 7, version: 1 })
    expect(await there.read()).toEqual({ value: 7, version: 1 })
    await clock.advance(0)
    expect(there.get()).toEqual({ value: 7, version: 1 })
  })

  test('compare-and-set writes over the version it names only; reading changes no version', async () => {
    const { a, b } = await pair()
    const here = await a.strong<string>('s')
    const there = await b.strong<string>('s')
    expect(await here.compareAndSet(0, 'x')).toEqual({ type: 'written', version: 1 })
    await there.read()
    expect(await there.compareAndSet(0, 'y')).toEqual({ type: 'conflict', version: 1 })
    expect(await there.compareAndSet(1, 'y')).toEqual({ type: 'written', version: 2 })
    expect(await here.compareAndSet(9, 'z')).toEqual({ type: 'conflict', version: 2 })
    expect(await here.read()).toEqual({ value: 'y', version: 2 })
  })

  test('no update is lost, however many run at once', async () => {
    const { clock, a, b } = await pair({ attemptsMax: 1_000 })
    const cells = await Promise.all([a, b].map((one) => one.strong('n', { initial: 0 })))
    const updates = cells.flatMap((cell) => Array.from({ length: 20 }, () => cell.update((n) => n + 1)))
    const all = Promise.all(updates)
    await clock.advance(60_000)
    expect(new Set((await all).map((one) => one.value)).size).toBe(40)
    expect(await cells[0]?.read()).toEqual({ value: 40, version: 40 })
  })

  test('a token lower than the highest is refused, and stays the highest when others write without', async () => {
    const { a, b } = await pair()
    const here = await a.strong<string>('s')
    const there = await b.strong<string>('s')
    await here.set('old holder', { token: 4 })
    await there.set('new holder', { token: 5 })
    await there.set('again', { token: 5 })
    await there.set('nobody')
    await expect(here.set('late', { token: 4 })).rejects.toMatchObject({
      code: 'foundation/fenced',
      data: { cell: 's', highest: 5, got: 4 },
    })
    expect((await here.read()).value).toBe('nobody')
  })

  test('a fenced cell takes no write without a token', async () => {
    const { a } = await pair()
    const cell = await a.strong<string>('s', { fenced: true })
    await expect(cell.set('x')).rejects.toThrow('set: token: expected a token, since the cell is fenced, got nothing')
    expect(await cell.set('x', { token: 0 })).toBe(1)
    expect(() => a.strong('s')).toThrow('expected what it was opened as (fenced strong), got strong')
  })

  test('gives up when others write before each of its tries, and says that nothing was written', async () => {
    const { clock, engine, a, telemetry } = await pair({ attemptsMax: 3 })
    const cell = await a.strong('s', { initial: 0 })
    await cell.set(5)
    const state = await engine.state('test-cells')
    const stored = await state.get('s')
    let tries = 0
    const contended = cell.update((n) => {
      tries++
      // In the engine before what is being made here is.
      void state.put('s', stored?.value as Uint8Array)
      return n + 1
    })
    const outcome = contended.catch((thrown: unknown) => thrown)
    await clock.advance(10_000)
    expect(await outcome).toMatchObject({ code: 'foundation/cell-contended', retryable: true, data: { attempts: 3 } })
    expect(tries).toBe(3)
    expect(telemetry.named('foundation.cell-failed')[0]).toMatchObject({ measurements: { retries: 3 } })
    expect(await cell.read()).toEqual({ value: 5, version: 1 })
  })

  test('go on hearing of changes when the watch of the engine was lost', async () => {
    const { clock, engine, b } = await pair()
    const lost: ((reason: Error) => void)[] = []
    const losing = Object.assign(Object.create(engine), {
      subscribe: engine.subscribe.bind(engine),
      publish: engine.publish.bind(engine),
      async state(name: string) {
        const state = await engine.state(name)
        return Object.assign(Object.create(state), {
          get: state.get.bind(state),
          async watch(pattern: string, onChange: Parameters<typeof state.watch>[1]) {
            const watch = await state.watch(pattern, onChange)
            const reason = new Promise<Error>((resolve) => lost.push(resolve))
            return { lost: reason, [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() }
          },
        })
      },
    })
    const telemetry = collectTelemetry()
    const cells = await openCells(testPort({ engine: losing, clock, name: 'n9', telemetry }))
    opened.push(cells)
    const here = await cells.strong('s', { initial: 0 })
    const there = await b.strong('s', { initial: 0 })
    lost[0]?.(new Error('gone'))
    await there.set(1)
    await clock.advance(1_000)
    await there.set(2)
    await clock.advance(0)
    expect(here.get()).toEqual({ value: 2, version: 2 })
    expect(lost).toHaveLength(2)
    expect(telemetry.named('foundation.cell-watch-lost')[0]?.metadata).toMatchObject({ message: 'gone' })
  })

  test('an entry of a version that is not known is refused by name', async () => {
    const { engine, a } = await pair()
    const state = await engine.state('test-cells')
    await state.put('s', createCodec().encode({ format: 2 }))
    await expect(a.strong('s')).rejects.toMatchObject({ code: 'foundation/unreadable-cell' })
    await state.delete('s')
    expect((await a.strong('s', { initial: 1 })).get()).toEqual({ value: 1, version: 0 })
  })

  test('a change that throws writes nothing; an aborted one rejects with the reason', async () => {
    const { a } = await pair()
    const cell = await a.strong('s', { initial: 0 })
    const failing = cell.update(() => {
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await expect(cell.set(1, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop')
    expect(await cell.read()).toEqual({ value: 0, version: 0 })
  })

  test('a watch tells the value there is and each change that is heard, once', async () => {
    const { clock, a, b } = await pair()
    const here = await a.strong('s', { initial: 0 })
    const there = await b.strong('s', { initial: 0 })
    await using watch = here.watch()
    await there.set(1)
    await clock.advance(0)
    await there.read()
    await here.set(2)
    await clock.advance(0)
    await a[Symbol.asyncDispose]()
    const seen: number[] = []
    for await (const { value } of watch) seen.push(value)
    expect(seen).toEqual([0, 1, 2])
  })
})

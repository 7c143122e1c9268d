import { describe, expect, test } from 'vitest'
import { defineActor } from '../actors/actor.ts'
import { createCodec } from '../codec/codec.ts'
import type { EngineOpener } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { startNode } from './node.ts'

const Counter = defineActor(import.meta.url, {
  name: 'counter',
  version: 1,
  init: (start: number) => start,
  calls: { add: { run: (n, by: number) => [n + by, n + by] } },
  casts: {
    crash: {
      run: () => {
        throw new Error('told to')
      },
    },
  },
})

const Noisy = defineActor(import.meta.url, {
  name: 'noisy',
  version: 1,
  init: (told: { log: string[]; name: string }) => told,
  stop: ({ log, name }) => void log.push(name),
})

describe('startNode', () => {
  test('needs nothing to be configured', async () => {
    await using node = await startNode()
    const counter = await node.spawn(Counter, 1, { name: 'counter', restart: 'permanent' })
    expect(await counter.call('add', 2)).toBe(3)
    expect(node.find(Counter, 'counter')?.address).toEqual(counter.address)
    expect(node.find(Noisy, 'counter')).toBeUndefined()
    expect([node.system, node.actors]).toEqual(['mabeam', 1])
    expect(node.name).toMatch(/^node-[0-9a-f]{8}$/)
  })

  test('impossible and unknown options are refused by name', async () => {
    await expect(startNode({ mailboxCapacity: 0 })).rejects.toThrow('startNode: mailboxCapacity: expected an integer')
    await expect(startNode({ mailboxcapacity: 1 } as never)).rejects.toThrow('did you mean "mailboxCapacity"?')
    await expect(startNode({ overflow: 'wait' as never })).rejects.toThrow('reject, drop-oldest, drop-newest, block')
    await using node = await startNode()
    await expect(node.spawn(Counter, 1, { restarts: 1 } as never)).rejects.toThrow('spawn: unknown option "restarts"')
  })

  test('stops everything in reverse order, leaves no timer, and refuses what comes after', async () => {
    const clock = virtualClock()
    const telemetry = collectTelemetry()
    const log: string[] = []
    const node = await startNode({ clock, telemetry, name: 'n1' })
    for (const name of ['first', 'second', 'third']) {
      await node.spawn(Noisy, { log, name }, { restart: name === 'second' ? 'permanent' : 'temporary' })
    }
    const counter = await node.spawn(Counter, 1)
    await counter.call('add', 1)
    expect(clock.pendingTimers).toBe(1)
    await node.close()
    await node.close()
    expect(log).toEqual(['third', 'second', 'first'])
    expect([node.actors, clock.pendingTimers]).toEqual([0, 0])
    await expect(counter.call('add', 1)).rejects.toMatchObject({ code: 'foundation/node-stopped' })
    await expect(node.spawn(Counter, 1)).rejects.toMatchObject({ code: 'foundation/node-stopped' })
    const names = telemetry.events.map((one) => one.name.slice('foundation.'.length))
    expect([names[0], names.at(-1)]).toEqual(['node-started', 'node-stopped'])
    expect(names.filter((name) => name === 'actor-started')).toHaveLength(4)
    expect(names.filter((name) => name === 'actor-stopped')).toHaveLength(4)
  })

  test('a telemetry port that throws is warned of once and hurts nobody', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    const telemetry = {
      enabled: true,
      emit: () => {
        throw new Error('exporter is down')
      },
    }
    const node = await startNode({ clock: virtualClock(), telemetry, name: 'n1' })
    const counter = await node.spawn(Counter, 1, { restart: 'permanent', name: 'counter' })
    counter.cast('crash')
    await settled()
    expect(await counter.call('add', 1)).toBe(2)
    await node.close()
    expect(await warned).toMatchObject({
      code: 'foundation/telemetry-failed',
      message: expect.stringContaining('node n1: the telemetry port threw at foundation.'),
    })
  })

  test('what is no definition, no clock and no engine is refused in words', async () => {
    await using node = await startNode({ clock: virtualClock() })
    const wrong = { name: 'x', version: 1, init: () => 0 } as never
    await expect(node.spawn(wrong, undefined as never)).rejects.toThrow(
      'spawn: definition: expected what defineActor gives',
    )
    await expect(node.spawn(undefined as never, undefined as never)).rejects.toThrow('spawn: definition: expected')
    await expect(startNode({ clock: {} as never })).rejects.toThrow('clock: expected an object with the methods nowMs')
    await expect(startNode({ engine: {} as never })).rejects.toThrow('engine: expected an engine, or what opens one')
    const counter = await node.spawn(Counter, 1)
    await expect(counter.call('add', 1, { timeoutMs: '5' as never })).rejects.toThrow('timeoutMs: expected a number')
    await expect(counter.call('add', 1, { signal: {} as never })).rejects.toThrow('signal: expected an AbortSignal')
    await expect(node.send({ topc: 'x' } as never, 1)).rejects.toThrow('send: target: expected one with actor')
  })

  test('a name is for one actor at a time', async () => {
    await using node = await startNode()
    const first = await node.spawn(Counter, 1, { name: 'one' })
    await expect(node.spawn(Counter, 1, { name: 'one' })).rejects.toThrow('an actor named "one" runs already')
    expect(await node.stop(first)).toEqual({ type: 'shutdown' })
    await node.spawn(Counter, 10, { name: 'one' })
    expect(await first.call('add', 1)).toBe(11)
  })

  test('actors up to the limit start, one past it is refused', async () => {
    await using node = await startNode({ actorsMax: 2 })
    await node.spawn(Counter, 1)
    const second = await node.spawn(Counter, 1)
    await expect(node.spawn(Counter, 1)).rejects.toMatchObject({ code: 'foundation/limit-reached' })
    await node.stop(second)
    await node.spawn(Counter, 1)
  })

  test('messages and replies up to messageBytesMax pass, one byte past it is refused', async () => {
    const Echo = defineActor(import.meta.url, {
      name: 'echo',
      version: 1,
      init: () => '',
      calls: {
        keep: { run: (_, text: string) => [text, null] },
        kept: { run: (text, more: string) => [text, text + more] },
      },
    })
    const most = 'x'.repeat(200)
    const messageBytesMax = createCodec().encode(most).length
    await using node = await startNode({ messageBytesMax })
    const echo = await node.spawn(Echo, undefined)
    await echo.call('keep', most)
    expect(await echo.call('kept', '')).toBe(most)
    const tooLarge = { code: 'foundation/payload-too-large', data: { bytesMax: messageBytesMax } }
    await expect(echo.call('keep', `${most}x`)).rejects.toMatchObject(tooLarge)
    await expect(echo.call('kept', 'x')).rejects.toMatchObject(tooLarge)
    expect(await echo.call('kept', '')).toBe(most)
    await expect(startNode({ messageBytesMax: 0 })).rejects.toThrow('startNode: messageBytesMax: expected an integer')
  })

  test('an engine it was given is not ended with it, one of its own is', async () => {
    await using engine = memoryEngine()
    const [with_, without] = [await startNode({ engine }), await startNode()]
    await with_.close()
    await without.close()
    engine.publish('a', new Uint8Array())
    expect(() => without.engine.publish('a', new Uint8Array())).toThrow('the memory engine is closed')
  })

  test('an engine that is opened for it is told who it is, makes it one of its system, and ends with it', async () => {
    const asked: string[] = []
    const open: EngineOpener = async ({ system, name, ...ports }) => {
      asked.push(`${system} ${name}`)
      return memoryEngine(ports)
    }
    const node = await startNode({ system: 'shop', name: 'n1', engine: open })
    expect(asked).toEqual(['shop n1'])
    expect((await node.membership()).members().map((one) => one.name)).toEqual(['n1'])
    await node.close()
    expect(node.engine.status).toBe('closed')
    const failing: EngineOpener = async () => {
      throw new Error('no server')
    }
    await expect(startNode({ engine: failing })).rejects.toThrow('no server')
  })
})

describe('spawn with restart', () => {
  test('restarts by name until there were too many crashes, then frees the name', async () => {
    const clock = virtualClock()
    await using node = await startNode({ clock })
    const counter = await node.spawn(Counter, 0, {
      name: 'counter',
      restart: 'permanent',
      restartsMax: 1,
      windowMs: 100,
    })
    const crash = async () => {
      counter.cast('crash')
      await settled()
    }
    await crash()
    expect(await counter.call('add', 1)).toBe(1)
    await clock.advance(100)
    await crash()
    expect(await counter.call('add', 2)).toBe(2)
    await crash()
    await expect(counter.call('add', 1)).rejects.toMatchObject({ code: 'foundation/no-such-actor', retryable: false })
    await node.spawn(Counter, 5, { name: 'counter' })
    expect(await counter.call('add', 1)).toBe(6)
  })

  test('an unnamed reference dies with its actor', async () => {
    await using node = await startNode()
    const counter = await node.spawn(Counter, 0, { restart: 'permanent' })
    counter.cast('crash')
    await settled()
    expect(node.actors).toBe(1)
    await expect(counter.call('add', 1)).rejects.toMatchObject({ code: 'foundation/no-such-actor' })
  })

  test('is not restarted when the node is asked to stop it, and a transient one that ends leaves nothing', async () => {
    const telemetry = collectTelemetry()
    await using node = await startNode({ telemetry })
    for (const restart of ['permanent', 'transient'] as const) {
      const counter = await node.spawn(Counter, 0, { name: restart, restart })
      expect(await node.stop(counter)).toEqual({ type: 'shutdown' })
      expect(node.find(Counter, restart)).toBeUndefined()
      await node.spawn(Counter, 0, { name: restart })
    }
    expect(telemetry.named('foundation.supervisor-stopped')).toHaveLength(2)
  })
})

describe('turns', () => {
  test('timers fire while actors keep each other busy', async () => {
    await using node = await startNode({ codec: false, callTimeoutMs: 600_000 })
    const counter = await node.spawn(Counter, 0)
    let fired = false
    node.clock.setTimer(1, () => {
      fired = true
    })
    let calls = 0
    while (!fired && calls < 50_000_000) {
      await counter.call('add', 1)
      calls++
    }
    expect(fired).toBe(true)
  })
})

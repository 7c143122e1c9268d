import { describe, expect, test } from 'vitest'
import { defineActor } from './actors/actor.ts'
import { type ConsoleTelemetryOptions, consoleLineLengthMax, consoleTelemetry } from './console-telemetry.ts'
import type { Json } from './errors.ts'
import { startNode } from './node/node.ts'
import { settled, virtualClock } from './testing/index.ts'

function console(options: Partial<ConsoleTelemetryOptions> = {}) {
  const lines: string[] = []
  const clock = virtualClock()
  const telemetry = consoleTelemetry({ write: (line) => void lines.push(line), clock, ...options })
  const emit = (name: string, metadata: { readonly [key: string]: Json } = {}) =>
    telemetry.emit({ name, measurements: { count: 1 }, metadata })
  return { lines, clock, telemetry, emit }
}

describe('consoleTelemetry', () => {
  test('prints one line for a crash of a cast, which rejects at nobody, and for the supervisor that gives up', async () => {
    const { lines, clock, telemetry } = console()
    const Faulty = defineActor(import.meta.url, {
      name: 'faulty',
      version: 1,
      init: () => 0,
      calls: {},
      casts: {
        fall: {
          run: () => {
            throw new Error('no such\nrow')
          },
        },
      },
    })
    await using node = await startNode({ name: 'n1', clock, telemetry })
    const faulty = await node.spawn(Faulty, undefined, { name: 'f', restart: 'permanent', restartsMax: 0 })
    faulty.cast('fall')
    await settled()
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(
      /^error foundation\.actor-crashed: no such row \(node n1, actor "f", definition faulty, code /,
    )
    expect(lines[1]).toBe('warn foundation.supervisor-stopped: restart-intensity (node n1, supervisor f)')
  })

  test('goes by the verb at the end of a name, also of events of others, and passes over what goes on all the time', () => {
    const { lines, emit } = console()
    for (const verb of ['crashed', 'lost', 'dead', 'failed', 'dropped', 'refused', 'done']) emit(`shop.order-${verb}`)
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['error', 'error', 'error', 'warn', 'warn', 'warn'])
    emit('foundation.actor-started', { node: 'n1' })
    emit('toString')
    expect(lines).toHaveLength(6)
  })

  test('what mends itself is no error: a watch that is opened again is no line, a hub that is looked for a warning', () => {
    const { lines, emit } = console()
    for (const name of ['directory-watch-lost', 'cell-watch-lost', 'hub-lost', 'watch-lost']) emit(`foundation.${name}`)
    expect(lines).toEqual(['warn foundation.hub-lost', 'error foundation.watch-lost'])
  })

  test('ends that were asked for are no line, and a fault is one whatever its reason', () => {
    const { lines, emit } = console()
    for (const reason of ['shutdown', 'restart-intensity']) emit('foundation.supervisor-stopped', { reason })
    for (const reason of ['idle', 'closed', 'blocked']) emit('foundation.thread-ended', { reason })
    emit('shop.order-failed', { reason: 'closed' })
    expect(lines).toEqual([
      'warn foundation.supervisor-stopped: restart-intensity',
      'warn foundation.thread-ended: blocked',
      'warn shop.order-failed: closed',
    ])
  })

  test('says the sentence first, then the rest, as plain text', () => {
    const { lines, emit } = console()
    emit('a.b-failed', { node: 'n1', code: '', failure: 'it \u001b[31mfell\r\n', own: true, list: ['x'], none: null })
    expect(lines).toEqual(['warn a.b-failed: it  [31mfell  (node n1, own true, list ["x"])'])
  })

  test('linesPerSecMax events a second get a line; one more is counted, and told of', async () => {
    const { lines, clock, telemetry, emit } = console({ linesPerSecMax: 2 })
    emit('a.b-failed')
    emit('a.b-failed')
    expect([lines.length, telemetry.leftOut]).toEqual([2, 0])
    emit('a.b-failed')
    expect([lines.length, telemetry.leftOut]).toEqual([3, 1])
    expect(lines[2]).toBe('warn more than 2 lines in a second: the rest is left out')
    emit('a.b-failed')
    await clock.advance(999)
    emit('a.b-failed')
    expect([lines.length, telemetry.leftOut]).toEqual([3, 3])
    await clock.advance(1)
    emit('a.b-crashed')
    expect(lines.slice(3)).toEqual(['warn 3 lines were left out', 'error a.b-crashed'])
    expect(clock.pendingTimers).toBe(0)
  })

  test('a line of consoleLineLengthMax characters is whole, a longer one is cut', () => {
    const { lines, emit } = console()
    const start = 'warn a.b-failed: '
    for (const length of [consoleLineLengthMax, consoleLineLengthMax + 1]) {
      emit('a.b-failed', { message: 'x'.repeat(length - start.length) })
    }
    expect(lines.map((line) => line.length)).toEqual([consoleLineLengthMax, consoleLineLengthMax])
    expect(lines.map((line) => line.endsWith('...'))).toEqual([false, true])
  })

  test('what write throws reaches nobody', () => {
    const { emit } = console({
      write: () => {
        throw new Error('closed')
      },
    })
    expect(() => emit('a.b-failed')).not.toThrow()
  })

  test('says what is wrong with its options', () => {
    expect(() => consoleTelemetry({ linesPerSecMax: 0 })).toThrow('linesPerSecMax: expected an integer from 1')
    expect(() => consoleTelemetry({ wirte: () => {} } as never)).toThrow('did you mean "write"?')
  })
})

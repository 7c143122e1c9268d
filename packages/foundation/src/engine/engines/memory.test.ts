import { describe, expect, test } from 'vitest'
import { collectTelemetry, engineContract, settled, virtualClock } from '../../testing/index.ts'
import { memoryEngine } from './memory.ts'

describe('memoryEngine keeps the contract', () => {
  const open = async () => {
    const clock = virtualClock()
    return { engine: memoryEngine({ clock }), settle: settled, advance: (ms: number) => clock.advance(ms) }
  }
  for (const { name, run } of engineContract(open)) test(name, run)
})

describe('memoryEngine', () => {
  test('a body over the limit is refused, one at it is not', async () => {
    await using engine = memoryEngine({ bytesMax: 4 })
    engine.publish('a', new Uint8Array(4))
    expect(() => engine.publish('a', new Uint8Array(5))).toThrow(
      expect.objectContaining({ code: 'foundation/payload-too-large' }),
    )
  })

  test('what a subscriber throws and what is dropped is reported', async () => {
    const telemetry = collectTelemetry()
    await using engine = memoryEngine({ telemetry })
    const fail = () => {
      throw new Error('a bug')
    }
    await engine.subscribe('a', fail, { capacity: 1 })
    for (let i = 0; i < 2; i++) engine.publish('a', new Uint8Array())
    await settled()
    expect(telemetry.events.map((one) => one.name)).toEqual([
      'foundation.message-dropped',
      'foundation.subscriber-failed',
    ])
    expect(telemetry.named('foundation.subscriber-failed')[0]?.metadata).toMatchObject({
      message: 'a bug',
      subject: 'a',
    })
  })

  test('requests leave no timer behind', async () => {
    const clock = virtualClock()
    await using engine = memoryEngine({ clock })
    await engine.subscribe('a', (message) => message.respond(message.body))
    await engine.request('a', new Uint8Array([1]))
    await engine.request('nobody', new Uint8Array()).catch(() => {})
    expect(clock.pendingTimers).toBe(0)
  })

  test('unknown options are refused by name', async () => {
    await using engine = memoryEngine()
    expect(() => memoryEngine({ byteMax: 1 } as never)).toThrow('did you mean "bytesMax"?')
    await expect(engine.subscribe('a', () => {}, { capacity: 0 })).rejects.toThrow('subscribe: capacity')
    await expect(engine.request('a', new Uint8Array(), { timeoutMs: 0 })).rejects.toThrow('request: timeoutMs')
  })
})

import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { virtualClock } from '../virtual-clock.ts'
import { ServerStream } from './server-stream.ts'
import { SimLife } from './sim-life.ts'
import { SimNetwork } from './sim-network.ts'
import { SimTrace } from './sim-trace.ts'

function open(seed = 1) {
  const clock = virtualClock({ between: 'promises' })
  const trace = new SimTrace({ clock, onEvent: () => {}, log: undefined })
  const network = new SimNetwork({ clock, random: seededRandom(seed), leastMs: 0.1, meanMs: 5, disorder: true })
  const onThrown = (thrown: unknown) => {
    throw thrown
  }
  const life = new SimLife({ name: 'n1', epoch: 1, clock, trace, skewMs: () => 0, onThrown })
  const stream = new ServerStream(network, life)
  const got: number[] = []
  const lost: string[] = []
  stream.onLost = () => void lost.push('lost')
  const push = (count: number) => {
    for (let i = 0; i < count; i++) stream.push(() => void got.push(i))
  }
  return { clock, network, life, stream, got, lost, push }
}

describe('ServerStream', () => {
  test('hands over in order, whatever the wires do', async () => {
    const { clock, got, push } = open()
    push(500)
    await clock.advance(1_000)
    expect(got).toEqual(Array.from({ length: 500 }, (_, i) => i))
  })

  test('holds 10,000 back, and is lost with one more', async () => {
    for (const [count, isLost] of [
      [10_000, false],
      [10_001, true],
    ] as const) {
      const { clock, network, got, lost, push } = open()
      network.cut('server', 'n1')
      push(count)
      await clock.advance(1_000)
      expect([got.length, lost.length]).toEqual([0, isLost ? 1 : 0])
    }
  })

  test('tells nothing after it was closed, not even a paused node that goes on', async () => {
    const { clock, life, stream, got, push } = open()
    life.pause()
    push(3)
    await clock.advance(100)
    stream.close()
    stream.close()
    life.resume(true)
    push(3)
    await clock.advance(100)
    expect(got).toEqual([])
  })
})

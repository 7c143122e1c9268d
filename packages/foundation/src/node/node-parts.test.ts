import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { testPort, virtualClock } from '../testing/index.ts'
import { NodeParts } from './node-parts.ts'

function world() {
  const clock = virtualClock()
  const parts = new NodeParts(testPort({ engine: memoryEngine({ clock }), clock }))
  const log: string[] = []
  const part = (name: string, ending: () => Promise<void> = async () => {}) => ({
    async [Symbol.asyncDispose]() {
      log.push(name)
      await ending()
    },
  })
  return { parts, log, part }
}

describe('NodeParts', () => {
  test('closes all in reverse, each once, also where one of them fails, and says so', async () => {
    const { parts, log, part } = world()
    await parts.once('a', async () => part('a'))
    await parts.once('b', async () => part('b', () => Promise.reject(new Error('stuck'))))
    const last = await parts.once('c', async () => part('c'))
    const closing = [last[Symbol.asyncDispose](), parts.close()]
    await expect(Promise.all(closing)).rejects.toThrow('stuck')
    expect(log).toEqual(['c', 'b', 'a'])
    await expect(parts.once('d', async () => part('d'))).rejects.toMatchObject({ code: 'foundation/node-stopped' })
  })

  test('who asks for a part that is being disposed gets another one, when that is done', async () => {
    const { parts, log, part } = world()
    const gate = Promise.withResolvers<void>()
    const first = await parts.once('a', async () => part('first', () => gate.promise))
    const ending = first[Symbol.asyncDispose]()
    const asked = parts.once('a', async () => part('second'))
    gate.resolve()
    await ending
    expect(await asked).not.toBe(first)
    expect(await parts.once('a', async () => part('third'))).toBe(await asked)
    await parts.close()
    expect(log).toEqual(['first', 'second'])
  })

  test('a part that is closed by hand is asked for anew, and closing it again hurts nobody', async () => {
    const clock = virtualClock()
    const parts = new NodeParts(testPort({ engine: memoryEngine({ clock }), clock }))
    const first = await parts.channels()
    await first.close()
    const second = await parts.channels()
    expect(second).not.toBe(first)
    await first[Symbol.asyncDispose]()
    await first.close()
    expect(await parts.channels()).toBe(second)
    await parts.close()
    expect(clock.pendingTimers).toBe(0)
  })

  test('what a part stands on is closed after it', async () => {
    const { parts, log, part } = world()
    await parts.once('outer', async () => {
      await Promise.resolve()
      await parts.once('inner', async () => part('inner'))
      return part('outer')
    })
    await parts.close()
    expect(log).toEqual(['outer', 'inner'])
  })
})

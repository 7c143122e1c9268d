import { describe, expect, test } from 'vitest'
import { startNode } from '../node/node.ts'
import { settled, virtualClock } from '../testing/index.ts'
import { defineActor } from './actor.ts'

const Plain = defineActor(import.meta.url, { name: 'plain', version: 1, init: () => 0 })

/** What nobody caught while `run` was under way. */
async function uncaughtOf(run: () => Promise<void>): Promise<readonly unknown[]> {
  const others = process.listeners('uncaughtException')
  const uncaught: unknown[] = []
  const take = (thrown: unknown) => void uncaught.push(thrown)
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', take)
  try {
    await run()
  } finally {
    process.off('uncaughtException', take)
    for (const other of others) process.on('uncaughtException', other)
  }
  return uncaught
}

describe('a listener that throws', () => {
  test('keeps no other from being told of an end, and is no fault of who ends', async () => {
    await using node = await startNode({ clock: virtualClock() })
    const actor = await node.spawn(Plain, undefined)
    const told: string[] = []
    const failure = new Error('told to')
    actor.monitor(() => {
      throw failure
    })
    actor.monitor(({ type }) => void told.push(type))
    const uncaught = await uncaughtOf(async () => {
      expect(await node.stop(actor)).toEqual({ type: 'shutdown' })
      await settled()
    })
    expect([told, uncaught]).toEqual([['shutdown'], [failure]])
  })
})

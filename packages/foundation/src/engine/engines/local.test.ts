import { afterAll, beforeAll, describe, test } from 'vitest'
import { delay, systemClock } from '../../clock.ts'
import { engineContract, settled } from '../../testing/index.ts'
import { LocalWorld } from './local/local-children.fixture.ts'

/** Laws that are looked at at once: most of their time goes by in waiting, which on this engine is real. */
const lanes = 10

describe('local keeps the contract', () => {
  const worlds: LocalWorld[] = []
  afterAll(async () => {
    for (const world of worlds) await world[Symbol.asyncDispose]()
  })
  const open = async () => {
    const world = await LocalWorld.make()
    worlds.push(world)
    const engine = await world.open()
    // What the hub had done before it answers was told before its answer.
    const settle = async () => {
      await engine.stores()
      await settled()
    }
    const advance = async (ms: number) => {
      await delay(systemClock, ms)
      await settle()
    }
    return { engine, settle, advance }
  }
  const laws = engineContract(open)
  const outcomes = laws.map(() => Promise.withResolvers<void>())

  beforeAll(() => {
    // The last ones wait longest, so they go first.
    const left = [...laws.entries()]
    const lane = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        const [i, law] = next
        outcomes[i]?.promise.catch(() => {})
        await law.run().then(outcomes[i]?.resolve, outcomes[i]?.reject)
      }
    }
    for (let i = 0; i < lanes; i++) void lane()
  })

  for (const [i, { name }] of laws.entries()) test(name, async () => await outcomes[i]?.promise)
})

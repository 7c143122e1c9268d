import { afterAll, describe, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { silentTelemetry } from '../../telemetry.ts'
import { engineContract, settled, signingEngine, virtualClock } from '../../testing/index.ts'
import { LocalWorld, threadHere } from './local/local-children.fixture.ts'
import { LocalEngine } from './local/local-engine.ts'
import { checkedLocal } from './local/local-options.ts'
import { openRendezvous, thisMachine } from './local/rendezvous.ts'

describe.for([
  ['local keeps the contract', false],
  ['local keeps the contract beneath an engine that signs', true],
] as const)('%s', ([, isSigned]) => {
  const worlds: LocalWorld[] = []
  afterAll(async () => {
    for (const world of worlds) await world[Symbol.asyncDispose]()
  })
  const open = async () => {
    const world = await LocalWorld.make()
    worlds.push(world)
    const clock = virtualClock()
    const node = { system: 'test', name: 'n1', clock, random: seededRandom('n1'), telemetry: silentTelemetry }
    const place = openRendezvous(world.directory, thisMachine())
    const opened = await LocalEngine.open(node, { settings: checkedLocal({}), place, startThread: threadHere(clock) })
    const security = { secret: 'a'.repeat(32) }
    const engine = isSigned ? signingEngine(opened, { clock, security }) : opened
    // What the hub had done before it answers was told before its answer.
    const settle = async () => {
      await engine.stores()
      await settled()
    }
    const advance = async (ms: number) => {
      await settle()
      await clock.advance(ms)
      await settle()
    }
    return { engine, settle, advance }
  }
  for (const { name, run } of engineContract(open)) test(name, run)
})

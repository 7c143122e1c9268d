/** The engine on NATS keeps the whole contract: on one server, on three that keep three copies, and beneath an engine that signs. */

import { nats } from '@mabeam/engine-nats'
import { type NatsServers, natsServers } from '@mabeam/engine-nats/testing'
import { delay, type Engine, type Json, seededRandom, silentTelemetry, systemClock } from '@mabeam/foundation'
import { engineContract, signingEngine, type TestedEngine } from '@mabeam/foundation/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'

const lawsMax = 120
/** Where a law looks before a time is over, a machine that is busy has most of a second for it. */
const pace = 3
/** An account for each law, so that it begins with nothing. */
const accounts: { [name: string]: Json } = Object.fromEntries(
  Array.from({ length: lawsMax }, (_, i) => [
    `LAW${i}`,
    { jetstream: 'enabled', users: [{ user: `law${i}`, password: 'law' }] },
  ]),
)

// Laws wait most of the time, and each has an account of its own.
describe.concurrent.for([
  { count: 1, pulse: 'thread', signed: false },
  { count: 3, pulse: 'inline', signed: false },
  { count: 1, pulse: 'inline', signed: true },
] as const)('on $count servers, signs of life $pulse, signed $signed', ({ count, pulse, signed }) => {
  let servers: NatsServers
  let laws = 0
  /** What is written in three copies is told to watchers and pullers a moment after its writer. */
  const marginMs = count === 3 ? 100 : 0
  beforeAll(async () => {
    servers = await natsServers({ count, server: { config: { accounts } } })
  })
  afterAll(() => servers[Symbol.asyncDispose]())

  const open = async (): Promise<TestedEngine> => {
    const user = `law${laws++}`
    const opened = await nats({
      servers: servers.urls,
      credentials: { user, password: 'law' },
      durability: 'relaxed',
      replicas: count,
      pulse,
    })({ system: 'test', name: 'n1', clock: systemClock, random: seededRandom(user), telemetry: silentTelemetry })
    const engine = signed ? signingEngine(opened, { security: { secret: 'a'.repeat(32) } }) : opened
    const settle = async () => {
      await settled(engine)
      if (marginMs > 0) await delay(systemClock, marginMs)
    }
    return { engine, settle, advance: (ms) => delay(systemClock, ms + marginMs), pace }
  }

  for (const { name, run } of engineContract(open)) test(name, run)
})

/** What was published is with the servers, and what they have for us is here: a question on each connection says so. */
async function settled(engine: Engine): Promise<void> {
  if (engine.status === 'closed') return
  const heard = Promise.withResolvers<void>()
  await using _ = await engine.subscribe('settled.session.beat', () => heard.resolve(), { redundant: true })
  engine.publish('settled.session.beat', new Uint8Array(0))
  await heard.promise
  const data = engine.native as { flush(): Promise<void> }
  for (let round = 0; round < 2; round++) await data.flush()
}

import { expect, test } from 'vitest'
import { Kernel } from '../actors/kernel.ts'
import type { RunningActor } from '../actors/running-actor.ts'
import { systemClock } from '../clock.ts'
import { seededRandom } from '../random.ts'
import { silentTelemetry } from '../telemetry.ts'
import { Worker } from './thread-actors.fixture.ts'
import { threadSettings } from './thread-options.ts'
import { ThreadPool } from './thread-pool.ts'

const settings = {
  system: 'test',
  name: 'node',
  epoch: 1,
  clock: systemClock,
  random: seededRandom(1),
  telemetry: silentTelemetry,
  codec: true,
  messageBytesMax: 10_000,
  callTimeoutMs: 10_000,
  actorsMax: 10,
  timersMax: 10,
  monitorsMax: 10,
  mailboxCapacity: 10,
  overflow: 'reject',
  waitersMax: 10,
  shutdownMs: 1_000,
  startMs: 10_000,
} as const

test('an actor in a thread is saved there, and goes on from that in another with the fence of its place', async () => {
  const kernel = new Kernel(settings)
  const pool = new ThreadPool(kernel, threadSettings({}))
  kernel.threads = pool
  const started = (begin?: Parameters<Kernel['start']>[2]['begin']) =>
    new Promise<RunningActor>((resolve, reject) => {
      const onStart = (failure?: { readonly thrown: unknown }) => (failure ? reject(failure.thrown) : resolve(actor))
      const actor = kernel.start(Worker, 3, { onStart, fence: 7, ...(begin && { begin }) })
    })
  const ask = (actor: RunningActor, call: string, input?: unknown) => kernel.reference(actor).call(call, input)

  const first = await started()
  expect(await ask(first, 'add', 1)).toBe(4)
  expect(await ask(first, 'fence')).toBe(7)
  const saved = await first.definition.save?.(first.state)
  expect(saved).toEqual({ n: 4 })
  expect(await ask(first, 'add', 1)).toBe(5)

  const { definition } = first
  const second = await started((context) => definition.load?.(saved, 3, context))
  expect(await ask(second, 'add', 1)).toBe(41)

  for (const actor of [first, second]) actor.stop({ type: 'shutdown' })
  kernel.close()
  await pool.close()
})

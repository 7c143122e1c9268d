import { expect, test } from 'vitest'
import type { EngineMessage } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { collectTelemetry, settled, testPort } from '../testing/index.ts'
import type { DrainReport } from './node-draining.ts'
import { OperationAnswers, operationsMax } from './operation-answers.ts'
import { operationSubject, requestBytes } from './operation-message.ts'

function asked() {
  const telemetry = collectTelemetry()
  const engine = memoryEngine()
  const port = testPort({ engine, telemetry })
  const drains = Array.from({ length: operationsMax }, () => Promise.withResolvers<DrainReport>())
  let closed = 0
  let begun = 0
  const answers = new OperationAnswers(port, {
    status: () => Promise.reject(new Error('not now')),
    drain: () => (drains[begun++] as PromiseWithResolvers<DrainReport>).promise,
    undrain: () => {},
    close: () => closed++,
  })
  const leave = requestBytes(port.codec, { operation: 'leave', timeoutMs: 1 })
  const subject = operationSubject(port.system, port.name)
  return { telemetry, engine, port, answers, drains, leave, subject, closed: () => closed }
}

const report = { done: true, names: [], actors: 0, tookMs: 1, places: [], untaken: [], tasks: 0, moves: 0 } as const

test('a node that was asked to leave leaves, though who asked can’t be told; nothing is thrown at nobody', async () => {
  const world = asked()
  // An engine that is gone by the time there is something to say.
  let onMessage: (message: EngineMessage) => void = () => {}
  const subscribe = async (_: string, listener: typeof onMessage) => {
    onMessage = listener
    return { [Symbol.asyncDispose]: async () => {} }
  }
  const engine = { ...world.engine, subscribe } as unknown as typeof world.engine
  const answers = new OperationAnswers(
    { ...world.port, engine },
    {
      status: () => Promise.reject(new Error('not now')),
      drain: async () => ({ ...report, registrations: 0 }),
      undrain: () => {},
      close: () => closed.resolve(),
    },
  )
  const closed = Promise.withResolvers<void>()
  await answers.open()
  const respond = () => {
    throw new Error('the engine is closed')
  }
  onMessage({ subject: world.subject, body: world.leave, isRequest: true, respond })
  await closed.promise
  expect(world.telemetry.named('foundation.operation-failed').map(({ metadata }) => metadata.message)).toEqual([
    'the engine is closed',
    'the engine is closed',
  ])
})

test('so many operations are under way at once, one more is refused, and there is room again when one has ended', async () => {
  const { engine, answers, drains, leave, subject, closed } = asked()
  await answers.open()
  const waiting = drains.map(() => engine.request(subject, leave))
  await settled()
  const text = new TextDecoder()
  expect(text.decode(await engine.request(subject, leave))).toContain(`at most ${operationsMax}`)
  for (const drain of drains) drain.resolve({ ...report, registrations: 0 })
  await Promise.all(waiting)
  expect(closed()).toBe(operationsMax)
  await answers[Symbol.asyncDispose]()
  await engine.close()
})

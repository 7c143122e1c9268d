import { expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { startNode } from '../node/node.ts'
import { Worker } from '../threads/thread-actors.fixture.ts'

test('an actor in a thread moves from thread to thread, as a place and by its name', async () => {
  await using engine = memoryEngine()
  const options = { engine, definitions: [Worker] }
  await using a = await startNode({ ...options, name: 'a' })
  await using b = await startNode({ ...options, name: 'b' })
  for (const node of [a, b]) await node.place(Worker, 3, { name: 'worker', strategy: 'singleton' })
  const placed = a.lookup(Worker, 'worker')
  expect(await placed.call('add', 1)).toBe(4)
  await a.move(placed, { to: 'b' })
  // Its load says that it came this way.
  expect(await placed.call('add', 1)).toBe(41)
  expect([a.actors, b.actors]).toEqual([0, 1])

  const named = await a.spawn(Worker, 5, { name: 'named', scope: 'system' })
  expect(await named.call('add', 1)).toBe(6)
  await b.move(b.lookup(Worker, 'named'), { to: 'b' })
  expect(await named.call('add', 1)).toBe(61)
  expect([a.actors, b.actors]).toEqual([0, 2])
})

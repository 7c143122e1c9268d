import { expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { Counter } from '../testing/counter.ts'
import { settled, virtualClock } from '../testing/index.ts'
import { startNode } from './node.ts'

async function started(names: readonly string[], places: readonly string[] = names) {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const nodes = []
  for (const name of names) {
    const starting = startNode({ engine, clock, name })
    await clock.advance(2_000)
    const node = await starting
    if (!places.includes(name)) {
      nodes.push({ node, one: undefined })
      continue
    }
    const placing = node.place(Counter, undefined, { name: 'one', strategy: 'singleton' })
    await clock.advance(2_000)
    nodes.push({ node, one: await placing })
  }
  return { clock, nodes }
}

async function isClosed(closing: Promise<void>): Promise<boolean> {
  let closed = false
  void closing.then(() => {
    closed = true
  })
  await settled()
  return closed
}

test('a node that is the only one waits for nobody to take over its places when it closes', async () => {
  const { nodes } = await started(['a'])
  for (const { node, one } of nodes) {
    expect(await one?.ref().call('add', 1)).toBe(1)
    expect(await isClosed(node.close())).toBe(true)
  }
})

test('a node beside others, none of which offers its places, waits for none of them either', async () => {
  const { nodes } = await started(['a', 'b'], ['a'])
  const [first] = nodes
  expect(await first?.one?.ref().call('add', 1)).toBe(1)
  expect(first && (await isClosed(first.node.close()))).toBe(true)
})

test('the last of several, whose others have left, does so too', async () => {
  const { clock, nodes } = await started(['a', 'b'])
  const [first, last] = nodes
  expect(await first?.one?.ref().call('add', 1)).toBe(1)
  const closing = first?.node.close()
  await clock.advance(3_000)
  await closing
  const call = last?.one?.ref().call('add', 1)
  await clock.advance(1_000)
  expect(await call).toBe(2)
  expect(last && (await isClosed(last.node.close()))).toBe(true)
})

import { expect, test } from 'vitest'
import { consoleTelemetry, defineActor, delay, effect, startNode, withEffects } from './index.ts'

const Ticker = defineActor(import.meta.url, {
  name: 'ticker',
  version: 1,
  init: () => withEffects(0, [effect.startTimer('tick', { delayMs: 1, cast: 'tick' })]),
  calls: { ticks: { run: (n) => [n, n] } },
  casts: { tick: { run: (n: number) => n + 1 } },
})

test('a program of actors, timers and tasks needs no other package', async () => {
  await using node = await startNode({ telemetry: consoleTelemetry(), configuration: { file: false } })
  const ticker = await node.spawn(Ticker, undefined)
  while ((await ticker.call('ticks')) < 1) await delay(node.clock, 1)
  const queue = await node.queue<number>('numbers')
  await using _ = queue.work(({ value }) => value + 1)
  const results: unknown[] = []
  for await (const one of queue.distribute<number>([1])) if (one.type === 'done') results.push(one.result)
  expect(results).toEqual([2])
})

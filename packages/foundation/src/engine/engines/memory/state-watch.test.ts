import { expect, test } from 'vitest'
import { seededRandom } from '../../../random.ts'
import { settled, virtualClock } from '../../../testing/index.ts'
import { Turns } from '../../../turns.ts'
import { memoryLimitDefaults } from './memory-port.ts'
import { MemoryWatch } from './state-watch.ts'

test('a watch that is lost before it begins tells whoever begins it, and nobody else', async () => {
  const clock = virtualClock()
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    const port = {
      name: 'test',
      clock,
      random: seededRandom(1),
      turns: new Turns(clock),
      limits: memoryLimitDefaults,
      checkOpen: () => {},
      report: () => {},
    }
    const watch = new MemoryWatch(port, { state: 'claims', pattern: '>', onChange: () => {}, onEnd: () => {} })
    const reason = new Error('the hub is gone')
    watch.lose(reason)
    await settled()
    expect(unhandled).toEqual([])
    expect(await watch.lost).toBe(reason)
    await expect(watch.begin([])).rejects.toBe(reason)
  } finally {
    process.off('unhandledRejection', note)
  }
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { settled, virtualClock } from '../testing/index.ts'
import { startNode } from './node.ts'

const program = `
import { startNode } from '@mabeam/foundation'
const node = await startNode()
const serving = node.serve()
console.log('serving')
await serving
console.log('closed', node.actors)
`

describe('serve', () => {
  test('holds the process until SIGTERM, then closes the node and lets it end with 0', async () => {
    const args = ['--conditions=mabeam-source', '--input-type=module', '-e', program]
    const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output === 'serving\n') child.kill('SIGTERM')
    })
    const [code] = await once(child, 'close')
    expect([code, output]).toEqual([0, 'serving\nclosed 0\n'])
  })

  test('ends by its signal too, and leaves no timer and no listener', async () => {
    const clock = virtualClock()
    const node = await startNode({ clock })
    const listeners = process.listenerCount('SIGTERM')
    const ending = new AbortController()
    const serving = node.serve({ signal: ending.signal })
    await settled()
    expect([clock.pendingTimers, process.listenerCount('SIGTERM')]).toEqual([1, listeners + 1])
    ending.abort()
    await serving
    expect([clock.pendingTimers, process.listenerCount('SIGTERM')]).toEqual([0, listeners])
  })

  test('ends when the node is closed by something else', async () => {
    const node = await startNode({ clock: virtualClock() })
    const serving = node.serve()
    await node.close()
    await serving
    await node.serve()
  })

  test('an unknown option is refused by name', async () => {
    await using node = await startNode({ clock: virtualClock() })
    await expect(node.serve({ signales: [] } as never)).rejects.toThrow('did you mean "signals"?')
  })
})

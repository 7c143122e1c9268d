import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const program = `
import { defineActor, startNode } from '@mabeam/foundation'
const One = defineActor(import.meta.url, { name: 'one', version: 1, init: () => 0, calls: { get: { run: (n) => [n, n] } } })
const node = await startNode()
const one = await node.place(One, undefined, { name: 'one', strategy: 'singleton' })
await one.ref().call('get')
const { done, places } = await node.drain({ timeoutMs: 50 })
console.log(done, places)
`

test('a program that waits for its node to be drained does not end before', async () => {
  const args = ['--conditions=mabeam-source', '--input-type=module', '-e', program]
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code] = await once(child, 'close')
  expect([code, output]).toEqual([0, "false [ 'one' ]\n"])
})

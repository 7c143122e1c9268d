/**
 * Two real processes of one program, with nothing configured: one runs the indexer. First that one is asked to leave and hands over
 * what it has; then its successor is killed, and a third one takes over with what was handed over last.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { hasCode, startNode } from 'mabeam'
import { Indexer } from './indexer.ts'

// A meeting point of its own, so that this run meets no other; you need not say any.
const directory = await mkdtemp(join(tmpdir(), 'mabeam-example-'))
process.env.MABEAM_CLUSTER = 'local'
process.env.MABEAM_CLUSTER__DIRECTORY = directory

const processes = new Map<string, ChildProcess>()

/** Runs the program as a process of that name, and waits until it is up. */
async function start(name: string): Promise<void> {
  const program = join(import.meta.dirname, 'indexer.ts')
  const child = spawn(process.execPath, ['--conditions=mabeam-source', program], {
    env: { ...process.env, MABEAM_NAME: name },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  processes.set(name, child)
  for await (const line of createInterface(child.stdout)) {
    console.log(`  ${line}`)
    return
  }
  throw new Error(`${name} ended before it was up`)
}

async function end(name: string, signal: NodeJS.Signals): Promise<void> {
  const child = processes.get(name)
  child?.kill(signal)
  await once(child as ChildProcess, 'exit')
}

try {
  await start('one')
  await start('two')
  // This process looks on: it takes part in the system, and offers to run nothing.
  await using node = await startNode({ name: 'visitor' })
  const indexer = node.lookup(Indexer, 'indexer')
  // A call that was on its way to a node that died may have been done. Who knows that twice does no harm calls again.
  const add = async (page: string) => {
    try {
      return await indexer.call('add', page)
    } catch (thrown) {
      // The second one where the hub died with the node.
      const isUnknown = hasCode(thrown, 'foundation/node-down') || hasCode(thrown, 'foundation/engine-unavailable')
      if (!isUnknown) throw thrown
      return await indexer.call('add', page)
    }
  }

  const before = await add('a.html')
  console.log(`${before.node} runs the indexer with token ${before.token} and has ${before.pages.join(' ')}`)

  await end(before.node, 'SIGTERM')
  const left = await add('b.html')
  console.log(`${before.node} left:   ${left.node} runs it with token ${left.token} and has ${left.pages.join(' ')}`)

  await start('three')
  const atMs = performance.now()
  await end(left.node, 'SIGKILL')
  const died = await add('c.html')
  console.log(`${left.node} died:   ${died.node} runs it with token ${died.token} and has ${died.pages.join(' ')}`)
  console.log(`  the call was answered ${Math.round(performance.now() - atMs)} ms after kill -9`)
} finally {
  for (const child of processes.values()) child.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
}

/**
 * What it takes to run code that nobody has read: start, a small program, a call of a host function, memory, many at once, and how late what is
 * endless is stopped. Beside what others use for it, none of which has the same border (`bench/peers/sandboxes/sandbox.mjs` says what
 * each lacks): QuickJS by itself, which is what the border of ours costs; a context of `node:vm`; a worker thread; isolated-vm.
 */

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'
import { builtPrograms } from './harness/built-programs.ts'
import { commandFigures, type ProcessFigures, programFigures } from './harness/child-process.ts'
import { isNpmPeerInstalled, npmPeerInstall } from './harness/npm-peers.ts'
import { ours } from './harness/paired-runs.ts'
import { inTurns, runsWithIntervals, sideBySide } from './harness/side-by-side.ts'

const peers = ['quickjs', 'node-vm', 'worker', 'isolated-vm'] as const
const peerFolder = path.resolve(import.meta.dirname, 'peers', 'sandboxes')
/** MEASURE_MS STARTS AT_ONCE STOPS ENDLESS of `programs/sandbox.ts`. */
const counts = { quick: ['5', '1', '2', '1', 'Loop'], full: ['120', '3', '20', '2', 'Loop,Await,Regexp,Native'] }

export const bench: Bench = {
  name: 'sandbox',
  what: 'a sandbox of its own thread: ms from nothing to the first value, µs of a small program and of a call of a host function (CPU of all threads; runUs as time passed), of fib(20); 20 at once (quick: 2): ms until all have answered, MiB of each; ms after a limit of 100 until it is told that endless code was stopped (a loop, promises, a regular expression, a native function that never looks)',
  target: 'startMs < 250; runUs < 500; stopLateMsLoop < 50; stopLateMaxMsNative < 1,500; rssMiB < 32',
  async run({ quick, log }) {
    const args = quick ? counts.quick : counts.full
    const installed = peers.filter((peer) => peer !== 'isolated-vm' || isNpmPeerInstalled('sandboxes'))
    const peerTurn = (peer: string) => () => {
      const needed = peer === 'isolated-vm' ? ['--no-node-snapshot'] : []
      const asked = quick ? args.with(-1, 'none') : args
      return commandFigures(process.execPath, [...needed, path.join(peerFolder, 'sandbox.mjs'), peer, ...asked])
    }
    const measure = (own: () => Promise<ProcessFigures>) => {
      const turns = Object.fromEntries(installed.map((peer) => [peer, peerTurn(peer)]))
      return inTurns({ [ours]: own, ...turns }, quick ? 1 : runsWithIntervals, log)
    }
    const runs = quick ? await measure(() => programFigures('sandbox', args)) : await builtAnd(args, measure)
    return sideBySide({
      runs,
      peers,
      costs: ['startMs', 'startCpuMs', 'runUs', 'runCpuUs', 'hostCallCpuUs', 'computeCpuUs', 'atOnceMs', 'rssMiB'],
      peerInstalls: { 'isolated-vm': npmPeerInstall('sandboxes') },
    })
  },
}

/** Its thread starts with what a package holds, so that nothing is stripped of types in each. */
async function builtAnd<T>(args: readonly string[], measure: (own: () => Promise<ProcessFigures>) => Promise<T>) {
  await using built = await builtPrograms(['sandbox'], ['foundation', 'ml', 'dspx'])
  const program = fileURLToPath(built.program('sandbox'))
  return await measure(() => commandFigures(process.execPath, [program, ...args]))
}

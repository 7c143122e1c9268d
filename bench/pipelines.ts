/**
 * What a pipeline of three stages adds to each item, how near it comes to what its waits allow, and what it holds before a slow consumer; beside async
 * generators written by hand (which do one thing after the other), streaming-iterables, and object streams of Node. Generators have no limit of items at work, and
 * none of the peers counts, retries or has a choice of what a failure does: the ratio is what that costs.
 */

import path from 'node:path'
import type { Bench } from './bench.ts'
import { commandFigures, type ProcessFigures, programFigures } from './harness/child-process.ts'
import { isNpmPeerInstalled, npmPeerInstall } from './harness/npm-peers.ts'
import { ours } from './harness/paired-runs.ts'
import { inTurns, runsWithIntervals, sideBySide } from './harness/side-by-side.ts'

const peers = ['generators', 'streaming-iterables', 'node-streams'] as const
/** Each line in a process of its own, so that none that waits spoils one that works; a quick run has but one process. */
const modes = {
  ours: ['plain,ordered,unordered,batch,paced', 'held,waited,rate'],
  peers: ['plain,ordered,unordered,batch', 'held,waited'],
}
const peerFolder = path.resolve(import.meta.dirname, 'peers', 'streams')

export const bench: Bench = {
  name: 'pipelines',
  what: 'three stages: CPU µs an item (one by one, 16 at once with and without order, batches of 100, a rate that never waits); part of the rate that waits of 1 to 76 ms allow, 100 at once; part of rates of 100 and 1,000 a second that is reached; most items held before a slow consumer, 16 at once, bytes of heap that stay',
  target:
    'usPerItem < 10; heldItemsMax ≤ 97, 32 a stage and the one that is taken; heapGrowthBytesPerItem < 1; rateReached100 ≥ 0.95',
  async run({ quick, log }) {
    const [measureMs, items] = quick ? ['10', '200'] : ['200', '1500']
    const turnOf = (who: string) => () => figuresOf(who, quick, [measureMs, items])
    const installed = peers.filter((peer) => peer !== 'streaming-iterables' || isNpmPeerInstalled('streams'))
    const runs = await inTurns(
      Object.fromEntries([ours, ...installed].map((who) => [who, turnOf(who)])),
      quick ? 1 : runsWithIntervals,
      log,
    )
    return sideBySide({
      runs,
      peers,
      costs: ['usPerItem', 'usPerItemOrdered', 'usPerItemUnordered', 'usPerItemBatch'],
      gains: ['efficiencyOrdered', 'efficiencyUnordered'],
      peerInstalls: { 'streaming-iterables': npmPeerInstall('streams') },
    })
  },
}

async function figuresOf(who: string, quick: boolean, args: readonly string[]): Promise<ProcessFigures> {
  const own = who === ours ? modes.ours : modes.peers
  const node = ['--expose-gc']
  const found: ProcessFigures[] = []
  for (const some of quick ? [own.join()] : own) {
    if (who === ours) found.push(await programFigures('pipelines', [some, ...args], node))
    else {
      const program = path.join(peerFolder, 'pipelines.mjs')
      found.push(await commandFigures(process.execPath, [...node, program, who, some, ...args]))
    }
  }
  return Object.assign({}, ...found)
}

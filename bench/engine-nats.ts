/** What the engine on NATS adds to the client beneath: both send the same bytes to the same server, in turn. */

import { natsServers } from '@mabeam/engine-nats/testing'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { programFigures } from './harness/child-process.ts'
import { ours, pairedResult, type Run } from './harness/paired-runs.ts'

const figures = ['publishPerSec', 'requestPerSec1', 'requestPerSec64', 'kvPerSec64', 'pushPerSec64', 'pullAckPerSec']

export const bench: Bench = {
  name: 'engine-nats',
  what: 'messages, requests, updates by revision and queue work a second, 64 bytes each, beside the client beneath',
  target: 'each …VsRaw ≥ 0.9',
  run: benchEngineNats,
}

async function benchEngineNats({ quick, log }: BenchOptions): Promise<BenchResult> {
  await using servers = await natsServers()
  const runs: Run[] = []
  const url = servers.urls[0] as string
  const partMs = quick ? 100 : 2_000
  for (let run = 0; run < (quick ? 1 : 5); run++) {
    log(`run ${run + 1}`)
    // Who goes first changes: the second finds a server that is warm.
    const order = run % 2 === 0 ? [ours, 'raw'] : ['raw', ours]
    const found = new Map<string, Awaited<ReturnType<typeof programFigures>>>()
    for (const who of order) found.set(who, await programFigures('engine-nats', [who, url, String(partMs)]))
    runs.push(new Map([ours, 'raw'].map((who) => [who, found.get(who) ?? {}])))
  }
  return pairedResult({ peer: 'raw', compared: figures.map((metric) => ({ metric })), runs })
}

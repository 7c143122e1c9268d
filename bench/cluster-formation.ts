/**
 * How long it takes from starting the programs until each node sees all others, the start of Node itself included; and what a node
 * that is ready for others costs in memory over one that is alone.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { natsServers } from '@mabeam/engine-nats/testing'
import { median } from '@mabeam/ml'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { clusterNode, clusterProcess, seeEachOther } from './harness/cluster-nodes.ts'
import type { OpenedNode } from './programs/cluster-node.ts'

export const bench: Bench = {
  name: 'cluster-formation',
  what: 'three programs, from their start until each sees the others, in ms; memory of a node alone on each engine, in MiB',
  target: 'localMsP50 < 1,000; natsMsP50 < 3,000; …RssOverMemory < 1.1',
  run: benchFormation,
}

const nodes = 3

async function benchFormation({ quick, log }: BenchOptions): Promise<BenchResult> {
  await using servers = await natsServers()
  const folder = await mkdtemp(path.join(tmpdir(), 'mabeam-bench-'))
  try {
    const rounds = quick ? 1 : 11
    const local: number[] = []
    const nats: number[] = []
    for (let round = 0; round < rounds; round++) {
      local.push(await formationMs({ engine: 'local', where: [path.join(folder, `hub-${round}`)] }))
      nats.push(await formationMs({ engine: 'nats', where: servers.urls }))
      log(`round ${round + 1}: ${Math.round(local.at(-1) ?? 0)} ms local, ${Math.round(nats.at(-1) ?? 0)} ms nats`)
    }
    const [memory, alone, beside] = [
      await rssMiB({ engine: 'memory', where: [] }, rounds),
      await rssMiB({ engine: 'local', where: [path.join(folder, 'alone')] }, rounds),
      await rssMiB({ engine: 'nats', where: servers.urls }, rounds),
    ]
    return {
      metrics: {
        localMsP50: median(local),
        localMsMax: Math.max(...local),
        natsMsP50: median(nats),
        natsMsMax: Math.max(...nats),
        nodes,
        memoryRssMiB: memory,
        localRssMiB: alone,
        natsRssMiB: beside,
        localRssOverMemory: alone / memory,
        natsRssOverMemory: beside / memory,
      },
      runs: rounds,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Engine = Omit<OpenedNode, 'name'>

async function formationMs(engine: Engine): Promise<number> {
  const startMs = performance.now()
  const started = await Promise.all(
    Array.from({ length: nodes }, (_, i) => clusterNode({ ...engine, name: `n${i + 1}` })),
  )
  await seeEachOther(started)
  const ms = performance.now() - startMs
  await Promise.all(started.map((one) => one.ask('close', undefined)))
  await Promise.all(started.map((one) => one[Symbol.asyncDispose]()))
  return ms
}

async function rssMiB(engine: Engine, rounds: number): Promise<number> {
  const found: number[] = []
  for (let round = 0; round < Math.min(rounds, 5); round++) {
    await using alone = await clusterProcess('alone', ['--expose-gc'])
    await alone.ask('open', { ...engine, name: `alone-${round}` })
    found.push(await alone.ask('rssMiB', undefined))
    await alone.ask('close', undefined)
  }
  return median(found)
}

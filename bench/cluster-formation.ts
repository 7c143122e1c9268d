/**
 * How long it takes from starting the programs until each node sees all others, the start of Node itself included; and what a node
 * that is ready for others costs in memory over one that is alone. Programs stand on packages as they are published, and once more on their
 * sources, whose types Node strips anew at each start.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { natsServers } from '@mabeam/engine-nats/testing'
import { median } from '@mabeam/ml'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'
import { builtPrograms } from './harness/built-programs.ts'
import { clusterNode, clusterProcess, programFromSource, seeEachOther } from './harness/cluster-nodes.ts'
import type { OpenedNode } from './programs/cluster-node.ts'

export const bench: Bench = {
  name: 'cluster-formation',
  what: 'three programs on built packages, from their start until each sees the others, in ms; memory of a node alone on each engine, in MiB',
  target: 'localMsP50 < 1,000; natsMsP50 < 3,000; …RssOverMemory < 1.1',
  run: benchFormation,
}

const nodes = 3

async function benchFormation({ quick, log }: BenchOptions): Promise<BenchResult> {
  await using servers = await natsServers()
  await using built = await builtPrograms(['cluster-node'], ['foundation', 'engine-nats'])
  const program = built.program('cluster-node')
  const folder = await mkdtemp(path.join(tmpdir(), 'mabeam-bench-'))
  try {
    const rounds = quick ? 1 : 11
    const local: number[] = []
    const nats: number[] = []
    const localSource: number[] = []
    const natsSource: number[] = []
    const onNats = { engine: 'nats', where: servers.urls } as const
    for (let round = 0; round < rounds; round++) {
      const onLocal = (name: string) => ({ engine: 'local', where: [path.join(folder, `${name}-${round}`)] }) as const
      local.push(await formationMs(onLocal('built'), program))
      nats.push(await formationMs(onNats, program))
      localSource.push(await formationMs(onLocal('source'), programFromSource))
      natsSource.push(await formationMs(onNats, programFromSource))
      log(`round ${round + 1}: ${Math.round(local.at(-1) ?? 0)} ms local, ${Math.round(nats.at(-1) ?? 0)} ms nats`)
    }
    const [memory, alone, beside] = [
      await rssMiB({ engine: 'memory', where: [] }, program, rounds),
      await rssMiB({ engine: 'local', where: [path.join(folder, 'alone')] }, program, rounds),
      await rssMiB(onNats, program, rounds),
    ]
    return {
      metrics: {
        localMsP50: median(local),
        localMsMax: Math.max(...local),
        natsMsP50: median(nats),
        natsMsMax: Math.max(...nats),
        localFromSourceMsP50: median(localSource),
        natsFromSourceMsP50: median(natsSource),
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

async function formationMs(engine: Engine, program: URL): Promise<number> {
  const startMs = performance.now()
  const started = await Promise.all(
    Array.from({ length: nodes }, (_, i) => clusterNode({ ...engine, name: `n${i + 1}` }, program)),
  )
  await seeEachOther(started)
  const ms = performance.now() - startMs
  await Promise.all(started.map((one) => one.ask('close', undefined)))
  await Promise.all(started.map((one) => one[Symbol.asyncDispose]()))
  return ms
}

async function rssMiB(engine: Engine, program: URL, rounds: number): Promise<number> {
  const found: number[] = []
  for (let round = 0; round < Math.min(rounds, 5); round++) {
    await using alone = await clusterProcess('alone', { execArgs: ['--expose-gc'], program })
    await alone.ask('open', { ...engine, name: `alone-${round}` })
    found.push(await alone.ask('rssMiB', undefined))
    await alone.ask('close', undefined)
  }
  return median(found)
}

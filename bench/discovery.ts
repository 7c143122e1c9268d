/** How long it takes to find an actor or an instance of a service among 10,000: from the cache, and without it. */

import {
  memoryEngine,
  openDirectory,
  openMembership,
  openServices,
  type Services,
  systemClock,
} from '@mabeam/foundation'
import { testPort } from '@mabeam/foundation/testing'
import { quantile } from '@mabeam/ml'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'

const instances = 10_000
const services = 500

export const bench: Bench = {
  name: 'discovery',
  what: 'finding one of 10,000 names and 10,000 instances of 500 services, 99th percentile in milliseconds',
  target: 'lookupP99Ms and discoverP99Ms < 1; lookupColdP99Ms and discoverColdP99Ms < 10',
  run: benchDiscovery,
}

async function benchDiscovery({ quick, log }: BenchOptions): Promise<BenchResult> {
  const engine = memoryEngine()
  const open = async (name: string) => {
    const port = testPort({ engine, clock: systemClock, name, epoch: systemClock.nowMs() })
    const membership = await openMembership(port)
    const directory = await openDirectory(port, membership)
    const mesh = openServices(port, directory, { callActor: async () => undefined })
    return { port, membership, directory, mesh }
  }
  const owner = await open('owner')
  const address = (id: number) => ({ system: 'test', node: 'owner', epoch: owner.port.epoch, id })
  log(`registering ${instances} names and ${instances} instances`)
  for (let id = 0; id < instances; id++) {
    await owner.directory.register(`name-${id}`, address(id))
    await owner.mesh.register(`service-${id % services}`, address(id), {
      capabilities: [id % 2 === 0 ? 'even' : 'odd', `c${id % 10}`],
      metadata: { zone: `z${id % 4}` },
    })
  }
  const openedMs = systemClock.monotonicMs()
  const reader = await open('reader')
  const openMs = systemClock.monotonicMs() - openedMs
  const rounds = quick ? 2_000 : 50_000
  const { directory, mesh } = reader
  const lookup = await p99(rounds, (i) => directory.lookup(`name-${(i * 7919) % instances}`) ?? missing())
  const lookupCold = await p99(rounds / 10, (i) => directory.lookupFresh(`name-${(i * 7919) % instances}`))
  const discover = await p99(rounds, (i) => found(mesh, i))
  const discoverCold = await p99(
    rounds / 100,
    async (i) => await found(mesh, i),
    async (i) => {
      // Any change makes the index work anew.
      await owner.mesh.register('service-0', address(0), { capabilities: ['even', `round${i}`] })
      while (mesh.discover({ capability: `round${i}` }).length === 0) await turn()
    },
  )
  for (const { mesh, directory, membership } of [reader, owner]) {
    await mesh.close()
    await directory.close()
    await membership.close()
  }
  await engine.close()
  const metrics = {
    lookupP99Ms: lookup,
    lookupColdP99Ms: lookupCold,
    discoverP99Ms: discover,
    discoverColdP99Ms: discoverCold,
    cacheFillMs: openMs,
  }
  return { metrics, runs: rounds }
}

function found(mesh: Services, i: number): unknown {
  const name = `service-${(i * 7919) % services}`
  const found = i % 2 === 0 ? mesh.discover({ name }) : mesh.discover({ name, metadata: { zone: `z${i % 4}` } })
  return i % 2 === 0 && found.length === 0 ? missing() : found
}

function missing(): never {
  throw new Error('expected everything that was registered to be found')
}

/** Each call timed by itself; what `before` does is not. */
async function p99(
  rounds: number,
  run: (i: number) => unknown,
  before?: (i: number) => Promise<void>,
): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < rounds; i++) {
    await before?.(i)
    const startMs = performance.now()
    const result = run(i)
    if (result instanceof Promise) await result
    times.push(performance.now() - startMs)
  }
  return quantile(times, 0.99)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

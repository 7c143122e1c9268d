/** One run: three servers and five nodes that work, faults of a seed, then peace, then the verdict. */

import { delay, seededRandom, systemClock } from '@mabeam/foundation'
import { expect } from 'vitest'
import { ClusterWorld, nodeCount } from './cluster-world.ts'
import { faultPlan } from './fault-plan.ts'
import { strike } from './fault-strikes.ts'
import { missingForPeace, type RunVerdicts, runVerdicts } from './fault-verdicts.ts'
import type { FaultyNodeView, PlantedBug } from './faulty-node.ts'

export interface FaultRun {
  readonly seed: number
  /** How long faults go on. */
  readonly forMs: number
  /** How long it may take until all is well again. */
  readonly peaceMs: number
  /** @default none */
  readonly plant?: PlantedBug
}

/** Every operation has ended by then, once all is well: longer than any time limit of the parts. */
const endsWithinMs = 45_000

/** Fails with the seed, what was done and what broke. */
export async function faultRun({ seed, forMs, peaceMs, plant }: FaultRun): Promise<RunVerdicts> {
  await using world = await ClusterWorld.open({ seed, plant })
  await strike(world, faultPlan(seededRandom(seed), forMs))
  const stopped = world.running.map(async (one) => {
    const left = await one.ask('stop', endsWithinMs, { timeoutMs: endsWithinMs * 2 })
    return left.map((what) => `${one.name} does not come to an end with: ${what}`)
  })
  const hanging = (await Promise.all(stopped)).flat()
  const missing = await untilPeace(world, peaceMs)
  const verdicts = runVerdicts(world, await world.history.collect())
  const broken = [...hanging, ...(missing === undefined ? [] : [`no peace: ${missing}`]), ...verdicts.broken]
  const told = `seed ${seed}: ${JSON.stringify(verdicts.counts)}\n${world.log.lines.join('\n')}`
  if (broken.length > 0) throw new Error(`${broken.join('\n')}\n${told}`)
  // A run in which nothing happened proves nothing.
  for (const count of ['tasksDone', 'effects', 'claims', 'names', 'cellOperations', 'serverDeathsAlone']) {
    expect(verdicts.counts[count], `${count}; ${told}`).toBeGreaterThan(0)
  }
  return verdicts
}

/** Resolves with what is still missing when the time is over. */
async function untilPeace(world: ClusterWorld, peaceMs: number): Promise<string | undefined> {
  const untilMs = systemClock.monotonicMs() + peaceMs
  for (;;) {
    const missing = await missingNow(world)
    if (missing === undefined || systemClock.monotonicMs() > untilMs) return missing
    await delay(systemClock, 500)
  }
}

async function missingNow(world: ClusterWorld): Promise<string | undefined> {
  const views = new Map<string, FaultyNodeView>()
  for (const one of world.running) {
    try {
      views.set(one.name, await one.ask('view', undefined, { timeoutMs: 10_000 }))
    } catch (thrown) {
      return `${one.name} tells nothing: ${String(thrown)}`
    }
  }
  return views.size === nodeCount ? missingForPeace(views) : `${views.size} of ${nodeCount} nodes run`
}

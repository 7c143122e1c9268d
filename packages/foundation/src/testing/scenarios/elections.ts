/** A schedule of faults in which nodes are well and only the server elects a leader, time and again. */

import { seededRandom } from '../../random.ts'
import type { Fault } from '../sim/fault.ts'

export interface ElectionsOptions {
  /** None begins later. */
  readonly untilMs: number
}

const firstMs = 1_000
const firstSpreadMs = 8_000
/** As long as they were measured to take. */
const shortestMs = 4_200
const spreadMs = 3_600
/** From one to the next: by then sessions have been renewed. */
const gapMs = 12_000
const gapSpreadMs = 4_000

/** The same seed gives the same schedule. No two are so near that a session could not be renewed between them. */
export function elections(seed: number, { untilMs }: ElectionsOptions): readonly Fault[] {
  const random = seededRandom(seed)
  const faults: Fault[] = []
  for (let atMs = firstMs + random.int(firstSpreadMs); atMs < untilMs; atMs += gapMs + random.int(gapSpreadMs)) {
    faults.push({ type: 'outage', atMs, forMs: shortestMs + random.int(spreadMs) })
  }
  return faults
}

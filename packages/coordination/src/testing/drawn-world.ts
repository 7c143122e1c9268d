/** A world for a simulation, drawn from a seed. */

import { seededRandom } from '@mabeam/foundation'
import type { AgreementWorldOptions } from './agreement-run.ts'

const sizes = [4, 4, 7, 10, 13]

/** Size, weights, fast path, subject and restarts as the seed has it; attacks are to be added. */
export function drawnWorld(seed: number | string): AgreementWorldOptions {
  const random = seededRandom(seed).fork('drawn')
  const members = sizes[random.int(sizes.length)] ?? 4
  const weights = Array.from({ length: members }, () => 1 + random.int(members > 4 ? 3 : 1))
  const isWeighted = random.next() < 0.3 && Math.max(...weights) * 3 < weights.reduce((sum, weight) => sum + weight, 0)
  return {
    seed,
    members,
    fastPath: random.next() < 0.7,
    subject: random.next() < 0.3 ? 'value' : 'ballots',
    restarts: random.next() < 0.4,
    ...(isWeighted && { weights }),
  }
}

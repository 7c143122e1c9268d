/** The parts of a system under faults, each with the law that it keeps; the same by day and by night. */

import {
  convergingNodes,
  fencedSingleton,
  movingShards,
  remoteCalls,
  sharedCache,
  sharedQueue,
  systemNames,
} from '../testing/index.ts'

export const systemTimes = { nodes: 5, forMs: 30_000, quietMs: 25_000 }

export const systemParts = {
  'a singleton that writes under its token': fencedSingleton(),
  'names of the system': systemNames(),
  'calls and watches between nodes': remoteCalls(),
  'shards that move': movingShards(),
  'a queue over nodes': sharedQueue(),
  'a cache over nodes': sharedCache(),
  'members, directory and cells': convergingNodes(),
}

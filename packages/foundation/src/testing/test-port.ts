/** What a part of a node needs of it, without the node: for tests of one part. */

import { createCodec } from '../codec/codec.ts'
import type { Engine } from '../engine/engine.ts'
import type { NodePort } from '../node-port.ts'
import { seededRandom } from '../random.ts'
import { silentTelemetry } from '../telemetry.ts'
import { virtualClock } from './virtual-clock.ts'

/** Defaults: system `test`, node `n1`, epoch 1, a clock that stands still, a seed of the name, nobody listening. */
export function testPort(given: { readonly engine: Engine } & Partial<NodePort>): NodePort {
  const name = given.name ?? 'n1'
  return {
    system: 'test',
    name,
    epoch: 1,
    clock: virtualClock(),
    random: seededRandom(name),
    telemetry: silentTelemetry,
    codec: createCodec({}),
    ...given,
  }
}

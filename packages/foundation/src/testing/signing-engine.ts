/** An engine that signs what is said on it, without a node: for authors of engines, whose suite has to hold above it too. */

import { systemClock } from '../clock.ts'
import type { Engine, EnginePort } from '../engine/engine.ts'
import { definedOptions } from '../options.ts'
import { seededRandom } from '../random.ts'
import { SignedEngine } from '../security/signed-engine.ts'
import { type SecurityOptions, systemKeys } from '../security/system-keys.ts'
import { silentTelemetry } from '../telemetry.ts'

export interface SigningEngineOptions extends Partial<EnginePort> {
  readonly security: SecurityOptions
}

/**
 * Closing it closes `engine`. Defaults: node `n1` of system `test`, the clock of the machine, a seed of the name, nobody listening.
 *
 * @example for (const { name, run } of engineContract(async () => ({ engine: signingEngine(await open(), { security }), … }))) test(name, run)
 */
export function signingEngine(engine: Engine, { security, ...given }: SigningEngineOptions): Engine {
  const { name = 'n1', system = 'test' } = given
  const usual = { clock: systemClock, random: seededRandom(name), telemetry: silentTelemetry }
  const port = { ...usual, ...definedOptions(given), name, system, epoch: 1 }
  return new SignedEngine({ engine, keys: systemKeys('signingEngine', system, security), port })
}

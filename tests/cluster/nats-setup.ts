/** Finds a nats-server or gets one, before any test of the cluster runs; fails with one sentence where it can't be had. */

import { ensureNats } from '../../tools/ensure-nats.mjs'

export function setup(): void {
  process.env.MABEAM_NATS_SERVER = ensureNats()
}

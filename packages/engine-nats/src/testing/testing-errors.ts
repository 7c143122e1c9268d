/** Errors of the kit: one factory a code. */

import { MabeamError } from '@mabeam/foundation'

export function noSuchServer(index: number, count: number): MabeamError {
  const sentence = `natsServers: expected a server from 0 to ${count - 1}, got ${index}`
  return new MabeamError('engine-nats/no-such-server', sentence, { data: { index, count } })
}

/** A fault that these servers were not opened for. */
export function faultNotOpen(fault: string, mend: string): MabeamError {
  return new MabeamError('engine-nats/fault-not-open', `natsServers: ${fault}: ${mend}`, { data: { fault, mend } })
}

/** A fault that this machine or this user can't make. */
export function faultNotPossible(fault: string, why: string, cause: unknown): MabeamError {
  const sentence = `natsServers: ${fault} is not possible here: ${why}; run the test on Linux as root, or leave this fault out`
  return new MabeamError('engine-nats/fault-not-possible', sentence, { data: { fault, why }, cause })
}

export function clusterNotReady(timeoutMs: number, missing: string): MabeamError {
  const sentence = `natsServers: the cluster was not ready within ${timeoutMs} ms: ${missing}`
  return new MabeamError('engine-nats/cluster-not-ready', sentence, { retryable: true, data: { timeoutMs, missing } })
}

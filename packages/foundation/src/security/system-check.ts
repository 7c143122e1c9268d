/**
 * Whether a node that starts will understand those that are there, and they it: told by the sessions of the nodes, before anything is
 * said. It finds mistakes; what keeps others out are the signatures.
 */

import type { StateEntry } from '../engine/keyed-state.ts'
import { clockDiffers, type SecretDifference, secretDiffers } from '../errors/security-errors.ts'
import { isMabeamError } from '../errors.ts'
import { openSessionState, type SessionRecord, sessionRecord } from '../leases/session-record.ts'
import type { NodePort } from '../node-port.ts'
import { clockSkewMaxMs } from './admission.ts'

/** Undefined where each of them knows the secret by which the other signs, or none of them signs. */
export function secretDifference(
  ours: readonly number[] | undefined,
  theirs: readonly number[] | undefined,
): SecretDifference | undefined {
  if (ours === undefined && theirs === undefined) return undefined
  if (ours === undefined) return 'ours-missing'
  if (theirs === undefined) return 'theirs-missing'
  const [signsHere, signsThere] = [ours[0], theirs[0]]
  const isUnderstood = signsHere !== undefined && theirs.includes(signsHere)
  return isUnderstood && signsThere !== undefined && ours.includes(signsThere) ? undefined : 'different'
}

/** Rejects with `foundation/secret-differs`, `foundation/clock-differs`, and as the engine does. */
export async function checkSystemSecurity(port: NodePort, expiryMs: number): Promise<void> {
  const { system, name, clock, signing } = port
  const sessions = await recordsOf(port, expiryMs)
  for (const one of sessions) {
    const difference = secretDifference(signing?.ids, one.signed?.keyIds)
    if (difference !== undefined) throw secretDiffers(system, one.node, difference)
    if (signing === undefined || one.signed === undefined || one.node === name) continue
    const byMs = clock.nowMs() - one.signed.atMs
    // The record may be as old as that.
    if (byMs > clockSkewMaxMs + expiryMs || byMs < -clockSkewMaxMs) {
      throw clockDiffers(one.node, byMs, clockSkewMaxMs)
    }
  }
}

async function recordsOf(port: NodePort, expiryMs: number): Promise<readonly SessionRecord[]> {
  const state = await openSessionState(port, expiryMs)
  const found = new Map<string, StateEntry>()
  const watch = await state.watch('>', (change) => {
    if (change.type === 'put') found.set(change.key, change)
    else found.delete(change.key)
  })
  await watch[Symbol.asyncDispose]()
  return [...found.values()].flatMap(({ value, revision }) => readable(port, value, revision) ?? [])
}

function readable({ codec }: NodePort, value: Uint8Array, revision: number): SessionRecord | undefined {
  try {
    return sessionRecord(codec, value, revision)
  } catch (thrown) {
    if (isMabeamError(thrown)) return undefined
    throw thrown
  }
}

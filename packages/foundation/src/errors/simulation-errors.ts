/** Errors of simulated runs: one factory a code. */

import { type Json, MabeamError, messageOf } from '../errors.ts'

/** A law did not hold in a simulated run. The message ends with the command that repeats it. */
export function simulationFailed(
  run: { readonly name: string; readonly seed: number; readonly faults: Json },
  command: string,
  cause: unknown,
): MabeamError {
  const faults = JSON.stringify(run.faults)
  const sentence = `${run.name}: seed ${run.seed}: ${messageOf(cause)}\nfaults: ${faults}\nrepeat: ${command}`
  return new MabeamError('foundation/simulation-failed', sentence, { data: { ...run, command }, cause })
}

/** More happened than a run may hold: something goes round in circles. */
export function simulationTooLong(eventsMax: number, atMs: number): MabeamError {
  const sentence = `expected at most ${eventsMax} events in a run, got one more at ${atMs} ms; is there a loop without an end?`
  return new MabeamError('foundation/simulation-too-long', sentence, { data: { eventsMax, atMs } })
}

/** Something is waited for that nothing can bring about, or it takes too long. */
export function simulationStuck(limitMs: number, hasTimers: boolean): MabeamError {
  const sentence = hasTimers
    ? `expected what is waited for within ${limitMs} ms of virtual time`
    : 'what is waited for never comes: no timer is set and no message is on its way'
  return new MabeamError('foundation/simulation-stuck', sentence, { data: { limitMs, hasTimers } })
}

export function diskFull(path: string, bytesMax: number): MabeamError {
  const sentence = `${path}: diskBytesMax: expected at most ${bytesMax} bytes on the disk, got more`
  return new MabeamError('foundation/disk-full', sentence, { data: { path, bytesMax } })
}

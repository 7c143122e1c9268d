/** The errors of sandboxes: one factory a code. What code in a sandbox does wrong is no error but an outcome. */

import { MabeamError, show } from '@mabeam/foundation'

/** A sandbox that does not start. */
export function sandboxFailed(message: string): MabeamError {
  return new MabeamError('dspx/sandbox-failed', `sandbox: expected its thread to start, got ${message}`)
}

/** A run in a sandbox that is closed. */
export function sandboxClosed(): MabeamError {
  return new MabeamError('dspx/sandbox-closed', 'sandbox: expected an open sandbox, got one that is closed')
}

/** A run beside another one. */
export function sandboxBusy(): MabeamError {
  return new MabeamError('dspx/sandbox-busy', 'sandbox: expected one run at a time, got another one', {
    retryable: true,
  })
}

/** Code that is no text or too long. */
export function invalidCode(expected: string, got: unknown): MabeamError {
  return new MabeamError('dspx/invalid-code', `sandbox: code: expected ${expected}, got ${show(got)}`)
}

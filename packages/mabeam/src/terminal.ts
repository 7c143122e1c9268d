/** What a command gets from the process it runs in: streams, environment, folder, clock and interrupts. */

import type { Clock } from '@mabeam/foundation'
import { interrupted } from './errors.ts'
import type { LineOutput } from './report/progress-line.ts'

export interface Terminal {
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean }
  /** Results: tables, answers, JSON. */
  readonly stdout: LineOutput
  /** Progress, notes and errors. */
  readonly stderr: LineOutput
  readonly env: { readonly [name: string]: string | undefined }
  readonly cwd: string
  readonly clock: Clock
  /** Calls `run` on Ctrl-C or a polite request to end. */
  onInterrupt(run: () => void): void
}

/** A signal that the first interrupt aborts; the second ends the process at once. */
export function interruptSignal(terminal: Terminal): AbortSignal {
  const controller = new AbortController()
  terminal.onInterrupt(() => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort(interrupted())
  })
  return controller.signal
}

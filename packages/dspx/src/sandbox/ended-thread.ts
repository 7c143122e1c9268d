/** The end of a thread, which is waited for only so long: Node may never end one that waits for what V8 does in the background. */

import type { Clock, Telemetry } from '@mabeam/foundation'

/** What a worker has of this. */
export interface EndableThread {
  /** Resolves when it has ended. */
  terminate(): Promise<unknown>
  /** Keeps the event loop of who started it no more. */
  unref(): void
}

/**
 * Ends a thread. `left`: it had not ended after `threadEndMs`, and goes on ending by itself; `dspx.sandbox-thread-left` tells of it.
 *
 * Ensures: resolves within `threadEndMs` on `clock`.
 */
export async function endThread(
  thread: EndableThread,
  { clock, telemetry }: { readonly clock: Clock; readonly telemetry: Telemetry },
): Promise<'ended' | 'left'> {
  const { promise: left, resolve } = Promise.withResolvers<'left'>()
  const cancel = clock.setTimer(threadEndMs, () => resolve('left'))
  try {
    const end = await Promise.race([thread.terminate().then(() => 'ended' as const), left])
    if (end === 'left') {
      thread.unref()
      if (telemetry.enabled) {
        telemetry.emit({ name: 'dspx.sandbox-thread-left', measurements: { waitedMs: threadEndMs }, metadata: {} })
      }
    }
    return end
  } finally {
    cancel()
  }
}

/** How long the end of a thread is waited for. It takes a few milliseconds. */
export const threadEndMs = 5_000

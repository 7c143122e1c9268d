/** A process that lives for its node: held until it is asked to end. */

import type { Clock } from '../clock.ts'
import { checkOptions, rule } from '../options.ts'

export interface ServeOptions {
  /** Signals of the process that ask it to end. @default SIGINT and SIGTERM */
  readonly signals?: readonly NodeJS.Signals[]
  /** Asks it to end as well. @default none */
  readonly signal?: AbortSignal | undefined
}

const serveDefaults = { signals: ['SIGINT', 'SIGTERM'] } as const satisfies Partial<ServeOptions>
/** A timer that is set again and again holds the process; nothing happens when it fires. */
const holdMs = 3_600_000

/** Resolves when a signal comes or `signal` aborts. Leaves no listener and no timer. */
export async function untilAsked(clock: Clock, options: ServeOptions = {}): Promise<void> {
  checkOptions('serve', options, { signals: rule.optional(rule.array()), signal: rule.optional(rule.object()) })
  const { signals, signal } = { signal: undefined, ...serveDefaults, ...options }
  if (signal?.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const asked = () => resolve()
  let cancel = () => {}
  const hold = () => {
    cancel = clock.setTimer(holdMs, hold)
  }
  hold()
  for (const name of signals) process.once(name, asked)
  signal?.addEventListener('abort', asked, { once: true })
  await promise
  cancel()
  // From here on another signal does what it does to any process.
  for (const name of signals) process.removeListener(name, asked)
  signal?.removeEventListener('abort', asked)
}

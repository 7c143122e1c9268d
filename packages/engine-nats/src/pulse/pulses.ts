/** Signs of life of a node: from a thread of their own, or from the program's. */

import type { PulseOptions } from '@mabeam/foundation'

export interface Pulses {
  /** Resolves when it beats and its probes are answered. Disposing it ends it. Idempotent. */
  begin(options: PulseOptions): Promise<AsyncDisposable>
  /** Ends all. Idempotent. */
  close(): Promise<void>
}

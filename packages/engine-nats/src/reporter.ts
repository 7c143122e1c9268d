/** How the parts of this engine tell of what happens: the one way to its telemetry. */

import type { Json } from '@mabeam/foundation'

export interface Reporter {
  /** Emits `engine-nats.<event>`; `count: 1` unless measurements are given. */
  report(
    event: string,
    metadata: { readonly [key: string]: Json },
    measurements?: { readonly [key: string]: number },
  ): void
}

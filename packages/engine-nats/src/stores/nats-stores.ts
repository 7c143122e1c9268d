/** What keeps things on the server, as the engine uses it: `openStores(port)` of `stores/stores.ts` gives one. */

import type { Engine } from '@mabeam/foundation'

/** Members as in `Engine`. */
export interface NatsStores extends Pick<Engine, 'state' | 'queue' | 'blobs' | 'stores' | 'removeStore'> {
  /** Ends watches and pulls while the connections are still there. Idempotent. */
  close(): Promise<void>
}

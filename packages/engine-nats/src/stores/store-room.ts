/** What the stores of one engine share. */

import type { NatsPort } from '../nats-port.ts'
import type { ArrivalClock } from './arrival-clock.ts'

export interface StoreRoom {
  readonly port: NatsPort
  readonly arrivals: ArrivalClock
  /** What is being handed back; the engine closes after it. */
  readonly handingBack: Set<Promise<void>>
}

/** Who watches one session. */

import { checkOptions, definedOptions, limitReached, rule } from '@mabeam/foundation'
import type { SessionEvent, SessionStreamOptions } from './session.ts'
import { SessionEventStream } from './session-stream.ts'

const streamDefaults = { capacity: 256 } as const satisfies Required<SessionStreamOptions>
const streamsMax = 1_000

export class SessionWatchers {
  readonly #streams = new Set<SessionEventStream>()
  #round: SessionEvent | undefined

  /**
   * A stream that begins with the round that is under way: the first one has begun before anybody can watch it. `last`: what is to be told where all
   * is over.
   */
  open(session: string, options: SessionStreamOptions, last: SessionEvent | undefined): SessionEventStream {
    checkOptions('session events', options, { capacity: rule.optional(rule.int(1, 1_000_000)) })
    if (this.#streams.size >= streamsMax) throw limitReached(`session ${session}`, 'streams', streamsMax)
    const { capacity } = { ...streamDefaults, ...definedOptions(options) }
    const stream = new SessionEventStream(capacity, () => this.#streams.delete(stream))
    this.#streams.add(stream)
    if (last === undefined) {
      if (this.#round !== undefined) stream.put(this.#round)
    } else {
      stream.put(last)
      stream.finish()
    }
    return stream
  }

  tell(event: SessionEvent): void {
    if (event.type === 'round-began') this.#round = event
    for (const stream of this.#streams) stream.put(event)
  }

  finish(last: SessionEvent): void {
    this.tell(last)
    for (const stream of [...this.#streams]) stream.finish()
  }
}

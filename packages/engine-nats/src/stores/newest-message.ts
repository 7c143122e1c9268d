/** The newest message of a subject, or of a pattern of them, as the server that leads has it: what a watch has to hear before it is ready. */

import type { NatsAccess, NatsPort } from '../nats-port.ts'
import type { KnownStream } from './known-stream.ts'
import { eitherWay, type WaysPort } from './second-way.ts'
import { isNotFound } from './server-refusal.ts'

export interface NewestQuery {
  readonly stream: string
  readonly subject: string
  readonly known: KnownStream
}

/**
 * Its sequence; 0 for none. Rejects when who answers can't be who leads, and as the client does: asked again it may be another one.
 *
 * Ensures: what this process knows to be in the stream was in that of the server that answered, for as long as `KnownStream` insists.
 */
export async function newestMessage(port: WaysPort & Pick<NatsPort, 'replicas'>, query: NewestQuery): Promise<number> {
  const { stream, known } = query
  const newest = await ask(port, query)
  if (newest >= known.newest || port.replicas === 1) return newest
  // Other keys may be newer, and what was known may have gone since; or who answered leads no more.
  const { created, state } = await eitherWay(port, ({ manager }) => manager.streams.info(stream))
  known.made(created)
  if (known.isBehind(state.last_seq, port.clock.monotonicMs())) throw new Error('the server knows less than was heard')
  return await ask(port, query)
}

async function ask(port: WaysPort, { stream, subject }: NewestQuery): Promise<number> {
  try {
    const read = ({ manager }: NatsAccess) => manager.streams.getMessage(stream, { last_by_subj: subject })
    return (await eitherWay(port, read))?.seq ?? 0
  } catch (thrown) {
    if (isNotFound(thrown)) return 0
    throw thrown
  }
}

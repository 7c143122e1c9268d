/**
 * A node as a NATS service: what `nats micro ls`, `info` and `stats` see of it. The client's own package for this pins a client of
 * its own, and the protocol is three questions. Pure.
 *
 * Source: NATS ADR-32 (service API), version 1 of its answers.
 */

export interface ServiceIdentity {
  readonly system: string
  readonly node: string
  readonly startedMs: number
}

/** Counted since the node was started. */
export interface ServiceCounts {
  readonly messagesIn: number
  readonly messagesOut: number
  readonly bytesIn: number
  readonly bytesOut: number
}

export type ServiceVerb = 'PING' | 'INFO' | 'STATS'

export const serviceVerbs: readonly ServiceVerb[] = ['PING', 'INFO', 'STATS']

/** Of the service, which is told apart from that of the package. */
const version = '1.0.0'

/** A question is to all services, to those of one name, or to one. */
export function serviceSubjects(verb: ServiceVerb, { system, node }: ServiceIdentity): readonly string[] {
  const to = `$SRV.${verb}`
  return [to, `${to}.${system}`, `${to}.${system}.${node}`]
}

export function serviceAnswer(verb: ServiceVerb, who: ServiceIdentity, counts: ServiceCounts): object {
  const { system, node } = who
  const same = { name: system, id: node, version, metadata: { mabeam: 'node' } }
  const endpoint = { name: 'node', subject: `${system}.node.${node}`, queue_group: '' }
  if (verb === 'PING') return { type: 'io.nats.micro.v1.ping_response', ...same }
  if (verb === 'INFO') {
    const description = `node ${node} of the system ${system}`
    return { type: 'io.nats.micro.v1.info_response', ...same, description, endpoints: [{ ...endpoint, metadata: {} }] }
  }
  const { messagesIn, messagesOut, bytesIn, bytesOut } = counts
  const measured = {
    num_requests: messagesIn,
    num_errors: 0,
    last_error: '',
    processing_time: 0,
    average_processing_time: 0,
    data: { messagesOut, bytesIn, bytesOut },
  }
  const started = new Date(who.startedMs).toISOString()
  return { type: 'io.nats.micro.v1.stats_response', ...same, started, endpoints: [{ ...endpoint, ...measured }] }
}

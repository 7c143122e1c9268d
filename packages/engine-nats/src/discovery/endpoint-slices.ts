/**
 * What Kubernetes says of the servers behind a service, as a pure step: lists and watch events in, addresses out.
 *
 * Source: Kubernetes API, `discovery.k8s.io/v1` EndpointSlice, and "Efficient detection of changes" of its API concepts.
 */

import { jsonAt, listAt, numberAt, textAt } from './json-path.ts'
import { usableAddresses } from './server-address.ts'

/** `serving`: answers though it is being ended. */
type Readiness = 'ready' | 'serving' | 'not-ready'

interface SliceEndpoint {
  readonly hosts: readonly string[]
  readonly readiness: Readiness
}

interface EndpointSlice {
  readonly endpoints: readonly SliceEndpoint[]
  /** By name; an unnamed one is ''. */
  readonly ports: ReadonlyMap<string, number>
}

export interface EndpointSlices {
  /** By name. */
  readonly slices: ReadonlyMap<string, EndpointSlice>
  /** Where a watch goes on from; undefined when all must be listed first. */
  readonly resourceVersion: string | undefined
}

export type SliceEvent =
  /** All slices, as listed. */
  | { readonly type: 'listed'; readonly items: readonly unknown[]; readonly resourceVersion: string }
  /** One line of a watch, as parsed. */
  | { readonly type: 'watched'; readonly line: unknown }
  /** The API remembers no more what came after our version. */
  | { readonly type: 'gone' }

/** More than so many slices of one service are not kept. */
const slicesMax = 1_000

export const noSlices: EndpointSlices = { slices: new Map(), resourceVersion: undefined }

/** Undefined for a line that is none of the API's: the watch can't be trusted then. */
export function slicesStep(state: EndpointSlices, event: SliceEvent): EndpointSlices | undefined {
  if (event.type === 'gone') return { ...state, resourceVersion: undefined }
  if (event.type === 'listed') {
    const named = event.items
      .slice(0, slicesMax)
      .map((item) => [textAt(item, 'metadata', 'name') ?? '', sliceOf(item)] as const)
    return { slices: new Map(named), resourceVersion: event.resourceVersion }
  }
  const kind = textAt(event.line, 'type')
  const object = jsonAt(event.line, 'object')
  if (kind === 'ERROR') {
    // 410 as a line: the version we go on from has been compacted away. Any other error ends the trust in the watch too.
    return numberAt(object, 'code') === 410 ? { ...state, resourceVersion: undefined } : undefined
  }
  const name = textAt(object, 'metadata', 'name')
  const resourceVersion = textAt(object, 'metadata', 'resourceVersion')
  if (resourceVersion === undefined) return undefined
  if (kind === 'BOOKMARK') return { ...state, resourceVersion }
  if (name === undefined || (kind !== 'ADDED' && kind !== 'MODIFIED' && kind !== 'DELETED')) return undefined
  const slices = new Map(state.slices)
  if (kind === 'DELETED') slices.delete(name)
  else if (slices.has(name) || slices.size < slicesMax) slices.set(name, sliceOf(object))
  return { slices, resourceVersion }
}

/**
 * Addresses of the endpoints that are ready; where none is, of those that still serve; where none does, of all: a server that is not
 * ready may be one that waits for the others to be found. `port` is a number, or the name of a port of the service.
 */
export function addressesOf({ slices }: EndpointSlices, port: number | string): readonly string[] {
  for (const wanted of ['ready', 'serving', 'not-ready'] as const) {
    const pairs = [...slices.values()].flatMap(({ endpoints, ports }) => {
      const number = typeof port === 'number' ? port : ports.get(port)
      if (number === undefined) return []
      const chosen = endpoints.filter(({ readiness }) => readiness === wanted)
      // The addresses of one endpoint are the same server.
      return chosen.flatMap(({ hosts }) => hosts.slice(0, 1).map((host) => [host, number] as const))
    })
    const addresses = usableAddresses(pairs)
    if (addresses.length > 0) return [...addresses].sort()
  }
  return []
}

/** Names of the ports there are, for the sentence about one that is not there. */
export function portNames({ slices }: EndpointSlices): readonly string[] {
  return [...new Set([...slices.values()].flatMap(({ ports }) => [...ports.keys()]))].sort()
}

function sliceOf(item: unknown): EndpointSlice {
  const endpoints = listAt(item, 'endpoints').map((endpoint) => ({
    hosts: listAt(endpoint, 'addresses').filter((host) => typeof host === 'string'),
    readiness: readinessOf(jsonAt(endpoint, 'conditions')),
  }))
  const ports = new Map<string, number>()
  for (const port of listAt(item, 'ports')) {
    const number = numberAt(port, 'port')
    if (number !== undefined) ports.set(textAt(port, 'name') ?? '', number)
  }
  return { endpoints, ports }
}

/** A condition that is not known counts as ready, as the API asks of its readers. */
function readinessOf(conditions: unknown): Readiness {
  if (jsonAt(conditions, 'ready') !== false) return 'ready'
  return jsonAt(conditions, 'serving') === true ? 'serving' : 'not-ready'
}

/** Opens the engine that was chosen, and tells which one it became. */

import { auto, consul, dns, kubernetes, nats, type ServerSource, staticServers } from '@mabeam/engine-nats'
import { type EngineOpener, hasCode, local } from '@mabeam/foundation'
import { clusterRefused } from '../errors.ts'
import type { EngineChoice, ServerPlace } from './engine-choice.ts'

/** What became of a choice. */
export interface EngineTaken {
  readonly engine: 'none' | 'local' | 'nats' | 'given'
  /** For people: what decided. */
  readonly reason: string
}

/** What opens an engine, and which one it has opened last. */
export interface ClusterEngine {
  readonly open: EngineOpener
  readonly taken: EngineTaken
}

/** Undefined for `none`, where a node brings its own. */
export function clusterEngine(
  choice: EngineChoice,
  variables: { readonly [name: string]: string | undefined },
): ClusterEngine | undefined {
  if (choice.engine === 'none') return undefined
  const { engine, reason } = choice
  if (choice.engine === 'local') {
    const { durable, directory } = choice
    const open = local({ durable, ...(directory !== undefined && { directory }) })
    return { open, taken: { engine, reason } }
  }
  const { place, terms, otherwise } = choice
  const servers = serverSource(place, variables)
  const onServers = nats({ servers, ...terms })
  if (otherwise === undefined) return { open: onServers, taken: { engine, reason } }
  return reachable({ onServers, servers, otherwise: local(), reason })
}

interface Reachable {
  readonly onServers: EngineOpener
  readonly servers: ServerSource
  readonly otherwise: EngineOpener
  readonly reason: string
}

/** Servers where some are reachable, else what is taken otherwise. */
function reachable({ onServers, servers, otherwise, reason }: Reachable): ClusterEngine {
  let taken: EngineTaken = { engine: 'nats', reason }
  return {
    get taken() {
      return taken
    },
    open: async (port) => {
      try {
        const found = await servers.find(port, new AbortController().signal)
        taken = { engine: 'nats', reason: `${reason}, and ${found.join(', ')} is reachable` }
      } catch (thrown) {
        if (!hasCode(thrown, 'engine-nats/no-servers-found')) throw thrown
        taken = { engine: 'local', reason: `${reason}, and no NATS server is reachable` }
        return await otherwise(port)
      }
      return await onServers(port)
    },
  }
}

/** The source of a place. Throws `mabeam/cluster-refused` for a token that is not where it is said to be. */
function serverSource(place: ServerPlace, variables: { readonly [name: string]: string | undefined }): ServerSource {
  switch (place.by) {
    case 'address':
      return staticServers(place.servers)
    case 'dns': {
      const { name, record, port } = place
      return dns({ name, kind: record, ...(port !== undefined && { port }) })
    }
    case 'consul': {
      const { service, api, apiToken } = place
      const token = apiToken === undefined ? {} : { token: tokenOf(apiToken, variables) }
      return consul({ ...(service && { service }), ...(api && { address: api }), ...token, variables })
    }
    case 'kubernetes': {
      const { apiToken, by: _, ...given } = place
      const file = apiToken?.startsWith('file:') ? apiToken.slice('file:'.length) : undefined
      if (file !== undefined) return kubernetes({ ...given, tokenPath: file, variables })
      return kubernetes({ ...given, ...(apiToken && { token: tokenOf(apiToken, variables) }), variables })
    }
    case 'auto':
      return auto({ variables })
  }
}

function tokenOf(reference: string, variables: { readonly [name: string]: string | undefined }): string {
  if (!reference.startsWith('env:')) return reference
  const name = reference.slice('env:'.length)
  const token = variables[name]
  if (token) return token
  throw clusterRefused('cluster.apiToken', `a token in the variable ${name}`, 'nothing', 'set it')
}

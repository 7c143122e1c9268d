/** Servers behind a service of Kubernetes: its EndpointSlices are listed, then watched. */

import { discoveryForbidden, discoveryRefused, discoveryUnavailable, discoveryUnreadable } from '../discovery-errors.ts'
import { addressesOf, type EndpointSlices, noSlices, portNames, slicesStep } from '../endpoint-slices.ts'
import { type HttpAnswer, type HttpRequest, httpLines, httpText } from '../http-exchange.ts'
import { listAt, parsedJson, textAt } from '../json-path.ts'
import {
  checkKubernetesOptions,
  type KubernetesAccess,
  type KubernetesOptions,
  kubernetesAccess,
  kubernetesDefaults,
} from '../kubernetes-access.ts'
import { pause } from '../pause.ts'
import type { ServerSource, SourcePort, WatchOptions } from '../server-source.ts'

/** Slices in one page of a list; a slice has 100 endpoints at most. */
const pageMax = 100
const pagesMax = 10
const bytesMax = 8 * 1_024 * 1_024
/** A watch that the API does not end when it was asked to is dead. */
const watchMarginMs = 10_000
/** Least time from the beginning of one watch to that of the next, should the API end them at once. */
const intervalMs = 1_000

/**
 * The ready servers behind a service. In a pod nothing needs to be said but the Role: `get`, `list` and `watch` on `endpointslices` of
 * `discovery.k8s.io` (`deploy/kubernetes/rbac.yaml`).
 *
 * @example nats({ servers: kubernetes({ service: 'nats', namespace: 'messaging' }) })
 */
export function kubernetes(options: KubernetesOptions = {}): ServerSource {
  checkKubernetesOptions(options)
  const settings: Settings = { ...kubernetesDefaults, ...options }
  return {
    name: 'kubernetes',
    find: async (port, signal) => named(await listed({ settings, port, signal }), settings.port),
    watch: (port, watching) => watched({ settings, port, signal: watching.signal }, watching),
  }
}

type Settings = KubernetesOptions & Required<Pick<KubernetesOptions, keyof typeof kubernetesDefaults>>

interface Asking {
  readonly settings: Settings
  readonly port: SourcePort
  readonly signal: AbortSignal
}

async function listed(asking: Asking): Promise<EndpointSlices> {
  const items: unknown[] = []
  let next: string | undefined = ''
  let resourceVersion = ''
  for (let page = 0; next !== undefined && page < pagesMax; page++) {
    const query: Query = { limit: String(pageMax), ...(next !== '' && { continue: next }) }
    const { request, access } = await requestOf(asking, query, asking.settings.timeoutMs)
    const answer = await httpText(request)
    refuseFailure(asking, access, answer)
    const list = parsedJson(answer.text)
    const version = textAt(list, 'metadata', 'resourceVersion')
    if (version === undefined) throw discoveryUnreadable('kubernetes', access.url.host, 'an EndpointSliceList')
    items.push(...listAt(list, 'items'))
    resourceVersion = version
    next = textAt(list, 'metadata', 'continue') || undefined
  }
  return slicesStep(noSlices, { type: 'listed', items, resourceVersion }) ?? noSlices
}

async function watched(asking: Asking, { onServers, signal }: WatchOptions): Promise<void> {
  const { clock } = asking.port
  let state = noSlices
  while (!signal.aborted) {
    const beganMs = clock.monotonicMs()
    if (state.resourceVersion === undefined) {
      state = await listed(asking)
      onServers(named(state, asking.settings.port))
    }
    state = await watchedOnce(asking, state, (next) => onServers(addressesOf(next, asking.settings.port)))
    await pause(clock, { delayMs: intervalMs - (clock.monotonicMs() - beganMs), signal, unref: true })
  }
}

/** One watch, until the API ends it. */
async function watchedOnce(
  asking: Asking,
  from: EndpointSlices,
  onSlices: (state: EndpointSlices) => void,
): Promise<EndpointSlices> {
  const { watchMs } = asking.settings
  const query = {
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion: from.resourceVersion ?? '',
    timeoutSeconds: String(Math.ceil(watchMs / 1_000)),
  }
  let state = from
  const { request, access } = await requestOf(asking, query, watchMs + watchMarginMs)
  const answer = await httpLines(request, (text) => {
    const next = slicesStep(state, { type: 'watched', line: parsedJson(text) })
    if (next === undefined) throw discoveryUnreadable('kubernetes', access.url.host, 'lines of watch events')
    const isNews = next.slices !== state.slices
    state = next
    if (isNews) onSlices(state)
  })
  if (answer.status === 410) return slicesStep(state, { type: 'gone' }) ?? noSlices
  refuseFailure(asking, access, answer)
  return state
}

type Query = { readonly [key: string]: string }

async function requestOf({ settings, port, signal }: Asking, query: Query, timeoutMs: number) {
  const access = await kubernetesAccess(settings)
  const base = access.url.href.replace(/\/$/, '')
  const url = new URL(
    `${base}/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(access.namespace)}/endpointslices`,
  )
  url.searchParams.set('labelSelector', `kubernetes.io/service-name=${settings.service}`)
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value)
  const { headers, ca } = access
  const request: HttpRequest = {
    source: 'kubernetes',
    url,
    headers,
    ca,
    clock: port.clock,
    timeoutMs,
    bytesMax,
    signal,
  }
  return { request, access }
}

function refuseFailure({ settings }: Asking, { url, namespace }: KubernetesAccess, { status }: HttpAnswer): void {
  if (status === 200) return
  if (status === 401) {
    const fix = 'the token is refused (401); give one of a service account of this cluster that has not run out'
    throw discoveryForbidden('kubernetes', url.host, fix)
  }
  if (status === 403) {
    const role = `get, list and watch on endpointslices of discovery.k8s.io in namespace "${namespace}"`
    const fix = `reading the endpoints of service "${settings.service}" is forbidden (403); bind a Role with ${role}`
    throw discoveryForbidden('kubernetes', url.host, `${fix} to the service account (deploy/kubernetes/rbac.yaml)`)
  }
  throw discoveryRefused('kubernetes', url.host, status)
}

/** A port by a name that the service does not have would look like a service without servers. */
function named(state: EndpointSlices, port: number | string): readonly string[] {
  const addresses = addressesOf(state, port)
  const known = portNames(state)
  if (addresses.length > 0 || typeof port === 'number' || known.length === 0 || known.includes(port)) return addresses
  throw discoveryUnavailable('kubernetes', `port: expected one of the service (${known.join(', ')}), got ${port}`)
}

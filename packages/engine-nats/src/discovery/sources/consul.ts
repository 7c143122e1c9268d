/** Servers that Consul knows as healthy: its health API, with blocking queries. */

import { checkOptions, invalidOption, rule } from '@mabeam/foundation'
import { pemAt, tokenAt } from '../api-access.ts'
import { consulServers, nextIndex } from '../consul-health.ts'
import { discoveryForbidden, discoveryRefused, discoveryUnreadable } from '../discovery-errors.ts'
import { type HttpAnswer, httpText } from '../http-exchange.ts'
import { parsedJson } from '../json-path.ts'
import { pause } from '../pause.ts'
import type { ServerSource, SourcePort, WatchOptions } from '../server-source.ts'

export interface ConsulOptions {
  /** Of an agent. @default CONSUL_HTTP_ADDR, else 'http://127.0.0.1:8500' */
  readonly address?: string
  /** The name the servers are registered by. @default 'nats' */
  readonly service?: string
  /** The token, or `env:NAME` or `file:PATH` that stands for it and is read for each request. @default CONSUL_HTTP_TOKEN, else none */
  readonly token?: string
  /** File with the certificate of the authority of the agent, as PEM. @default CONSUL_CACERT, else those of Node */
  readonly caPath?: string
  /** Only instances with this tag. @default all */
  readonly tag?: string
  /** @default that of the agent */
  readonly datacenter?: string
  /** @default process.env */
  readonly variables?: { readonly [name: string]: string | undefined }
  /** For one request. @default 5_000 */
  readonly timeoutMs?: number
  /** How long the agent holds a question while nothing changes. @default 60_000 */
  readonly waitMs?: number
  /** Least time between two answers of a watch, so that a busy registry does not keep us busy. @default 1_000 */
  readonly intervalMs?: number
}

const consulDefaults = {
  service: 'nats',
  timeoutMs: 5_000,
  waitMs: 60_000,
  intervalMs: 1_000,
} as const satisfies Partial<ConsulOptions>

const bytesMax = 4 * 1_024 * 1_024

/**
 * The instances of a service all of whose checks pass.
 *
 * @example nats({ servers: consul({ address: 'http://10.0.0.5:8500', service: 'nats' }) })
 */
export function consul(options: ConsulOptions = {}): ServerSource {
  checkOptions('consul', options, {
    address: rule.optional(rule.string()),
    service: rule.optional(rule.string()),
    token: rule.optional(rule.string()),
    caPath: rule.optional(rule.string()),
    tag: rule.optional(rule.string()),
    datacenter: rule.optional(rule.string()),
    variables: rule.optional(rule.object()),
    timeoutMs: rule.optional(rule.int(1)),
    waitMs: rule.optional(rule.int(1_000, 600_000)),
    intervalMs: rule.optional(rule.int(0)),
  })
  const settings: Settings = { ...consulDefaults, ...options }
  const base = addressOf(settings)
  return {
    name: 'consul',
    find: async (port, signal) => (await asked({ settings, base, port, signal }, 0)).servers,
    watch: (port, watching) => watched({ settings, base, port, signal: watching.signal }, watching),
  }
}

type Settings = ConsulOptions & Required<Pick<ConsulOptions, keyof typeof consulDefaults>>

interface Asking {
  readonly settings: Settings
  readonly base: URL
  readonly port: SourcePort
  readonly signal: AbortSignal
}

interface Answer {
  readonly servers: readonly string[]
  readonly index: number
}

async function watched(asking: Asking, { onServers, signal }: WatchOptions): Promise<void> {
  const { clock } = asking.port
  let index = 0
  while (!signal.aborted) {
    const beganMs = clock.monotonicMs()
    const answer = await asked(asking, index)
    index = nextIndex(index, answer.index)
    onServers(answer.servers)
    const delayMs = asking.settings.intervalMs - (clock.monotonicMs() - beganMs)
    await pause(clock, { delayMs, signal, unref: true })
  }
}

async function asked({ settings, base, port, signal }: Asking, index: number): Promise<Answer> {
  const { service, tag, datacenter, timeoutMs, waitMs, variables = process.env } = settings
  const url = new URL(`${base.href.replace(/\/$/, '')}/v1/health/service/${encodeURIComponent(service)}?passing=true`)
  if (tag !== undefined) url.searchParams.set('tag', tag)
  if (datacenter !== undefined) url.searchParams.set('dc', datacenter)
  if (index > 0) {
    url.searchParams.set('index', String(index))
    url.searchParams.set('wait', `${waitMs}ms`)
  }
  const token = settings.token ? tokenAt('consul', settings.token) : variables.CONSUL_HTTP_TOKEN
  const caPath = settings.caPath ?? variables.CONSUL_CACERT
  const ca = caPath ? await pemAt('consul', caPath) : undefined
  const headers = { accept: 'application/json', ...(token && { 'x-consul-token': token }) }
  // The agent adds up to a sixteenth of the wait, so that not all answers come at once.
  const limitMs = index > 0 ? waitMs * (1 + 1 / 16) + timeoutMs : timeoutMs
  const answer = await httpText({
    source: 'consul',
    url,
    headers,
    ca,
    clock: port.clock,
    timeoutMs: limitMs,
    bytesMax,
    signal,
  })
  refuseFailure(settings, base, answer)
  const servers = consulServers(parsedJson(answer.text))
  if (servers === undefined) throw discoveryUnreadable('consul', base.host, 'a list of health entries')
  if (servers.length === 0 && answer.headers['x-consul-results-filtered-by-acls'] === 'true') {
    throw discoveryForbidden('consul', base.host, policyOf(settings, 'the answer was emptied by its access rules'))
  }
  return { servers, index: Number(answer.headers['x-consul-index']) }
}

function refuseFailure(settings: Settings, base: URL, { status }: HttpAnswer): void {
  if (status === 200) return
  if (status !== 401 && status !== 403) throw discoveryRefused('consul', base.host, status)
  throw discoveryForbidden('consul', base.host, policyOf(settings, `the token is refused (${status})`))
}

function policyOf({ service }: Settings, what: string): string {
  const policy = `service "${service}" { policy = "read" } and node_prefix "" { policy = "read" }`
  return `${what}; give a token (option token or CONSUL_HTTP_TOKEN) whose policy has ${policy}`
}

/** `CONSUL_HTTP_ADDR` may be without a scheme. */
function addressOf({ address, variables = process.env }: Settings): URL {
  const text = address ?? (variables.CONSUL_HTTP_ADDR || 'http://127.0.0.1:8500')
  const scheme = variables.CONSUL_HTTP_SSL === 'true' ? 'https' : 'http'
  const url = URL.parse(text.includes('://') ? text : `${scheme}://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw invalidOption('consul', 'address', 'an address such as http://10.0.0.5:8500', url?.username ? url.host : text)
  }
  return url
}

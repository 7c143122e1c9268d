/** The source that fits where this program runs: what is plausible is asked at once, and what answers is taken. */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { checkOptions, isMabeamError, messageOf, rule } from '@mabeam/foundation'
import { noServersFound } from '../discovery-errors.ts'
import { discoveryPlan, type PlannedSource } from '../discovery-plan.ts'
import { serviceAccountPath } from '../kubernetes-access.ts'
import { serverPort } from '../server-address.ts'
import { answersAsNats } from '../server-probe.ts'
import type { ServerSource, SourcePort } from '../server-source.ts'
import { consul } from './consul.ts'
import { dns } from './dns.ts'
import { kubernetes } from './kubernetes.ts'
import { mdns, mdnsService } from './mdns.ts'
import { staticServers } from './static.ts'

export interface AutoOptions {
  /** Name of the servers' service in Kubernetes, Consul and DNS. @default 'nats' */
  readonly service?: string
  /** Where the servers listen, for what does not say it: Kubernetes, DNS and this machine. @default 4222 */
  readonly port?: number
  /** What is asked for on the local network. @default 'mabeam' */
  readonly mdnsService?: string
  /** A source that has not answered by then is passed over in this look. @default 2_000 */
  readonly probeMs?: number
  /** @default process.env */
  readonly variables?: { readonly [name: string]: string | undefined }
  /** Where a pod has its token. @default '/var/run/secrets/kubernetes.io/serviceaccount' */
  readonly accountPath?: string
}

const autoDefaults = {
  service: 'nats',
  port: serverPort,
  mdnsService,
  probeMs: 2_000,
  accountPath: serviceAccountPath,
} as const satisfies Partial<AutoOptions>

/** Of the addresses that a source found so many are tried. */
const probedMax = 5

/**
 * Asks, in this order of trust: the servers in `MABEAM_NATS_SERVERS` or `NATS_URL`, which stand alone where they are set; Kubernetes in
 * a pod; Consul where `CONSUL_HTTP_ADDR` is set; the name `nats` in DNS; mDNS outside production; this machine. All are asked at the
 * same time, and the first in order at one of whose addresses a server of NATS answers is taken, and asked alone from then on, so that
 * an engine never drifts from one cluster to another. Which, and why not those before it, is told by the event
 * `engine-nats.discovery-tried`.
 *
 * @example nats({ servers: auto() })
 */
export function auto(options: AutoOptions = {}): ServerSource {
  checkOptions('auto', options, {
    service: rule.optional(rule.string()),
    port: rule.optional(rule.int(1, 65_535)),
    mdnsService: rule.optional(rule.string()),
    probeMs: rule.optional(rule.int(1)),
    variables: rule.optional(rule.object()),
    accountPath: rule.optional(rule.string()),
  })
  const settings: Settings = { ...autoDefaults, ...options }
  /** What each engine has settled on. */
  const settled = new WeakMap<SourcePort, ServerSource>()
  return {
    name: 'auto',
    find: async (port, signal) => {
      const known = settled.get(port)
      if (known !== undefined) return await known.find(port, signal)
      const { planned, servers } = await chosen(settings, port, signal)
      settled.set(port, sourceOf(settings, planned))
      return servers
    },
  }
}

type Settings = AutoOptions & Required<Pick<AutoOptions, keyof typeof autoDefaults>>

interface Trial {
  readonly planned: PlannedSource
  readonly servers: readonly string[]
  readonly isReached: boolean
  /** What is wrong with it. */
  readonly sentence: string
  readonly tookMs: number
}

async function chosen(settings: Settings, port: SourcePort, signal: AbortSignal): Promise<Trial> {
  signal.throwIfAborted()
  const { variables = process.env, accountPath, service } = settings
  const hasServiceAccount = existsSync(path.join(accountPath, 'token'))
  const plan = discoveryPlan({ variables, hasServiceAccount }, service)
  const beganMs = port.clock.monotonicMs()
  const settling = new AbortController()
  const either = AbortSignal.any([signal, settling.signal])
  const sentences: string[] = []
  try {
    for (const trying of plan.map((planned) => tried(settings, planned, { port, signal: either }))) {
      const trial = await trying
      signal.throwIfAborted()
      report(port, trial)
      if (trial.isReached) return trial
      sentences.push(`${trial.planned.kind}: ${trial.sentence}`)
    }
  } finally {
    settling.abort()
  }
  const last = `${sentences.join('; ')}; name them in MABEAM_NATS_SERVERS`
  throw noServersFound('auto', port.clock.monotonicMs() - beganMs, last)
}

interface Trying {
  readonly port: SourcePort
  readonly signal: AbortSignal
}

async function tried(settings: Settings, planned: PlannedSource, { port, signal }: Trying): Promise<Trial> {
  const { clock } = port
  const { probeMs } = settings
  // Who named the servers wants these, whether they answer now or not.
  if (planned.kind === 'static' && planned.isNamed) {
    const servers = await staticServers(planned.servers).find(port, signal)
    return { planned, servers, isReached: true, sentence: '', tookMs: 0 }
  }
  const beganMs = clock.monotonicMs()
  const late = new AbortController()
  const cancel = clock.setTimer(probeMs, () => late.abort(new Error(`no answer within ${probeMs} ms`)))
  const either = AbortSignal.any([signal, late.signal])
  const trial = (servers: readonly string[], isReached: boolean, sentence: string): Trial => {
    return { planned, servers, isReached, sentence, tookMs: clock.monotonicMs() - beganMs }
  }
  try {
    const servers = await sourceOf(settings, planned).find(port, either)
    if (servers.length === 0) return trial(servers, false, 'it names none')
    const probe = { clock, timeoutMs: probeMs, signal: either }
    const answers = await firstTrue(servers.slice(0, probedMax).map((address) => answersAsNats(address, probe)))
    late.abort()
    return trial(
      servers,
      answers,
      answers ? '' : `no server of NATS answers at ${servers.slice(0, probedMax).join(', ')}`,
    )
  } catch (thrown) {
    const sentence = isMabeamError(thrown) ? thrown.message.replace(/^[a-z]+: /, '') : messageOf(thrown)
    return trial([], false, sentence)
  } finally {
    cancel()
  }
}

function sourceOf(settings: Settings, planned: PlannedSource): ServerSource {
  const { service, port, probeMs, variables, accountPath } = settings
  const shared = { timeoutMs: probeMs, ...(variables !== undefined && { variables }) }
  switch (planned.kind) {
    case 'kubernetes':
      return kubernetes({ service, port, accountPath, ...shared })
    case 'consul':
      return consul({ service, ...shared })
    case 'dns':
      return dns({ name: planned.name, port, timeoutMs: probeMs })
    case 'mdns':
      return mdns({ service: settings.mdnsService, waitMs: Math.ceil(probeMs / 2) })
    case 'static':
      return staticServers(planned.isNamed ? planned.servers : planned.servers.map((host) => `${host}:${port}`))
  }
}

/** As soon as one is; false when none is. */
function firstTrue(all: readonly Promise<boolean>[]): Promise<boolean> {
  return new Promise((resolve) => {
    for (const one of all) one.then((is) => is && resolve(true))
    void Promise.all(all).then(() => resolve(false))
  })
}

function report({ telemetry }: SourcePort, trial: Trial): void {
  if (!telemetry.enabled) return
  const { planned, servers, isReached, sentence, tookMs } = trial
  const outcome = isReached ? 'chosen' : 'passed-over'
  telemetry.emit({
    name: 'engine-nats.discovery-tried',
    measurements: { servers: servers.length, tookMs },
    metadata: { source: planned.kind, outcome, why: planned.why, sentence },
  })
}

/** Servers by a name of DNS: one address record each, or SRV records that say host and port. */

import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { type CancelTimer, checkOptions, invalidOption, isMabeamError, messageOf, rule } from '@mabeam/foundation'
import { discoveryUnreachable } from '../discovery-errors.ts'
import { serverPort, usableAddresses } from '../server-address.ts'
import type { ServerSource, SourcePort } from '../server-source.ts'
import { srvOrder } from '../srv-order.ts'

export interface DnsOptions {
  /** For `srv` the whole name, such as `_nats._tcp.example.com`: search domains are not tried. */
  readonly name: string
  /** `srv`: host and port from SRV records. `a`: A and AAAA records. @default 'a' */
  readonly kind?: 'srv' | 'a'
  /** Of the servers, for `a`; SRV records say it themselves. @default 4222 */
  readonly port?: number
  /**
   * Asked instead of those of the machine, as `address` or `address:port`, IPv6 in brackets.
   * @default those of the machine; for `a` with its hosts file and search domains
   */
  readonly nameserver?: string
  /** For one look. @default 4_000 */
  readonly timeoutMs?: number
}

const dnsDefaults = { kind: 'a', port: serverPort, timeoutMs: 4_000 } as const satisfies Partial<DnsOptions>

/** What is asked for is not there: no fault, it may come. */
const noRecords: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA'])

/**
 * Servers named in DNS, asked anew at each look. The answer of DNS may be partial; `discoveredServers` keeps what it had.
 *
 * @example nats({ servers: dns({ name: '_nats._tcp.example.com', kind: 'srv' }) })
 */
export function dns(options: DnsOptions): ServerSource {
  checkOptions('dns', options, {
    name: rule.string(),
    kind: rule.optional(rule.oneOf(['srv', 'a'])),
    port: rule.optional(rule.int(1, 65_535)),
    nameserver: rule.optional(rule.string()),
    timeoutMs: rule.optional(rule.int(1)),
  })
  const { name, kind, port, nameserver, timeoutMs } = { ...dnsDefaults, ...options }
  if (kind === 'srv' && options.port !== undefined) {
    throw invalidOption('dns', 'port', "nothing with kind 'srv', whose records say it", options.port)
  }
  if (nameserver !== undefined) checkNameserver(nameserver)
  return {
    name: 'dns',
    find: async (source, signal) => {
      signal.throwIfAborted()
      const question: Question = { source, signal, name, timeoutMs, nameserver }
      if (kind === 'srv') return usableAddresses(await srvTargets(question))
      const hosts = await (nameserver === undefined ? hostsOfMachine(question) : hostsOfNameserver(question))
      return usableAddresses(hosts.map((host) => [host, port]))
    },
  }
}

interface Question {
  readonly source: SourcePort
  readonly signal: AbortSignal
  readonly name: string
  readonly timeoutMs: number
  readonly nameserver: string | undefined
}

async function srvTargets(question: Question): Promise<readonly (readonly [string, number])[]> {
  const records = await asked(question, (resolver) => resolver.resolveSrv(question.name))
  // One record whose target is the root says that there is no such service.
  const targets = (records ?? []).filter((record) => record.name !== '' && record.name !== '.')
  return srvOrder(targets, question.source.random).map((target) => [target.name, target.port])
}

/** Both families, of which one may be missing or fail while the other answers. */
async function hostsOfNameserver(question: Question): Promise<readonly string[]> {
  const answers = await Promise.allSettled([
    asked(question, (resolver) => resolver.resolve4(question.name)),
    asked(question, (resolver) => resolver.resolve6(question.name)),
  ])
  const hosts = answers.flatMap((answer) => (answer.status === 'fulfilled' ? (answer.value ?? []) : []))
  const failed = answers.find((answer) => answer.status === 'rejected')
  if (hosts.length === 0 && failed !== undefined) throw failed.reason
  return hosts
}

async function hostsOfMachine(question: Question): Promise<readonly string[]> {
  const found = await bounded(question, () => {}, lookup(question.name, { all: true }))
  return (found ?? []).map(({ address }) => address)
}

function asked<T>(question: Question, ask: (resolver: Resolver) => Promise<T>): Promise<T | undefined> {
  const resolver = new Resolver({ timeout: Math.max(1, Math.floor(question.timeoutMs / 3)), tries: 2 })
  if (question.nameserver !== undefined) resolver.setServers([question.nameserver])
  return bounded(question, () => resolver.cancel(), ask(resolver))
}

/** Undefined where the name has no such record. */
async function bounded<T>(question: Question, cancel: () => void, work: Promise<T>): Promise<T | undefined> {
  const { source, signal, timeoutMs } = question
  let cancelTimer: CancelTimer = () => {}
  let onAbort = () => {}
  const ended = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(signal.reason)
      cancel()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    cancelTimer = source.clock.setTimer(timeoutMs, () => {
      reject(unanswered(question, `no answer within ${timeoutMs} ms`))
      cancel()
    })
  })
  try {
    return await Promise.race([work, ended])
  } catch (thrown) {
    if (signal.aborted) throw signal.reason
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
    if (noRecords.has(code)) return undefined
    throw isMabeamError(thrown) ? thrown : unanswered(question, sentenceOf(code, thrown), thrown)
  } finally {
    cancelTimer()
    signal.removeEventListener('abort', onAbort)
  }
}

function unanswered({ name, nameserver }: Question, why: string, cause?: unknown) {
  const server = nameserver === undefined ? 'the name servers of this machine' : `the name server ${nameserver}`
  return discoveryUnreachable('dns', name, `${server}: ${why}`, cause)
}

function sentenceOf(code: string, thrown: unknown): string {
  if (code === 'ESERVFAIL') return 'it failed to answer (SERVFAIL)'
  if (code === 'EREFUSED') return 'it refuses to answer us (REFUSED); is it the one for this zone?'
  if (code === 'ETIMEOUT' || code === 'EAI_AGAIN') return 'no answer; is it reachable from here?'
  if (code === 'ECONNREFUSED') return 'nobody listens there; is its address right?'
  if (code === 'EBADNAME') return 'this can be no name in DNS'
  return messageOf(thrown)
}

function checkNameserver(nameserver: string): void {
  const host = /^\[([^\]]+)\](:\d{1,5})?$/.exec(nameserver)?.[1] ?? nameserver.replace(/:\d{1,5}$/, '')
  if (isIP(host) === 0 && isIP(nameserver) === 0) {
    throw invalidOption('dns', 'nameserver', 'an address such as 10.0.0.53 or 10.0.0.53:5353', nameserver)
  }
}

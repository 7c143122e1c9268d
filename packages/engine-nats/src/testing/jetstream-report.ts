/** What servers say of their JetStream (`jsz`), as far as the kit asks. Pure. */

import type { Json } from '@mabeam/foundation'

/** One server's view. */
export interface JetstreamReport {
  readonly server: string
  /** Of the group that knows which streams there are. Undefined while there is none. */
  readonly metaLeader: string | undefined
  /** Servers that are expected in it. */
  readonly size: number
  /** Those that are up to date, the leader included; only the leader knows. */
  readonly current: readonly string[]
  /** Leader of each stream it has a copy of. */
  readonly leaders: ReadonlyMap<string, string>
}

interface Peer {
  readonly name?: string
  readonly current?: boolean
  readonly offline?: boolean
}

interface Told {
  readonly meta_cluster?: {
    readonly leader?: string
    readonly cluster_size?: number
    readonly replicas?: readonly Peer[]
  }
  readonly account_details?: readonly {
    readonly stream_detail?: readonly { readonly name: string; readonly cluster?: { readonly leader?: string } }[]
  }[]
}

/** Of one that is alone its streams are led by itself. */
export function jetstreamReport(server: string, told: Json): JetstreamReport {
  const { meta_cluster: meta, account_details: accounts = [] } = told as Told
  const streams = accounts.flatMap((one) => one.stream_detail ?? [])
  const leaders = streams.flatMap(({ name, cluster }) => {
    const leader = meta === undefined ? server : cluster?.leader
    return leader === undefined || leader === '' ? [] : [[name, leader] as const]
  })
  if (meta === undefined) return { server, metaLeader: server, size: 1, current: [server], leaders: new Map(leaders) }
  const { leader = '', cluster_size: size = 0, replicas = [] } = meta
  const current = replicas.flatMap((one) => (one.current === true && one.offline !== true ? [one.name ?? ''] : []))
  return {
    server,
    metaLeader: leader === '' ? undefined : leader,
    size,
    current: leader === server ? [server, ...current] : [],
    leaders: new Map(leaders),
  }
}

/** What is still missing for a cluster in which these servers run to be ready; undefined when nothing is. */
export function missingFor(reports: readonly JetstreamReport[], running: readonly string[]): string | undefined {
  const silent = running.find((name) => !reports.some((one) => one.server === name))
  if (silent !== undefined) return `${silent} does not answer`
  const leader = reports[0]?.metaLeader
  const lost = reports.find((one) => one.metaLeader === undefined || one.metaLeader !== leader)
  if (lost !== undefined) return `${lost.server} knows no leader, or another one than the others`
  const led = reports.find((one) => one.server === leader)
  if (led === undefined) return `the leader ${leader} does not answer`
  const late = running.find((name) => !led.current.includes(name))
  return late === undefined ? undefined : `${late} is not up to date`
}

/** The leader of a stream: who says so of itself, else whom the others name. */
export function leaderOf(reports: readonly JetstreamReport[], stream: string): string | undefined {
  const own = reports.find((one) => one.leaders.get(stream) === one.server)
  return own?.server ?? reports.map((one) => one.leaders.get(stream)).find((one) => one !== undefined)
}

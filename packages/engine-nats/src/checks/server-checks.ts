/** Whether servers can keep what is promised: one function a finding, in the words of `readiness`. Pure. */

import type { Finding } from '@mabeam/foundation'
import type { ClusterFacts } from './server-facts.ts'

/** What the checks hold the servers to. */
export interface CheckedSettings {
  readonly durability: 'strict' | 'relaxed'
  readonly replicas: number
  readonly clockSkewMaxMs: number
}

/** Before it expiry of keys is ignored without a word. */
const versionMin = '2.11.0'
/** What this engine is tested with. */
const versionTested = '2.15.0'

type Check = (facts: ClusterFacts, settings: CheckedSettings) => Finding | undefined

/**
 * Copies of what is kept where nobody said how many: 3 where there are three servers, else 1.
 */
export function defaultReplicas({ servers, known }: Pick<ClusterFacts, 'servers' | 'known'>): number {
  return Math.max(servers.length, known) >= 3 ? 3 : 1
}

/** Errors first: one is enough for the start to be refused. */
export function serverFindings(facts: ClusterFacts, settings: CheckedSettings): readonly Finding[] {
  const found = checks.flatMap((check) => check(facts, settings) ?? [])
  return found.sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))
}

/** Whether version `a` is older than `b`; what is no version is older than any. */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [versionNumbers(a), versionNumbers(b)]
  const at = right.findIndex((part, i) => part !== (left[i] ?? 0))
  return at !== -1 && (left[at] ?? 0) < (right[at] ?? 0)
}

function versionNumbers(version: string): readonly number[] {
  return (/^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number)
}

const tooOld: Check = ({ servers }) => {
  const old = servers.filter(({ version }) => isOlder(version, versionMin))
  if (old.length === 0) return undefined
  return {
    severity: 'error',
    area: 'durability',
    code: 'cluster-too-old',
    sentence: `expected NATS ${versionMin} or newer, got ${named(old)}: older ones ignore expiry without a word`,
    fix: 'update the servers',
  }
}

const untested: Check = ({ servers }) => {
  const old = servers.filter(({ version }) => isOlder(version, versionTested) && !isOlder(version, versionMin))
  if (old.length === 0) return undefined
  return {
    severity: 'warning',
    area: 'durability',
    code: 'server-untested',
    sentence: `this engine is tested with NATS ${versionTested} and newer, got ${named(old)}`,
    fix: 'update the servers',
  }
}

const noJetStream: Check = ({ address, jetstreamMissing }) =>
  jetstreamMissing?.forEver
    ? {
        severity: 'error',
        area: 'durability',
        code: 'no-jetstream',
        sentence: `the NATS server ${address} has no JetStream for this account (${jetstreamMissing.reason})`,
        fix: 'start it with -js or jetstream { store_dir: … }, and enable jetstream for the account where there are accounts',
      }
    : undefined

const jetStreamNotReady: Check = ({ address, jetstreamMissing }) =>
  jetstreamMissing?.forEver === false
    ? {
        severity: 'error',
        area: 'durability',
        code: 'jetstream-not-ready',
        sentence: `JetStream of the NATS server ${address} is not ready (${jetstreamMissing.reason}): a cluster without a leader keeps nothing`,
        fix: 'see that more than half of the servers run and reach each other, or give it longer with connectTimeoutMs',
      }
    : undefined

const tooFewServers: Check = ({ servers, known }, { replicas }) => {
  const count = Math.max(servers.filter(({ jetstream }) => jetstream).length, known)
  if (replicas <= count) return undefined
  return {
    severity: 'error',
    area: 'durability',
    code: 'too-few-servers',
    sentence: `replicas: expected at most ${count}, as many as there are servers with JetStream, got ${replicas}`,
    fix: 'start more servers, or lower replicas',
  }
}

const notReplicated: Check = (_, { replicas, durability }) =>
  replicas >= 3
    ? undefined
    : {
        severity: durability === 'strict' ? 'error' : 'warning',
        area: 'durability',
        code: 'not-replicated',
        sentence: `${replicas === 1 ? 'one copy is' : `${replicas} copies are`} kept of everything: the loss of one server loses it or stops all writes`,
        fix: "start three servers, or say durability: 'relaxed'",
      }

const evenReplicas: Check = (_, { replicas }) =>
  replicas === 4
    ? {
        severity: 'info',
        area: 'durability',
        code: 'even-replicas',
        sentence: '4 copies survive the loss of one server, as 3 do',
        fix: 'set replicas to 3 or 5',
      }
    : undefined

const notSynced: Check = ({ address, syncAlways }, { durability }) =>
  syncAlways === false
    ? {
        severity: durability === 'strict' ? 'error' : 'warning',
        area: 'durability',
        code: 'not-synced',
        sentence: `the NATS server ${address} acknowledges before its disk is synced: when all servers lose power, so does what was acknowledged`,
        fix: "set jetstream { sync_interval: always }, or say durability: 'relaxed'",
      }
    : undefined

/** No refusal: the server that is asked may be the one that is away. */
const monitorUnreadable: Check = ({ monitorFailure }) =>
  monitorFailure === undefined
    ? undefined
    : {
        severity: 'warning',
        area: 'durability',
        code: 'monitor-unreadable',
        sentence: `${monitorFailure}: whether the servers sync their disks is not known`,
        fix: 'set monitor to the http address of a server that is there (http_port), or leave it out',
      }

const syncUnknown: Check = ({ syncAlways, monitorFailure }, { durability }) =>
  syncAlways === undefined && monitorFailure === undefined && durability === 'strict'
    ? {
        severity: 'info',
        area: 'durability',
        code: 'sync-unknown',
        sentence: 'whether the servers sync their disks at each write is not told to clients',
        fix: 'set monitor to the monitoring address of a server, or see to jetstream { sync_interval: always } yourself',
      }
    : undefined

const accountLimits: Check = ({ limits }) => {
  const { max_streams: streams, max_storage: storage } = limits
  const isTight = (streams !== undefined && streams < streamsMin) || (storage !== undefined && storage < storageMin)
  if (!isTight) return undefined
  return {
    severity: 'warning',
    area: 'capacity',
    code: 'account-limits',
    sentence: `the account has room for ${streams ?? 'any number of'} streams and ${storage ?? 'any number of'} bytes`,
    fix: `allow it ${streamsMin} streams and ${storageMin} bytes or more, in accounts { … jetstream { … } }`,
  }
}

/** What a small system needs. */
const streamsMin = 16
const storageMin = 64 * 2 ** 20

const smallPayload: Check = ({ payloadMax }) =>
  payloadMax >= payloadMin
    ? undefined
    : {
        severity: 'warning',
        area: 'capacity',
        code: 'small-payload',
        sentence: `messages of more than ${payloadMax} bytes are refused by the server`,
        fix: 'set max_payload to 1MB',
      }

const payloadMin = 2 ** 20

const clockSkew: Check = ({ servers }, { clockSkewMaxMs }) => {
  const worst = servers.reduce((most, { skewMs }) => (Math.abs(skewMs) > Math.abs(most) ? skewMs : most), 0)
  if (Math.abs(worst) <= clockSkewMaxMs) return undefined
  return {
    severity: 'warning',
    area: 'observability',
    code: 'clock-skew',
    sentence: `the clock of a server is ${Math.round(Math.abs(worst) / 1_000)} s ${worst > 0 ? 'ahead of' : 'behind'} ours: nothing here depends on it, but times in records and logs do not fit`,
    fix: 'run a time service (chrony, systemd-timesyncd) on all machines',
  }
}

const checks: readonly Check[] = [
  tooOld,
  noJetStream,
  jetStreamNotReady,
  tooFewServers,
  notReplicated,
  notSynced,
  untested,
  monitorUnreadable,
  evenReplicas,
  syncUnknown,
  accountLimits,
  smallPayload,
  clockSkew,
]

function named(servers: ClusterFacts['servers']): string {
  return servers.map(({ name, version }) => `${version || 'no version'} of ${name}`).join(', ')
}

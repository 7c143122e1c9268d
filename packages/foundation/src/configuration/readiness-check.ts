/** What is checked before a start in earnest, one function a finding. */

import { onServersChecks } from './cluster-readiness.ts'
import type { ReadinessCheck } from './readiness-finding.ts'

/** Of an idle actor without a name, with room to spare. */
const actorBytes = 400
const nodeMajorMin = 24

/** Only a risk where it is in earnest. */
const inEarnest = { development: 'info', production: 'warning', enterprise: 'error' } as const
const alwaysRisky = { development: 'info', production: 'warning', enterprise: 'warning' } as const

const developmentProfile: ReadinessCheck = ({ configuration, environment }) =>
  configuration.profile === 'development' && environment.kubernetes !== null
    ? {
        severity: 'warning',
        area: 'security',
        code: 'development-in-cluster',
        sentence: 'the profile is development, and this is a pod of Kubernetes',
        fix: 'set MABEAM_PROFILE=production',
      }
    : undefined

const inspectable: ReadinessCheck = ({ configuration }) =>
  configuration.values.inspectable === true
    ? {
        severity: alwaysRisky,
        area: 'security',
        code: 'inspectable',
        sentence: 'any code of the process can replace the state of an actor',
        fix: 'set inspectable: false',
      }
    : undefined

const root: ReadinessCheck = ({ environment }) =>
  environment.container && environment.userId === 0
    ? {
        severity: inEarnest,
        area: 'security',
        code: 'root-in-container',
        sentence: 'the process is root in its container',
        fix: 'run it as another user (USER in the image, runAsNonRoot in the pod)',
      }
    : undefined

const defaultSystem: ReadinessCheck = ({ configuration, facts }) =>
  configuration.sources.system === 'default' && facts.engine !== 'memory'
    ? {
        severity: alwaysRisky,
        area: 'security',
        code: 'system-unnamed',
        sentence: `the system is called ${configuration.values.system}, as any other that was not named: on one server they meet`,
        fix: 'set system to a word of your own',
      }
    : undefined

const nodeVersion: ReadinessCheck = ({ environment }) => {
  const major = Number.parseInt(environment.nodeVersion, 10)
  if (major >= nodeMajorMin && major % 2 === 0) return undefined
  const isOld = !(major >= nodeMajorMin)
  return {
    severity: isOld ? 'error' : 'warning',
    area: 'security',
    code: isOld ? 'node-too-old' : 'node-not-maintained-long',
    sentence: isOld
      ? `expected Node ${nodeMajorMin} or newer, got ${environment.nodeVersion}`
      : `Node ${environment.nodeVersion} is of an odd line, which gets no mends after half a year`,
    fix: `run on Node ${isOld ? nodeMajorMin : major + 1}`,
  }
}

const codecOn: ReadinessCheck = ({ configuration }) =>
  configuration.profile !== 'development' && configuration.values.codec === true
    ? {
        severity: 'warning',
        area: 'capacity',
        code: 'codec-on',
        sentence: 'messages between actors of one node pass the codec, so a call costs about twice as much',
        fix: 'set codec: false',
      }
    : undefined

const noDeadline: ReadinessCheck = ({ configuration }) =>
  configuration.values.callTimeoutMs === Number.POSITIVE_INFINITY
    ? {
        severity: { development: 'warning', production: 'error', enterprise: 'error' },
        area: 'capacity',
        code: 'no-call-deadline',
        sentence: 'a call that is never answered waits for ever, and so does what waits for it',
        fix: 'set callTimeoutMs to a number of milliseconds',
      }
    : undefined

const mailboxMemory: ReadinessCheck = ({ configuration, environment }) => {
  const { messageBytesMax = 0, mailboxCapacity = 0 } = configuration.values
  const bytes = messageBytesMax * mailboxCapacity
  if (bytes <= environment.memoryBytes) return undefined
  return {
    severity: alwaysRisky,
    area: 'capacity',
    code: 'mailbox-memory',
    sentence: `one full mailbox of the longest messages is ${gib(bytes)}, of ${gib(environment.memoryBytes)} there are`,
    fix: 'lower mailboxCapacity or messageBytesMax, if senders can be as many and messages as long as that',
  }
}

const actorMemory: ReadinessCheck = ({ configuration, environment }) => {
  const { actorsMax = 0 } = configuration.values
  const bytes = actorsMax * actorBytes
  if (bytes <= environment.memoryBytes / 2) return undefined
  const fits = bytes <= environment.memoryBytes
  return {
    severity: fits ? alwaysRisky : { development: 'warning', production: 'error', enterprise: 'error' },
    area: 'capacity',
    code: 'actor-memory',
    sentence: `${actorsMax} idle actors without any state are ${gib(bytes)}, of ${gib(environment.memoryBytes)} there are`,
    fix: `set actorsMax to at most ${Math.floor(environment.memoryBytes / 2 / actorBytes)}`,
  }
}

const threadMemory: ReadinessCheck = ({ configuration, environment }) => {
  const {
    threadsMax = Math.max(1, environment.cores - 1),
    ownThreadsMax = 0,
    heapBytesMax = 0,
  } = configuration.values.threads ?? {}
  const bytes = (threadsMax + ownThreadsMax) * heapBytesMax
  if (bytes <= environment.memoryBytes) return undefined
  return {
    severity: alwaysRisky,
    area: 'capacity',
    code: 'thread-memory',
    sentence: `${threadsMax + ownThreadsMax} threads may keep ${gib(bytes)} on their heaps, of ${gib(environment.memoryBytes)} there are`,
    fix: 'lower threads.heapBytesMax, threads.threadsMax or threads.ownThreadsMax, if actors are started in that many threads',
  }
}

const noBaseline: ReadinessCheck = ({ facts }) =>
  facts.baseline === undefined
    ? {
        severity: 'info',
        area: 'capacity',
        code: 'no-baseline',
        sentence: 'nobody has measured what this machine can do, so nobody will see it get slower',
        fix: 'keep what measureBaseline gives, and give it as baselineBefore next time',
      }
    : undefined

const memoryEngine: ReadinessCheck = ({ facts }) =>
  facts.engine === 'memory'
    ? {
        severity: inEarnest,
        area: 'durability',
        code: 'memory-engine',
        sentence: 'the memory engine keeps nothing: state, queues and blobs are gone with the process',
        fix: 'give startNode an engine that keeps them, or keep what must last in a journal',
      }
    : undefined

const sharedName: ReadinessCheck = ({ configuration, environment }) => {
  const source = configuration.sources.name
  if (environment.kubernetes === null || (source !== 'file' && source !== 'code')) return undefined
  return {
    severity: 'warning',
    area: 'durability',
    code: 'name-shared',
    sentence: `the name ${configuration.values.name} (${source}) is that of every replica, and of one name only the newest node goes on`,
    fix: 'leave name out, or set MABEAM_NAME to the name of the pod',
  }
}

const noTelemetry: ReadinessCheck = ({ facts }) =>
  facts.telemetry
    ? undefined
    : {
        severity: inEarnest,
        area: 'observability',
        code: 'no-telemetry',
        sentence: 'crashes, restarts and dropped messages are seen by nobody',
        fix: 'give startNode a telemetry port',
      }

/** In order of areas. */
export const readinessChecks: readonly ReadinessCheck[] = [
  developmentProfile,
  inspectable,
  root,
  defaultSystem,
  ...onServersChecks,
  nodeVersion,
  codecOn,
  noDeadline,
  mailboxMemory,
  actorMemory,
  threadMemory,
  noBaseline,
  memoryEngine,
  sharedName,
  noTelemetry,
]

function gib(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(0)} MiB`
}

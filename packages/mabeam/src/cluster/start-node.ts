/** Starts a node as its configuration says: profile, file, environment and code, and by what it meets the others. */

import type { CoordinationOptions } from '@mabeam/coordination'
import {
  type Configuration,
  type ConfigurationOptions,
  checkOptions,
  loadConfiguration,
  type Node,
  type NodeOptions,
  type PlainNodeOptions,
  type Profile,
  rule,
  startNode as startPlainNode,
} from '@mabeam/foundation'
import { clusterRefused } from '../errors.ts'
import type { EngineTaken } from './cluster-engine.ts'
import type { ClusterOption } from './cluster-option.ts'
import { type ConfiguredCluster, configuredCluster } from './configured-cluster.ts'

export interface StartOptions extends NodeOptions {
  /**
   * How agents of this node agree with those of others; `false` for a node that has none. Where nodes meet it is open from the start, so
   * that any of them may ask agents here; in one process when it is first asked for. @default {}
   */
  readonly coordination?: CoordinationOptions | false
  /** By what the nodes of this system meet. @default 'local' in development, 'none' in tests; production has to say it */
  readonly cluster?: ClusterOption
  /** @default MABEAM_PROFILE, else as the configuration finds out */
  readonly profile?: Profile
  /** Where the rest of the configuration comes from. @default mabeam.config.json of the working directory, and process.env */
  readonly configuration?: Pick<ConfigurationOptions, 'file' | 'directory' | 'env'>
  /** Takes one line that says what was chosen, and why. @default standard error, where that is a terminal of a developer */
  readonly log?: (line: string) => void
}

/** A node, and how it came to be what it is. */
export interface StartedNode {
  readonly node: Node
  readonly configuration: Configuration
  readonly taken: EngineTaken
}

/**
 * Starts a node of this program: options merge as defaults < profile < `mabeam.config.json` < `MABEAM_…` < code. In development the
 * processes of one project find each other on this machine; production says by what its nodes meet, in one line.
 *
 * Ensures: nothing is started before all options were checked. One event, `mabeam.cluster-chosen`, says what was chosen and why.
 * Rejects as `loadConfiguration`, foundation's `startNode` and `coordination` do, with `mabeam/cluster-unsaid`, `mabeam/cluster-refused`,
 * and with what the engine throws, such as `engine-nats/no-server`.
 *
 * @example await using node = await startNode()
 * @example await using node = await startNode({ cluster: 'kubernetes' })
 */
export async function startNode(options: StartOptions = {}): Promise<Node> {
  return (await startConfiguredNode(options)).node
}

/** As `startNode`, with what was found out on the way. */
export async function startConfiguredNode(options: StartOptions): Promise<StartedNode> {
  checkOptions('startNode', options, startRules)
  checkOptions('startNode: configuration', options.configuration ?? {}, { file: any, directory: any, env: any })
  const { cluster, profile, configuration: sources, log, coordination, ...given } = options
  const { clock, random, telemetry, engine, epoch, definitions, membership, sessions, ...plain } = given
  const code = { ...plain, ...(cluster !== undefined && { cluster }) }
  const from: ConfigurationOptions = { ...sources, ...(profile && { profile }), code }
  const configured = engine === undefined ? await configuredCluster(from) : await withoutCluster(from)
  const opener = engine ?? configured.open
  const node = await startPlainNode({
    ...valuesFor(configured),
    ...(clock && { clock }),
    ...(random && { random }),
    ...(telemetry && { telemetry }),
    ...(epoch !== undefined && { epoch }),
    ...(definitions && { definitions }),
    ...(membership && { membership }),
    ...(sessions && { sessions }),
    ...(opener && { engine: opener }),
  })
  const started = { node, configuration: configured.configuration, taken: configured.taken }
  await coordinate(started, coordination)
  tell(started, log ?? developerLog(started))
  return started
}

/** What the node runs on, in one line. */
export function startedLine({ node, taken, configuration }: StartedNode): string {
  const engine = taken.engine === 'none' ? 'no other process' : `engine ${node.engine.name}`
  return `${node.name} of system ${node.system}: ${engine} (${taken.reason}), profile ${configuration.profile}`
}

/** Nobody else can ask agents of a node that is alone: there it is opened by whoever decides something. */
async function coordinate({ node, taken }: StartedNode, options: StartOptions['coordination']): Promise<void> {
  if (options === false || (options === undefined && taken.engine === 'none')) return
  try {
    // Commands that start no node need not wait until it is loaded.
    const { coordination } = await import('@mabeam/coordination')
    await coordination(node, options)
  } catch (thrown) {
    await node.close()
    throw thrown
  }
}

/** A program that gives an engine has said all there is to say. */
async function withoutCluster(from: ConfigurationOptions): Promise<ConfiguredCluster> {
  const configuration = await loadConfiguration(from)
  const source = configuration.sources.cluster
  if (source !== 'profile' && source !== 'default') {
    throw clusterRefused(
      'cluster',
      'nothing beside engine',
      `"${configuration.cluster?.kind}" (${source})`,
      'leave one of the two out',
    )
  }
  return { configuration, open: undefined, taken: { engine: 'given', reason: 'the code gives an engine' } }
}

/** In one process there is no second tier of caches to look into. */
function valuesFor({ configuration, taken }: ConfiguredCluster): PlainNodeOptions {
  const { values, sources } = configuration
  if (taken.engine !== 'none' || sources['caches.tiers'] !== 'default') return values
  return { ...values, caches: { ...values.caches, tiers: 'process' } }
}

function tell(started: StartedNode, log: (line: string) => void): void {
  const { node, taken, configuration } = started
  const { telemetry, system, name } = node
  if (telemetry.enabled) {
    const { profile, profileReason } = configuration
    const metadata = { system, node: name, engine: node.engine.name, reason: taken.reason, profile, profileReason }
    telemetry.emit({ name: 'mabeam.cluster-chosen', measurements: { count: 1 }, metadata })
  }
  log(startedLine(started))
}

/** People who develop see it; logs of other programs are theirs. */
function developerLog({ configuration, taken }: StartedNode): (line: string) => void {
  const isShown = configuration.profile === 'development' && taken.engine !== 'none' && process.stderr.isTTY
  return isShown ? (line) => void process.stderr.write(`mabeam: ${line}\n`) : () => {}
}

const any = rule.optional(rule.any())

/** Which options there are; what each must be is checked where it is used. */
const startRules = {
  cluster: any,
  profile: any,
  configuration: rule.optional(rule.object()),
  log: rule.optional(rule.fn()),
  coordination: any,
  system: any,
  name: any,
  epoch: any,
  clock: any,
  random: any,
  telemetry: any,
  engine: any,
  codec: any,
  messageBytesMax: any,
  callTimeoutMs: any,
  mailboxCapacity: any,
  overflow: any,
  waitersMax: any,
  actorsMax: any,
  timersMax: any,
  monitorsMax: any,
  shutdownMs: any,
  startMs: any,
  threads: any,
  caches: any,
  inspectable: any,
  definitions: any,
  membership: any,
  sessions: any,
  security: any,
} as const satisfies { readonly [K in keyof Required<StartOptions>]: unknown }

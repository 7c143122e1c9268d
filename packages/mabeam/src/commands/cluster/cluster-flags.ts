/** How a command of `mabeam cluster` is told which system it is about: as its programs are configured, unless flags say otherwise. */

import { resolve } from 'node:path'
import {
  type Cluster,
  type ClusterKind,
  type ClusterSettings,
  type ConfigurationOptions,
  openCluster,
} from '@mabeam/foundation'
import { type Command, Option } from 'commander'
import { type ConfiguredCluster, configuredCluster } from '../../cluster/configured-cluster.ts'
import { usage } from '../../errors.ts'
import type { Terminal } from '../../terminal.ts'

export interface ClusterFlags {
  readonly cluster?: ClusterKind
  readonly servers?: readonly string[]
  readonly system?: string
  readonly secretFile?: string
}

const kinds = ['local', 'nats', 'kubernetes', 'consul', 'dns', 'auto'] as const satisfies readonly ClusterKind[]

/** Adds the flags. */
export function withClusterFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--cluster <kind>', 'by what the nodes meet (default: as configured, in development local)').choices(
        kinds,
      ),
    )
    .option('--servers <addresses>', 'NATS servers, with commas between; means --cluster nats', addressList)
    .option('--system <name>', 'the system (default: as configured, else mabeam)')
    .option(...secretFileFlag)
}

/** Its flag, what it says, and how it is read. */
export const secretFileFlag = [
  '--secret-file <file>',
  'what the nodes sign their messages with, a secret a line (default: as configured, MABEAM_SECRET)',
] as const

/** Addresses with commas between. */
export function addressList(text: string): readonly string[] {
  return text.split(',').map((one) => one.trim())
}

/** The sources of the configuration, flags included. */
export function clusterSources(terminal: Terminal, flags: ClusterFlags): ConfigurationOptions {
  const { cluster, servers, system, secretFile } = flags
  const kind = cluster ?? (servers === undefined ? undefined : 'nats')
  const said: ClusterSettings = { ...(kind && { kind }), ...(servers && { servers }) }
  return {
    directory: terminal.cwd,
    env: terminal.env,
    code: {
      ...(kind && { cluster: said }),
      ...(system !== undefined && { system }),
      ...(secretFile !== undefined && { security: { secret: secretAt(secretFile, terminal.cwd) } }),
    },
  }
}

/** What flags say, as variables of a program that is started. */
export function clusterVariables(flags: ClusterFlags, cwd: string): { readonly [name: string]: string } {
  const { cluster, servers, system, secretFile } = flags
  const kind = cluster ?? (servers === undefined ? undefined : 'nats')
  return {
    ...(kind && { MABEAM_CLUSTER: kind }),
    ...(servers && { MABEAM_CLUSTER__SERVERS: servers.join(',') }),
    ...(system !== undefined && { MABEAM_SYSTEM: system }),
    ...(secretFile !== undefined && { MABEAM_SECRET: secretAt(secretFile, cwd) }),
  }
}

/** By its place: nobody who lists processes sees more. */
function secretAt(file: string, cwd: string): string {
  return `file:${resolve(cwd, file)}`
}

/** A system that is looked at from outside, and how it was found. */
export interface OpenedCluster extends AsyncDisposable {
  readonly cluster: Cluster
  readonly configured: ConfiguredCluster
}

/**
 * Opens the system without being one of its nodes.
 *
 * Rejects as `configuredCluster` and the engine do, and with `mabeam/usage` where the configuration is that of one process.
 */
export async function openConfiguredCluster(
  command: string,
  terminal: Terminal,
  sources: ConfigurationOptions,
): Promise<OpenedCluster> {
  const configured = await configuredCluster(sources)
  const { open, taken, configuration } = configured
  if (open === undefined) {
    throw usage(
      `${command}: cluster: expected nodes that meet, got "none" (${taken.reason}); say --cluster local, or --servers with addresses`,
    )
  }
  const { system = 'mabeam', security } = configuration.values
  const cluster = await openCluster({ engine: open, system, clock: terminal.clock, ...(security && { security }) })
  return { cluster, configured, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() }
}

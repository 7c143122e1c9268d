/** `mabeam cluster up`: several node processes of one program here, shown line by line. */

import { findNatsServer, type NatsServer, startNatsServer } from '@mabeam/engine-nats/server'
import { Command, Option } from 'commander'
import { commandLineArgs, programArgs } from '../../processes/node-program.ts'
import { type EndedProcess, type ProcessSpec, startProcesses } from '../../processes/process-group.ts'
import { linePrefix } from '../../report/line-prefix.ts'
import type { Terminal } from '../../terminal.ts'
import { integer } from '../option-value.ts'
import {
  addressList,
  type ClusterFlags,
  clusterSources,
  clusterVariables,
  type OpenedCluster,
  openConfiguredCluster,
  secretFileFlag,
} from './cluster-flags.ts'
import { newNames } from './node-names.ts'

interface UpFlags {
  readonly nodes: number
  readonly program?: string
  readonly engine?: 'local' | 'nats'
  readonly servers?: readonly string[]
  readonly system?: string
  readonly secretFile?: string
  readonly graceMs: number
}

const examples = `
Examples:
  npx mabeam cluster up --nodes 3 --program app.ts      three processes of app.ts, which find each other
  npx mabeam cluster up --engine nats --program app.ts  on a NATS server that is started for them
  npx mabeam cluster up --servers nats://10.0.0.5:4222  on servers that run

Each line is printed behind the name of its node. A program takes its name and its cluster from MABEAM_NAME, MABEAM_CLUSTER
and so on, as startNode() of mabeam does. One that ends is not started again. Ctrl-C asks all of them to end.`

export function upCommand(terminal: Terminal, finish: (status: number) => void): Command {
  return new Command('up')
    .description('start several node processes here and show what they print, until Ctrl-C')
    .option('--nodes <n>', 'how many', integer(1, 50), 3)
    .option('--program <file>', 'what each runs (default: a node without code of its own)')
    .addOption(
      new Option('--engine <name>', 'what connects them (default: as configured, in development local)').choices([
        'local',
        'nats',
      ]),
    )
    .option(
      '--servers <addresses>',
      'NATS servers that run, with commas between; without it --engine nats starts one',
      addressList,
    )
    .option('--system <name>', 'the system (default: as configured, else mabeam)')
    .option(...secretFileFlag)
    .option('--grace-ms <ms>', 'how long a node may take to end', integer(0, 600_000), 10_000)
    .addHelpText('after', examples)
    .action(async (flags: UpFlags) => finish(await up(terminal, flags)))
}

async function up(terminal: Terminal, flags: UpFlags): Promise<number> {
  const { program, engine, servers, system, secretFile } = flags
  const args = program === undefined ? commandLineArgs(['cluster', 'join']) : programArgs(program, terminal.cwd)
  await using stack = new AsyncDisposableStack()
  const isOwned = engine === 'nats' && servers === undefined
  const owned = isOwned ? stack.use(await ownServer(terminal)) : undefined
  const connected: ClusterFlags = {
    ...(engine && { cluster: engine }),
    ...(servers && { servers }),
    ...(owned && { servers: [owned.url] }),
    ...(system !== undefined && { system }),
    ...(secretFile !== undefined && { secretFile }),
  }
  const opened = stack.use(await openConfiguredCluster('cluster up', terminal, clusterSources(terminal, connected)))
  const names = newNames(
    (await opened.cluster.status()).nodes.map(({ name }) => name),
    flags.nodes,
  )
  const specs = names.map(
    (name): ProcessSpec => ({ name, args, env: { ...clusterVariables(connected, terminal.cwd), MABEAM_NAME: name } }),
  )
  return await run(terminal, { opened, specs, graceMs: flags.graceMs })
}

/** A server that ends with the command, and what it keeps with it. */
async function ownServer({ env, clock }: Terminal): Promise<NatsServer> {
  const { path } = await findNatsServer(env)
  return await startNatsServer({ program: path, clock })
}

interface Running {
  readonly opened: OpenedCluster
  readonly specs: readonly ProcessSpec[]
  readonly graceMs: number
}

/** The status of the command: 1 when a node failed, 130 when all were asked to end by Ctrl-C. */
async function run(terminal: Terminal, { opened, specs, graceMs }: Running): Promise<number> {
  const { stdout, stderr, cwd, env, clock } = terminal
  const names = specs.map(({ name }) => name)
  const prefix = linePrefix(names, stdout, env)
  const note = (sentence: string) => void stderr.write(`${sentence}\n`)
  const group = await startProcesses(specs, {
    cwd,
    env,
    clock,
    graceMs,
    onLine: (name, line) => void stdout.write(`${prefix(name)}${line}\n`),
    onEnd: (ended) => note(endSentence(ended)),
  })
  let asked = 0
  terminal.onInterrupt(() => {
    asked++
    if (asked > 1) return group.kill()
    note('ending all nodes; Ctrl-C again kills them')
    group.end()
  })
  await using _ = whenSeen(opened, names, () => note(upSentence(opened, names)))
  const ended = await group.ended
  return ended.some((one) => hasFailed(one, asked > 0)) ? 1 : 0
}

/** Calls `then` once, when all of them answer. */
function whenSeen({ cluster }: OpenedCluster, names: readonly string[], then: () => void): AsyncDisposable {
  let isSeen = false
  const ended = new AbortController()
  return cluster.watch(
    ({ nodes }) => {
      const here = new Set(nodes.filter(({ presence }) => presence === 'here').map(({ name }) => name))
      if (isSeen || !names.every((name) => here.has(name))) return
      isSeen = true
      then()
      ended.abort()
    },
    { signal: ended.signal },
  )
}

function upSentence({ cluster, configured }: OpenedCluster, names: readonly string[]): string {
  const { engine, system } = cluster
  const servers = configured.configuration.cluster?.servers
  const flags = servers === undefined ? '' : ` --servers ${[servers].flat().join(',')}`
  return (
    `up: ${names.length} nodes of system ${system} on engine ${engine.name} (${configured.taken.reason}); ` +
    `npx mabeam cluster status${flags} shows them, Ctrl-C ends them`
  )
}

function endSentence({ name, status, signal }: EndedProcess): string {
  return `${name} ended ${signal === null ? `with status ${status}` : `by ${signal}`}`
}

/** One that was asked to end may do so by the signal; one that had to be killed has failed. */
function hasFailed({ status, signal }: EndedProcess, wasAsked: boolean): boolean {
  return wasAsked ? signal === 'SIGKILL' : status !== 0
}

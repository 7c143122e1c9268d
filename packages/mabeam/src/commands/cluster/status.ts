/** `mabeam cluster status`: the nodes of a system, and what they hold, once or again and again. */

import { once } from 'node:events'
import { type ClusterStatus, messageOf } from '@mabeam/foundation'
import { Command } from 'commander'
import { formatClusterStatus } from '../../report/cluster-tables.ts'
import { reportStyle } from '../../report/style.ts'
import { interruptSignal, type Terminal } from '../../terminal.ts'
import { integer } from '../option-value.ts'
import { type ClusterFlags, clusterSources, openConfiguredCluster, withClusterFlags } from './cluster-flags.ts'

interface StatusFlags extends ClusterFlags {
  readonly json?: true
  readonly watch?: true
  readonly everyMs: number
  readonly timeoutMs: number
}

const examples = `
Examples:
  npx mabeam cluster status             the system of the project in this folder
  npx mabeam cluster status --watch     … shown anew as it changes, until Ctrl-C
  npx mabeam cluster status --json      one line of JSON, for programs
  npx mabeam cluster status --servers nats://10.0.0.5:4222`

export function statusCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const command = new Command('status')
    .description('show the nodes of a system, its places and leases, queues and services')
    .option('--json', 'print one line of JSON; with --watch one each time')
    .option('--watch', 'show it anew as it changes, until Ctrl-C')
    .option('--every-ms <ms>', 'with --watch: how often it is gathered', integer(100, 3_600_000), 1_000)
    .option('--timeout-ms <ms>', 'how long nodes have to answer', integer(1, 60_000), 2_000)
    .addHelpText('after', examples)
  return withClusterFlags(command).action(async (flags: StatusFlags) => {
    const signal = interruptSignal(terminal)
    await using opened = await openConfiguredCluster('cluster status', terminal, clusterSources(terminal, flags))
    const { timeoutMs, everyMs } = flags
    const show = shower(terminal, flags)
    finish(0)
    if (flags.watch === undefined) return show(await opened.cluster.status({ timeoutMs, signal }))
    const onFailure = (thrown: unknown) => void terminal.stderr.write(`mabeam: ${messageOf(thrown)}\n`)
    await using _ = opened.cluster.watch(show, { timeoutMs, everyMs, signal, onFailure })
    if (!signal.aborted) await once(signal, 'abort')
  })
}

/** Prints a status. On a terminal one takes the place of the last. */
function shower({ stdout, env }: Terminal, { json, watch }: StatusFlags): (status: ClusterStatus) => void {
  const clears = watch === true && json === undefined && stdout.isTTY === true
  const style = reportStyle(stdout, env)
  let last = ''
  return (status) => {
    const text = json ? JSON.stringify(status) : formatClusterStatus(status, style)
    // A log shows what has changed, not that time has passed.
    if (text === last && !json) return
    last = text
    stdout.write(`${clears ? '\u001b[2J\u001b[H' : ''}${text}\n`)
  }
}

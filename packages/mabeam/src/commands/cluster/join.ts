/** `mabeam cluster join`: one node of this project in the foreground. */

import { Command } from 'commander'
import { startConfiguredNode, startedLine } from '../../cluster/start-node.ts'
import type { Terminal } from '../../terminal.ts'
import { type ClusterFlags, clusterSources, withClusterFlags } from './cluster-flags.ts'

interface JoinFlags extends ClusterFlags {
  readonly name?: string
}

export function joinCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const command = new Command('join')
    .description('start one node of this project here; it has no code of a program, and is seen by all')
    .option('--name <name>', 'its name (default: drawn)')
    .addHelpText('after', '\nExample:\n  npx mabeam cluster join --name spare    it leaves the system at Ctrl-C')
  return withClusterFlags(command).action(async ({ name, ...flags }: JoinFlags) => {
    const { code, directory, env } = clusterSources(terminal, flags)
    const started = await startConfiguredNode({
      ...(code as object),
      ...(name !== undefined && { name }),
      configuration: { ...(directory !== undefined && { directory }), ...(env && { env }) },
      clock: terminal.clock,
      log: () => {},
    })
    terminal.stdout.write(`${startedLine(started)}\n`)
    await started.node.serve()
    finish(0)
  })
}

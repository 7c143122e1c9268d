/** `mabeam cluster reset`: what the processes of a project have kept on this machine begins anew. */

import { resetLocal } from '@mabeam/foundation'
import { Command } from 'commander'
import { configuredChoice } from '../../cluster/configured-cluster.ts'
import { usage } from '../../errors.ts'
import type { Terminal } from '../../terminal.ts'
import { type ClusterFlags, clusterSources, withClusterFlags } from './cluster-flags.ts'

interface ResetFlags extends ClusterFlags {
  readonly yes?: true
}

const examples = `
Examples:
  npx mabeam cluster reset --yes    when the programs of this project have ended`

export function resetCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const command = new Command('reset')
    .description('remove all that engine local has kept for this project: states, queues and blobs')
    .option('--yes', 'that it shall be gone')
    .addHelpText('after', examples)
  return withClusterFlags(command).action(async (flags: ResetFlags) => {
    const choice = await configuredChoice(clusterSources(terminal, flags))
    if (choice.engine !== 'local') {
      throw usage(
        `cluster reset: expected engine local, got ${choice.engine} (${choice.reason}); what servers keep is removed there, what local has kept with --cluster local`,
      )
    }
    if (flags.yes === undefined) {
      throw usage('cluster reset: it removes all states, queues and blobs of this project on this machine; say --yes')
    }
    const { directory } = choice
    const removed = await resetLocal(directory === undefined ? { project: terminal.cwd } : { directory })
    terminal.stdout.write(`${resetSentence(removed)}\n`)
    finish(0)
  })
}

/** What was removed, in one sentence. */
function resetSentence({ directory, bytes, files }: Awaited<ReturnType<typeof resetLocal>>): string {
  return files === 0
    ? `nothing was kept in ${directory}`
    : `removed ${files} ${files === 1 ? 'file' : 'files'} of ${bytes} bytes from ${directory}`
}

/** `mabeam cluster`: the nodes of a system, started, seen and steered from the command line. */

import { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { drainCommand, leaveCommand, undrainCommand } from './cluster/drain.ts'
import { joinCommand } from './cluster/join.ts'
import { resetCommand } from './cluster/reset.ts'
import { statusCommand } from './cluster/status.ts'
import { upCommand } from './cluster/up.ts'

const guide = `
A system is found as its programs find each other: by mabeam.config.json of this folder, MABEAM_CLUSTER and the like; in
development it is the processes of this project on this machine. --cluster and --servers say otherwise.`

export function clusterCommand(terminal: Terminal, finish: (status: number) => void): Command {
  const command = new Command('cluster')
    .description('start, see and steer the nodes of a system')
    .addHelpText('after', guide)
  for (const part of [
    upCommand,
    statusCommand,
    joinCommand,
    drainCommand,
    undrainCommand,
    leaveCommand,
    resetCommand,
  ]) {
    command.addCommand(part(terminal, finish))
  }
  return command
}

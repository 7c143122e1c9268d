/** The `mabeam` command line: parses, runs one command, prints one clear sentence when it fails. */

import { readFileSync } from 'node:fs'
import { isMabeamError, messageOf, toWireError } from '@mabeam/foundation'
import { Command, CommanderError } from 'commander'
import { clusterCommand } from './commands/cluster.ts'
import { devCommand } from './commands/dev.ts'
import { evalCommand } from './commands/eval.ts'
import { optimizeCommand } from './commands/optimize.ts'
import { runCommand } from './commands/run.ts'
import { serveLocalCommand } from './commands/serve-local.ts'
import { studyCommand } from './commands/study.ts'
import { exitStatusOf } from './errors.ts'
import type { Terminal } from './terminal.ts'

/**
 * Runs one command line (without `node` and the script) and returns the exit status:
 * 0 done, 1 failed, 2 called wrongly, 130 interrupted.
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0
  const finish = (code: number) => {
    status = code
  }
  const program = new Command('mabeam')
    .description('Typed LM programs that are tuned rather than written, and the nodes they run on.')
    .version(ownVersion(), '--version', 'print the version')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text.replace(/^error: /, 'mabeam: ')),
    })
    .showHelpAfterError('(--help lists the options)')
    .exitOverride()
  const commands = [
    optimizeCommand,
    evalCommand,
    runCommand,
    studyCommand,
    serveLocalCommand,
    clusterCommand,
    devCommand,
  ]
  for (const make of commands) {
    const command = make(terminal, finish)
    for (const one of [command, ...command.commands]) one.copyInheritedSettings(program)
    program.addCommand(command)
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    return reportFailure(error, args.includes('--json'), terminal)
  }
  return status
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

function reportFailure(error: unknown, json: boolean, terminal: Terminal): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    const message = error.message.replace(/^error: /, '')
    if (json)
      terminal.stdout.write(`${JSON.stringify({ error: { code: 'mabeam/usage', message, retryable: false } })}\n`)
    return 2
  }
  if (json) {
    const { code, message, retryable } = toWireError(error)
    terminal.stdout.write(`${JSON.stringify({ error: { code, message, retryable } })}\n`)
  }
  terminal.stderr.write(`mabeam: ${messageOf(error)}\n`)
  const isBug = !isMabeamError(error) && error instanceof Error
  if (isBug) terminal.stderr.write(`${error.stack}\n`)
  return exitStatusOf(error)
}

/** `mabeam cluster drain`, `undrain` and `leave`: what an operator asks of one node. */

import type { DrainReport } from '@mabeam/foundation'
import { Command } from 'commander'
import { interruptSignal, type Terminal } from '../../terminal.ts'
import { integer } from '../option-value.ts'
import { type ClusterFlags, clusterSources, openConfiguredCluster, withClusterFlags } from './cluster-flags.ts'

interface DrainFlags extends ClusterFlags {
  readonly timeoutMs: number
  readonly json?: true
}

type Finish = (status: number) => void

export function drainCommand(terminal: Terminal, finish: Finish): Command {
  return drainLike(terminal, finish, {
    name: 'drain',
    description: 'let a node hand over what it holds and take nothing more; it goes on running',
    example: 'npx mabeam cluster drain node-2    before its machine is worked on; undrain takes it back',
  })
}

export function leaveCommand(terminal: Terminal, finish: Finish): Command {
  return drainLike(terminal, finish, {
    name: 'leave',
    description: 'let a node hand over what it holds, then end',
    example: 'npx mabeam cluster leave node-2',
  })
}

export function undrainCommand(terminal: Terminal, finish: Finish): Command {
  const command = new Command('undrain')
    .description('let a node that was drained take part again')
    .argument('<node>', 'its name, as cluster status shows it')
    .addHelpText('after', '\nExample:\n  npx mabeam cluster undrain node-2')
  return withClusterFlags(command).action(async (node: string, flags: ClusterFlags) => {
    const signal = interruptSignal(terminal)
    await using opened = await openConfiguredCluster('cluster undrain', terminal, clusterSources(terminal, flags))
    await opened.cluster.undrain(node, { signal })
    terminal.stdout.write(`${node} takes part again\n`)
    finish(0)
  })
}

interface DrainLike {
  readonly name: 'drain' | 'leave'
  readonly description: string
  readonly example: string
}

/** The status of the command is 1 when something is left that others could have. */
function drainLike(terminal: Terminal, finish: Finish, { name, description, example }: DrainLike): Command {
  const command = new Command(name)
    .description(description)
    .argument('<node>', 'its name, as cluster status shows it')
    .option(
      '--timeout-ms <ms>',
      'how long to wait for places to be taken and tasks to end',
      integer(0, 86_400_000),
      30_000,
    )
    .option('--json', 'print the report as one line of JSON')
    .addHelpText('after', `\nExample:\n  ${example}`)
  return withClusterFlags(command).action(async (node: string, flags: DrainFlags) => {
    const { timeoutMs, json } = flags
    const signal = interruptSignal(terminal)
    await using opened = await openConfiguredCluster(`cluster ${name}`, terminal, clusterSources(terminal, flags))
    const asking = opened.cluster[name](node, { timeoutMs, signal })
    const cancel = terminal.clock.setTimer(patienceMs, () =>
      terminal.stderr.write(`${waitSentence(node, timeoutMs)}\n`),
    )
    const report = await asking.finally(cancel)
    const sentence = drainSentence(node, name === 'leave' ? 'has left' : 'is drained', report)
    terminal.stdout.write(`${json ? JSON.stringify({ node, ...report }) : sentence}\n`)
    finish(report.done ? 0 : 1)
  })
}

/** Who waits for so long is told for what. */
const patienceMs = 1_500

/** What is waited for. */
function waitSentence(node: string, timeoutMs: number): string {
  return `waiting until others have what ${node} holds, ${timeoutMs} ms at most; mabeam cluster status shows who offers to run it`
}

/** What became of it, in one sentence. */
export function drainSentence(node: string, what: 'is drained' | 'has left', report: DrainReport): string {
  const { done, places, untaken, tasks, registrations, moves, names, tookMs } = report
  const took = `after ${Math.round(tookMs)} ms`
  const lost = names.length === 0 ? '' : `; nobody takes over the actors named ${names.join(', ')}`
  if (done) return `${node} ${what} ${took}; nothing is left that others could have${lost}`
  const left = [
    ...(places.length > 0
      ? [`places ${places.join(', ')}, which it still holds (does another node offer to run them?)`]
      : []),
    ...(untaken.length > 0 ? [`places ${untaken.join(', ')}, which nobody has taken`] : []),
    ...(moves > 0 ? [`${moves} moves of actors under way`] : []),
    ...(tasks > 0 ? [`${tasks} tasks under way`] : []),
    ...(registrations > 0 ? [`${registrations} registrations`] : []),
  ]
  const unfinished = what === 'is drained' ? 'is not drained' : what
  return `${node} ${unfinished} ${took}; there are left ${left.join('; ')}${lost}`
}

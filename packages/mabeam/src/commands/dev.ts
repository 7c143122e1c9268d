/** `mabeam dev`: runs a program while it is being written, with a NATS server of its own where that is wanted. */

import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { advertise } from '@mabeam/engine-nats'
import { findNatsServer, startNatsServer } from '@mabeam/engine-nats/server'
import { fileFailed } from '@mabeam/foundation'
import { Command } from 'commander'
import { usage } from '../errors.ts'
import { homeFolder } from '../home.ts'
import { programArgs } from '../processes/node-program.ts'
import { type ProcessSpec, startProcesses } from '../processes/process-group.ts'
import { interruptSignal, type Terminal } from '../terminal.ts'
import { integer } from './option-value.ts'

interface DevFlags {
  readonly nats?: true
  readonly port: number
  readonly lan?: true
  readonly watch?: true
}

const examples = `
Examples:
  npx mabeam dev app.ts --watch         run app.ts, and again whenever a file of it changes
  npx mabeam dev app.ts --nats          … on a NATS server that is started for it
  npx mabeam dev --nats --lan           the server alone; programs on this network find it by cluster 'auto'

The server needs nats-server 2.15 or newer, and keeps what it is given in .mabeam/nats.`

/** How long a program may take to end. */
const graceMs = 10_000

export function devCommand(terminal: Terminal, finish: (status: number) => void): Command {
  return new Command('dev')
    .description('run a program while it is being written, if wanted on a NATS server of its own')
    .argument('[program]', 'the file to run')
    .option('--nats', 'start a NATS server for it')
    .option('--port <n>', 'of the server; 0 takes a free one', integer(0, 65_535), 4_222)
    .option('--lan', 'let this network use the server, and tell it by mDNS')
    .option('--watch', 'run it again whenever a file of it changes')
    .addHelpText('after', examples)
    .action(async (program: string | undefined, flags: DevFlags) => finish(await dev(terminal, program, flags)))
}

async function dev(terminal: Terminal, program: string | undefined, flags: DevFlags): Promise<number> {
  if (program === undefined && flags.nats === undefined) {
    throw usage('dev: expected a program or --nats, got neither; for example: mabeam dev app.ts --watch')
  }
  if (flags.lan && flags.nats === undefined) throw usage('dev: --lan: expected --nats beside it, got it alone')
  if (flags.watch && program === undefined) throw usage('dev: --watch: expected a program, got none')
  const args = program === undefined ? undefined : programArgs(program, terminal.cwd)
  await using stack = new AsyncDisposableStack()
  const servers = flags.nats ? await startedServer(terminal, stack, flags) : undefined
  if (args === undefined) {
    const signal = interruptSignal(terminal)
    if (!signal.aborted) await once(signal, 'abort')
    return 0
  }
  const env = servers === undefined ? {} : { MABEAM_CLUSTER: 'nats', MABEAM_CLUSTER__SERVERS: servers }
  const watch = flags.watch ? ['--watch', '--watch-preserve-output'] : []
  return await runProgram(terminal, { name: 'program', args: [...watch, ...args], env })
}

/** Its address. It ends with the stack. */
async function startedServer(
  terminal: Terminal,
  stack: AsyncDisposableStack,
  { port, lan }: DevFlags,
): Promise<string> {
  const { clock, env, cwd, stderr } = terminal
  const storeDir = join(homeFolder(env, cwd), 'nats')
  await mkdir(storeDir, { recursive: true }).catch((cause: unknown) => {
    throw fileFailed(storeDir, 'creating the folder', cause)
  })
  const { path, version } = await findNatsServer(env)
  const host = lan ? '0.0.0.0' : '127.0.0.1'
  const server = stack.use(await startNatsServer({ port, host, storeDir, program: path, clock }))
  const serverPort = Number(server.address.slice(server.address.lastIndexOf(':') + 1))
  const name = `${hostname().slice(0, 50)}-${serverPort}`
  if (lan) stack.use(await advertise({ name, serverPort }))
  const url = `nats://127.0.0.1:${serverPort}`
  const seen = lan ? `; this network finds it as ${name}` : ''
  stderr.write(`nats-server ${version} at ${url}, keeping ${storeDir}${seen}; Ctrl-C ends it\n`)
  return url
}

/** Its exit status; 0 when Ctrl-C ended it. */
async function runProgram(terminal: Terminal, spec: ProcessSpec): Promise<number> {
  const { stdout, cwd, env, clock } = terminal
  await using group = await startProcesses([spec], {
    cwd,
    env,
    clock,
    graceMs,
    onLine: (_, line) => void stdout.write(`${line}\n`),
    onEnd: () => {},
  })
  let asked = 0
  terminal.onInterrupt(() => {
    asked++
    if (asked > 1) group.kill()
    else group.end()
  })
  const [ended] = await group.ended
  return asked > 0 ? 0 : (ended?.status ?? 1)
}

/** `mabeam serve-local`: the embedded local model as an OpenAI-compatible server, with faults on request. */

import { once } from 'node:events'
import { serveLocal } from '@mabeam/dspx'
import { seededRandom } from '@mabeam/foundation'
import { Command } from 'commander'
import { interruptSignal, type Terminal } from '../terminal.ts'
import { integer, number } from './option-value.ts'

interface ServeFlags {
  readonly port: number
  readonly host: string
  readonly delayMs: number
  readonly rate429: number
  readonly rate500: number
  readonly seed: number
  readonly realLatency?: true
}

export function serveLocalCommand(terminal: Terminal, finish: (status: number) => void): Command {
  return new Command('serve-local')
    .description('serve the embedded local model over HTTP, as an OpenAI-compatible endpoint')
    .option('--port <n>', '0 takes a free one', integer(0, 65_535), 8686)
    .option(
      '--host <address>',
      'where to listen; beyond loopback MABEAM_SERVE_KEY must hold the key that clients send',
      '127.0.0.1',
    )
    .option('--delay-ms <ms>', 'wait before every answer', integer(0, 600_000), 0)
    .option('--rate-429 <share>', 'share of requests refused as too many', number(0, 1), 0)
    .option('--rate-500 <share>', 'share of requests that fail', number(0, 1), 0)
    .option('--seed <n>', 'which requests fail', integer(0, 2 ** 31), 7)
    .option('--real-latency', 'wait as long as the model declares it takes')
    .action(async (flags: ServeFlags) => {
      const signal = interruptSignal(terminal)
      const apiKey = terminal.env.MABEAM_SERVE_KEY
      await using server = await serveLocal({
        port: flags.port,
        host: flags.host,
        ...(apiKey && { apiKey }),
        delayMs: flags.delayMs,
        failures: { rate429: flags.rate429, rate500: flags.rate500 },
        realLatency: flags.realLatency ?? false,
        clock: terminal.clock,
        random: seededRandom(flags.seed),
      })
      terminal.stdout.write(`${server.baseUrl}  (models: nano, small, base; embeddings: words; Ctrl-C ends)\n`)
      if (!signal.aborted) await once(signal, 'abort')
      finish(0)
    })
}

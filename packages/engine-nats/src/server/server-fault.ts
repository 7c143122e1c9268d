/** Why a nats-server could not start or go on, by what it printed. Pure. */

import type { MabeamError } from '@mabeam/foundation'
import {
  addressNotHere,
  invalidServerConfig,
  portTaken,
  serverDiskFull,
  serverEnded,
  storeNotWritable,
} from './server-errors.ts'

/** What is known of a server that ended. */
export interface EndedServer {
  /** Exit status or signal. */
  readonly how: string
  readonly lines: readonly string[]
  readonly storeDir: string
}

/** The error that says best why it ended. */
export function serverFault({ how, lines, storeDir }: EndedServer): MabeamError {
  const said = lastWords(lines)
  const address = /listen tcp\S* (\S+): bind: address already in use/.exec(said)?.[1]
  if (address !== undefined) return portTaken(address)
  const elsewhere = /listen tcp\S* (\S+): bind: cannot assign requested address/.exec(said)?.[1]
  if (elsewhere !== undefined) return addressNotHere(elsewhere)
  if (isDiskFull(said)) return serverDiskFull(storeDir, said)
  if (/storage directory|permission denied|read-only file system/.test(said)) return storeNotWritable(storeDir, said)
  if (/^nats-server: /m.test(lines.join('\n'))) return invalidServerConfig(said)
  return serverEnded(how, said)
}

/** The error of a server that still runs, whose JetStream has given up; undefined when it has not said so. */
export function diskFault(lines: readonly string[], storeDir: string): MabeamError | undefined {
  const line = lines.findLast((one) => isDiskFull(one))
  return line === undefined ? undefined : serverDiskFull(storeDir, plain(line))
}

/** What it printed last that is a fault, else what it printed last. */
export function lastWords(lines: readonly string[]): string {
  const isFault = (line: string) => /\[(FTL|ERR)\]|^nats-server: /.test(line)
  const line = lines.findLast(isFault) ?? lines.findLast((one) => one.trim() !== '') ?? 'nothing'
  return plain(line)
}

function isDiskFull(text: string): boolean {
  return /no space left on device|will be DISABLED|insufficient storage/i.test(text)
}

/** Without process id, time, level, and the path of a file that the reader did not write. */
function plain(line: string): string {
  return line
    .replace(/^\[\d+\] \S+ \S+ \[[A-Z]+\] /, '')
    .replace(/^nats-server: (?:\S+?\.conf(?::\d+:\d+)?: )?/, '')
    .trim()
}

/** The program nats-server: where it is, and whether it is new enough. */

import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { serverMissing, serverTooOld } from './server-errors.ts'

const run = promisify(execFile)

/** Below it a lease may never end, and what is written for this engine is not understood. */
const versionMin = [2, 15] as const

const program = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'

export interface NatsServerProgram {
  readonly path: string
  /** Such as `2.15.1`. */
  readonly version: string
}

/**
 * Finds one of 2.15 or newer: what `MABEAM_NATS_SERVER` names and nothing else when that is set, else the first on the path, else
 * the one in the cache folder (`XDG_CACHE_HOME/mabeam`, `~/.cache/mabeam`).
 *
 * Rejects with `engine-nats/server-missing` and `engine-nats/server-too-old`, which say how to get one.
 */
export async function findNatsServer(env: NodeJS.ProcessEnv = process.env): Promise<NatsServerProgram> {
  const given = env.MABEAM_NATS_SERVER
  const files = given === undefined || given === '' ? usualPlaces(env) : [given]
  let older: NatsServerProgram | undefined
  for (const path of files) {
    const version = await versionOf(path)
    if (version === undefined) continue
    if (isNewEnough(version)) return { path, version }
    older ??= { path, version }
  }
  if (older !== undefined) throw serverTooOld(`${older.version} at ${older.path}`, versionMin.join('.'))
  throw serverMissing(given === undefined || given === '' ? ['the path', cacheFolder(env)] : [given])
}

/** The same for one file that somebody names. */
export async function checkNatsServer(path: string): Promise<NatsServerProgram> {
  return await findNatsServer({ MABEAM_NATS_SERVER: path })
}

function usualPlaces(env: NodeJS.ProcessEnv): readonly string[] {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return [...folders, cacheFolder(env)].map((folder) => join(folder, program))
}

function cacheFolder({ XDG_CACHE_HOME: base, HOME: home = homedir() }: NodeJS.ProcessEnv): string {
  return join(base === undefined || base === '' ? join(home, '.cache') : base, 'mabeam')
}

/** Undefined when there is nothing that runs. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 })
    return /v?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > versionMin[0] || (major === versionMin[0] && minor >= versionMin[1])
}

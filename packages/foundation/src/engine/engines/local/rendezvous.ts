/**
 * Where the processes of a project meet: a folder of the user alone, with the token that shows that a process may read it. The folder is
 * found by the project's name and root, so unrelated programs and tests never meet.
 */

import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileFailed, systemCodeOf } from '../../../errors/journal-errors.ts'
import { directoryUnsafe, socketPathTooLong } from '../../../errors/local-errors.ts'
import { tokenBytes } from './wire-protocol.ts'

export interface Rendezvous {
  readonly directory: string
  /** A socket file, or a named pipe on Windows. */
  readonly socketPath: string
  readonly logPath: string
  readonly blobFolder: string
  readonly token: Uint8Array
}

/** What the machine says of itself: an argument, so that each platform's choice can be tested on any. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly env: { readonly [name: string]: string | undefined }
  readonly tempFolder: string
  /** Undefined where users have no number. */
  readonly uid: number | undefined
}

/** What a socket's path may take where it takes the least (macOS); Linux has four bytes more. */
const socketPathBytesMax = 103

export function thisMachine(): Machine {
  return { platform: process.platform, env: process.env, tempFolder: tmpdir(), uid: process.getuid?.() }
}

/** The folder for a project, in one of this user, which is made: that of the running session, else one for temporary files. */
export function projectDirectory(project: string, machine: Machine): string {
  const { name, root } = findProject(project)
  const word = name.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(0, 32)
  const folder = userFolder(machine)
  makePrivate(folder, machine)
  return join(folder, `${word}-${shortHash(`${name}\n${root}`)}`)
}

/** Makes what is not there yet. Throws what is wrong with the folder, in one sentence. */
export function openRendezvous(directory: string, machine: Machine): Rendezvous {
  makePrivate(directory, machine)
  // One folder has one name, however it was reached.
  const real = realpathSync(directory)
  return {
    directory: real,
    socketPath: socketPathOf(real, machine),
    logPath: join(real, 'hub.log'),
    blobFolder: join(real, 'blobs'),
    token: readToken(join(real, 'token')),
  }
}

/** In the folder, or near the folder for temporary files where that path would be too long. */
function socketPathOf(directory: string, machine: Machine): string {
  if (machine.platform === 'win32') return `\\\\.\\pipe\\mabeam-${shortHash(directory.toLowerCase())}`
  const path = join(directory, 'hub.sock')
  if (Buffer.byteLength(path) <= socketPathBytesMax) return path
  const folder = join(machine.tempFolder, `mabeam-${machine.uid ?? 0}`)
  const short = join(folder, `${shortHash(directory)}.sock`)
  if (Buffer.byteLength(short) > socketPathBytesMax) throw socketPathTooLong(path, socketPathBytesMax)
  makePrivate(folder, machine)
  return short
}

function userFolder({ platform, env, tempFolder, uid }: Machine): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? tempFolder, 'mabeam')
  if (env.XDG_RUNTIME_DIR) return join(env.XDG_RUNTIME_DIR, 'mabeam')
  return join(tempFolder, `mabeam-${uid ?? 0}`)
}

interface Project {
  readonly name: string
  readonly root: string
}

/** That of the nearest package.json with a name, upwards; else of the nearest one without; else the folder itself. */
function findProject(from: string): Project {
  const start = resolve(from)
  let unnamed: Project | undefined
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, 'package.json')
    const name = nameIn(path)
    if (name !== undefined) return { name, root: realpathSync(folder) }
    if (unnamed === undefined && existsSync(path)) unnamed = projectAt(folder)
    if (folder === dirname(folder)) return unnamed ?? projectAt(start)
  }
}

function projectAt(folder: string): Project {
  return { name: basename(folder) || 'root', root: realpathSync(folder) }
}

function nameIn(path: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(path, 'utf8')) as { readonly name?: unknown }
    return typeof name === 'string' && name.length > 0 ? name : undefined
  } catch {
    // None, or one that is being written: the next one up is asked.
    return undefined
  }
}

/** Makes a folder for this user alone, or makes sure that it is one. */
function makePrivate(folder: string, machine: Machine): void {
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
    mkdirSync(folder, { mode: 0o700 })
  } catch (cause) {
    if (systemCodeOf(cause) !== 'EEXIST') throw fileFailed(folder, 'making the folder of the local engine', cause)
  }
  const found = statOf(folder)
  if (!found.isDirectory()) throw directoryUnsafe(folder, 'something else')
  if (machine.platform === 'win32') return
  if (machine.uid !== undefined && found.uid !== machine.uid) {
    throw directoryUnsafe(folder, `one of user ${found.uid}`)
  }
  if ((found.mode & 0o077) !== 0) throw directoryUnsafe(folder, `mode 0${(found.mode & 0o777).toString(8)}`)
}

function statOf(folder: string): Stats {
  try {
    return lstatSync(folder)
  } catch (cause) {
    throw fileFailed(folder, 'looking at the folder of the local engine', cause)
  }
}

/** The token of the folder; of several processes that make one at once one wins. */
function readToken(path: string): Uint8Array {
  const found = tokenIn(path)
  if (found !== undefined) return found
  const token = randomBytes(tokenBytes)
  const draft = `${path}.${token.toString('hex', 0, 8)}`
  try {
    writeFileSync(draft, token, { mode: 0o600, flag: 'wx' })
    linkSync(draft, path)
  } catch (cause) {
    if (systemCodeOf(cause) !== 'EEXIST') throw fileFailed(path, 'writing the token', cause)
  } finally {
    removeIfThere(draft)
  }
  return tokenIn(path) ?? token
}

function tokenIn(path: string): Uint8Array | undefined {
  try {
    const token = readFileSync(path)
    if (token.length === tokenBytes) return token
    throw directoryUnsafe(path, `a token of ${token.length} bytes instead of ${tokenBytes}`)
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return undefined
    if (systemCodeOf(cause) === undefined) throw cause
    throw fileFailed(path, 'reading the token', cause)
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (cause) {
    if (systemCodeOf(cause) !== 'ENOENT') throw fileFailed(path, 'removing a draft', cause)
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

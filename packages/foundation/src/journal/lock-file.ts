/**
 * One owner for a path, across processes: a lock file that names its owner (host, process id, start of that process).
 * Node has no file locks, so a lock outlives a killed owner; the next one sees that the owner is gone and takes over.
 * Taking over is itself done under a lock, so that two processes that find the same dead owner can't both win.
 */

import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { promisify } from 'node:util'
import { fileFailed, journalLocked, systemCodeOf } from '../errors/journal-errors.ts'

/** A lock that is held; `release` is idempotent. */
export interface LockFile {
  release(): Promise<void>
}

interface Owner {
  readonly host: string
  readonly pid: number
  /** When that process started, as the system says it; tells a reused process id apart. Empty where it can't be had. */
  readonly started: string
  /** Unique to this lock, so that a lock taken again is not mistaken for the one seen before. */
  readonly token: string
}

const attemptsMax = 20

/** What tells one lock from all others. */
export function newLockToken(): string {
  return randomUUID()
}

/**
 * Holds `<path>.lock`, or throws `foundation/journal-locked` with the process id of a living owner. An owner on another
 * host is taken for alive, since nothing here can tell.
 */
export async function acquireLock(path: string, token: string = newLockToken()): Promise<LockFile> {
  const owner: Owner = {
    host: hostname(),
    pid: process.pid,
    started: await startOf(process.pid),
    token,
  }
  return acquire(path, `${path}.lock`, owner)
}

/**
 * Lets go of what was held by `token` on `path`, or about to be, for a thread of this process that has ended: the process lives, so
 * nobody else would take over. Requires: nobody uses the token any more.
 */
export function abandonLock(path: string, token: string): void {
  for (const lockPath of [`${path}.lock`, `${path}.lock.takeover`]) {
    rmSync(`${lockPath}.${token}`, { force: true })
    if (tokenIn(lockPath) === token) rmSync(lockPath, { force: true })
  }
}

function tokenIn(lockPath: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(lockPath, 'utf8')) as Partial<Owner> | null)?.token
  } catch {
    // None, or one that names nobody: not that of the token.
    return undefined
  }
}

async function acquire(path: string, lockPath: string, owner: Owner): Promise<LockFile> {
  const draft = `${lockPath}.${owner.token}`
  try {
    await writeFile(draft, JSON.stringify(owner))
  } catch (cause) {
    await removeIfThere(draft)
    throw fileFailed(lockPath, 'writing the lock file', cause)
  }
  try {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (await linked(draft, lockPath)) return held(lockPath)
      const other = await readOwner(lockPath)
      if (other === undefined) continue
      if (await isAlive(other)) throw journalLocked(path, other)
      if (await takenOver(path, lockPath, { draft, dead: other, owner })) return held(lockPath)
    }
    throw journalLocked(path, { pid: 0, host: 'an unknown host' })
  } finally {
    await removeIfThere(draft)
  }
}

/** Puts a complete lock file in place, unless there is one. */
async function linked(draft: string, lockPath: string): Promise<boolean> {
  try {
    await link(draft, lockPath)
    return true
  } catch (cause) {
    if (systemCodeOf(cause) === 'EEXIST') return false
    throw fileFailed(lockPath, 'creating the lock file', cause)
  }
}

async function takenOver(
  path: string,
  lockPath: string,
  change: { readonly draft: string; readonly dead: Owner; readonly owner: Owner },
): Promise<boolean> {
  const guard = await acquire(path, `${lockPath}.takeover`, change.owner)
  try {
    const now = await readOwner(lockPath)
    if (now === undefined || now.token !== change.dead.token) return false
    await rename(change.draft, lockPath)
    return true
  } finally {
    await guard.release()
  }
}

function held(lockPath: string): LockFile {
  let released = false
  return {
    async release() {
      if (released) return
      released = true
      await removeIfThere(lockPath)
    },
  }
}

/** The owner named in the file; a file that names none (torn by a power loss) counts as owned by a dead process. */
async function readOwner(lockPath: string): Promise<Owner | undefined> {
  let text: string
  try {
    text = await readFile(lockPath, 'utf8')
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return undefined
    throw fileFailed(lockPath, 'reading the lock file', cause)
  }
  const dead: Owner = { host: hostname(), pid: 0, started: '', token: text }
  try {
    const owner = JSON.parse(text) as Partial<Owner> | null
    const complete = typeof owner?.pid === 'number' && typeof owner.host === 'string' && typeof owner.token === 'string'
    return complete ? { ...dead, ...owner } : dead
  } catch {
    return dead
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (owner.host !== hostname()) return true
  if (owner.pid <= 0) return false
  try {
    process.kill(owner.pid, 0)
  } catch (cause) {
    if (systemCodeOf(cause) === 'ESRCH') return false
  }
  const started = await startOf(owner.pid)
  return started === '' || owner.started === '' || started === owner.started
}

/** When a process started: ticks since boot and the boot's id on Linux, the date elsewhere, empty where unknown. */
async function startOf(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux') {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
      const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state === 'Z' || state === 'X') return 'ended'
      const ticks = rest[18]
      const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
      return `${boot.trim()}/${ticks}`
    }
    if (process.platform === 'win32') return ''
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    })
    return stdout.trim()
  } catch {
    return ''
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (cause) {
    if (systemCodeOf(cause) !== 'ENOENT') throw fileFailed(path, 'removing the lock file', cause)
  }
}

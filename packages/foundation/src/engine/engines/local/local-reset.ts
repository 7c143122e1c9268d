/** Begins anew what the processes of a project keep: removes the log of their hub and the blobs, while none of them runs. */

import { existsSync, readdirSync, rmSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileFailed } from '../../../errors/journal-errors.ts'
import { hubRunning } from '../../../errors/local-errors.ts'
import { hasCode } from '../../../errors.ts'
import { acquireLock } from '../../../journal/lock-file.ts'
import { checkedLocal, type LocalOptions } from './local-options.ts'
import { openRendezvous, projectDirectory, type Rendezvous, thisMachine } from './rendezvous.ts'

/** What was removed. */
export interface LocalReset {
  readonly directory: string
  /** Of the log and the blobs. */
  readonly bytes: number
  readonly files: number
}

/**
 * Removes all that the engine `local` of a project has kept: states, queues, blobs. The token stays, so that processes that look for a hub
 * meanwhile find the next one. Nothing there is no error.
 *
 * Rejects with `foundation/hub-running` while a process hosts the hub, with `foundation/directory-unsafe`, and with
 * `foundation/file-failed`, after which some of it may be gone. Throws as `local` for options.
 *
 * @example const { bytes } = await resetLocal({ project: import.meta.dirname })
 */
export async function resetLocal(options: Pick<LocalOptions, 'project' | 'directory'> = {}): Promise<LocalReset> {
  const settings = checkedLocal(options)
  const machine = thisMachine()
  const directory = settings.directory ?? projectDirectory(settings.project ?? process.cwd(), machine)
  if (!existsSync(directory)) return { directory, bytes: 0, files: 0 }
  const place = openRendezvous(directory, machine)
  const lock = await acquireLock(place.logPath).catch((thrown: unknown) => {
    if (!hasCode(thrown, 'foundation/journal-locked')) throw thrown
    throw hubRunning(place.directory, Number(thrown.data.pid), thrown)
  })
  try {
    return remove(place)
  } finally {
    await lock.release()
  }
}

/** Requires: the lock is held. */
function remove({ directory, logPath, blobFolder }: Rendezvous): LocalReset {
  try {
    const logs = readdirSync(directory)
      .map((name) => join(directory, name))
      .filter((path) => path.startsWith(logPath) && !path.startsWith(`${logPath}.lock`))
    const blobs = existsSync(blobFolder) ? readdirSync(blobFolder).map((name) => join(blobFolder, name)) : []
    const found = [...logs, ...blobs].map((path) => [path, statOf(path)] as const)
    for (const [path] of found) rmSync(path, { recursive: true, force: true })
    return { directory, bytes: found.reduce((all, [, stat]) => all + (stat?.size ?? 0), 0), files: found.length }
  } catch (cause) {
    throw fileFailed(directory, 'removing what the hub has kept', cause)
  }
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}

/** What is done when this process is gone, however it ends: a shell that waits beside it, holding a pipe from us. */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'

/**
 * Runs `script` with `args` as `$1`, `$2`, … when this process has ended, killed by `kill -9` or not, unless the function that is
 * returned was called before. Where there is no shell, on Windows, it does nothing.
 */
export function deathGuard(script: string, args: readonly string[]): () => void {
  // `read` gets a line when we dismiss it, and the end of the pipe when we are gone.
  const guard = guardShell(`read -r _ || { ${script}; }`, args)
  return () => void guard?.stdin?.end('\n')
}

/** A guard of a group of processes. */
export interface GroupGuard {
  /** Tells it the leader of the group, once. From then on the group is killed when this process is gone. */
  hold(leader: number): void
  /** It ends, and does nothing. */
  dismiss(): void
}

/**
 * Starts a guard that is there before the group is: between the start of a process and that of its guard this process could be
 * killed, and the other would stay behind. Where there is no shell, on Windows, it does nothing.
 */
export function groupGuard(): GroupGuard {
  const guard = guardShell('read -r leader && { read -r _ || kill -s KILL -- "-$leader" 2>/dev/null; }', [])
  let isHeld = false
  return {
    hold(leader) {
      isHeld = true
      guard?.stdin?.write(`${leader}\n`)
    },
    dismiss: () => void (isHeld ? guard?.stdin?.end('\n') : guard?.stdin?.end()),
  }
}

/** A guard that could not be started, or is gone, hurts nobody. */
function guardShell(script: string, args: readonly string[]): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined
  const stdio: StdioOptions = ['pipe', 'ignore', 'ignore']
  const guard = spawn('/bin/sh', ['-c', script, 'guard', ...args], { stdio, detached: true })
  guard.on('error', () => {})
  guard.stdin?.on('error', () => {})
  guard.unref()
  const pipe = guard.stdin as (NodeJS.WritableStream & { unref?(): void }) | null
  pipe?.unref?.()
  return guard
}

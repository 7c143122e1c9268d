/** What is done when this process is gone, however it ends: a shell that waits beside it, holding a pipe from us. */

import { type StdioOptions, spawn } from 'node:child_process'

/**
 * Runs `script` with `args` as `$1`, `$2`, … when this process has ended, killed by `kill -9` or not, unless the function that is
 * returned was called before. Where there is no shell, on Windows, it does nothing.
 */
export function deathGuard(script: string, args: readonly string[]): () => void {
  if (process.platform === 'win32') return () => {}
  const stdio: StdioOptions = ['pipe', 'ignore', 'ignore']
  // `read` gets a line when we dismiss it, and the end of the pipe when we are gone.
  const guard = spawn('/bin/sh', ['-c', `read -r _ || { ${script}; }`, 'guard', ...args], { stdio, detached: true })
  // A guard that could not be started, or is gone, hurts nobody.
  guard.on('error', () => {})
  guard.stdin?.on('error', () => {})
  guard.unref()
  const pipe = guard.stdin as (NodeJS.WritableStream & { unref?(): void }) | null
  pipe?.unref?.()
  return () => void guard.stdin?.end('\n')
}

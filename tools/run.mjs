/**
 * Runs a TypeScript file of the repository on the Node it pins, with the packages' sources: `node tools/run.mjs
 * bench/run.ts actor-call`. Installs first when needed. (In `a && b` a shell may remember where it found `node` before the
 * install, so a script that has just installed cannot simply say `node`.)
 */

import { spawn } from 'node:child_process'
import { ensureInstall, pinnedEnv } from './ensure-install.mjs'

ensureInstall()
const child = spawn('node', ['--conditions=mabeam-source', ...process.argv.slice(2)], {
  env: pinnedEnv(),
  shell: process.platform === 'win32',
  stdio: 'inherit',
})
// Ctrl-C reaches the child by itself; it decides how to end.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('close', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
})

/**
 * `npm run check`: everything that can be said about the repository without running it. All checks run, side by side;
 * those that fail print what they found. `npm run check -- types tidy` runs only those.
 */

import { spawn } from 'node:child_process'
import os from 'node:os'
import { ensureInstall, pinnedEnv, root } from './ensure-install.mjs'

const biome = ['biome', 'check', '--reporter=concise', '--max-diagnostics=200', '--error-on-warnings', '--colors=off']
const depcruise = ['node', '--import', './tools/typescript-6.mjs', 'node_modules/.bin/depcruise']

/** Name → what it looks for, and the command that looks. The slowest first. */
const checks = {
  types: { looksFor: 'type errors', command: ['tsc', '-p', '.', '--pretty', 'false'] },
  format: { looksFor: 'lint and format (npm run format mends most)', command: [...biome, '.'] },
  dead: { looksFor: 'dead code, unused or unlisted dependencies', command: ['knip', '--no-progress'] },
  direction: {
    looksFor: 'direction of dependencies, front doors, cycles',
    command: [...depcruise, '--config', '.dependency-cruiser.mjs', 'packages', 'examples', 'bench', 'tests', 'tools'],
  },
  tidy: { looksFor: 'sizes, names, purity, module state, manifests, lock file', command: ['node', 'tools/tidy.ts'] },
}

ensureInstall()
process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1

async function main(asked) {
  const unknown = asked.filter((name) => !(name in checks))
  if (unknown.length > 0) {
    console.error(`check: unknown check "${unknown[0]}"; expected some of ${Object.keys(checks).join(', ')}`)
    return false
  }
  const names = asked.length > 0 ? asked : Object.keys(checks)
  const queue = [...names]
  const failed = []
  const lanes = Array.from({ length: Math.max(2, os.availableParallelism()) }, async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      if (!(await runCheck(name))) failed.push(name)
    }
  })
  await Promise.all(lanes)
  console.log(failed.length === 0 ? `check: all ${names.length} passed` : `check: ${failed.join(', ')} failed`)
  return failed.length === 0
}

async function runCheck(name) {
  const startedMs = performance.now()
  const { ok, output } = await runCommand(checks[name].command)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${seconds.padStart(5)} s  ${checks[name].looksFor}`)
  if (!ok) console.log(output.trimEnd().replaceAll(/^(?=.)/gm, '     '))
  return ok
}

function runCommand([program, ...args]) {
  return new Promise((resolve) => {
    const env = { ...pinnedEnv(), NO_COLOR: '1' }
    const child = spawn(program, args, {
      cwd: root,
      env,
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const add = (chunk) => {
      output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', add)
    child.stderr.setEncoding('utf8').on('data', add)
    child.on('error', (error) => resolve({ ok: false, output: `${program}: ${error.message}` }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}
